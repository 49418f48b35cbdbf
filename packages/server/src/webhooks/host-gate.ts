/** How long a try waits for its turn at a host before its task goes back to the queue, so that a host that hangs holds up no other. */
const PATIENCE_MS = 500

/** Lets so many at a time to each host. */
export const createHostGate = (most: number, patienceMs: number = PATIENCE_MS) => {
  const inside = new Map<string, number>()
  const waiting = new Map<string, Set<() => boolean>>()

  const enterNow = (host: string): (() => void) | null => {
    const count = inside.get(host) ?? 0
    if (count >= most) return null
    inside.set(host, count + 1)
    return function leave() {
      const left = (inside.get(host) ?? 1) - 1
      if (left === 0) inside.delete(host)
      else inside.set(host, left)
      for (const next of waiting.get(host) ?? []) if (next()) return
    }
  }

  return {
    /** Resolves with what to call on leaving; with null where it took too long. */
    enter(host: string, signal: AbortSignal): Promise<(() => void) | null> {
      const leave = enterNow(host)
      if (leave) return Promise.resolve(leave)
      return new Promise((resolve) => {
        const queue = waiting.get(host) ?? new Set()
        waiting.set(host, queue)
        const end = (given: (() => void) | null) => {
          clearTimeout(timer)
          signal.removeEventListener('abort', giveUp)
          queue.delete(tryIt)
          if (queue.size === 0) waiting.delete(host)
          resolve(given)
        }
        const giveUp = () => end(null)
        const tryIt = () => {
          const given = enterNow(host)
          if (given) end(given)
          return given !== null
        }
        const timer = setTimeout(giveUp, patienceMs)
        queue.add(tryIt)
        signal.addEventListener('abort', giveUp)
      })
    },
  }
}
