/** Those who wait for a task to fall due, woken by what makes one due; they need no polling to be prompt. */
export const createWaitingRoom = () => {
  const waiting = new Map<string, Set<() => void>>()
  return {
    wake(workspaceId: string): void {
      for (const ring of waiting.get(workspaceId) ?? []) ring()
    },
    /** Resolves when woken, after `ms`, or when the signal aborts. */
    wait(workspaceId: string, ms: number, signal?: AbortSignal): Promise<void> {
      return new Promise((resolve) => {
        const room = waiting.get(workspaceId) ?? new Set()
        waiting.set(workspaceId, room)
        const timer = setTimeout(leave, ms)
        function leave() {
          clearTimeout(timer)
          signal?.removeEventListener('abort', leave)
          room.delete(leave)
          if (room.size === 0) waiting.delete(workspaceId)
          resolve()
        }
        room.add(leave)
        if (signal?.aborted) leave()
        else signal?.addEventListener('abort', leave)
      })
    },
  }
}
export type WaitingRoom = ReturnType<typeof createWaitingRoom>
