/** Time and chance, handed in, so that tests own them. */
export interface Clock {
  /** Milliseconds on a monotonic scale: unharmed by a wrong or changed wall clock. */
  now: () => number
  /** Runs once after `ms`; the answer cancels it. */
  after: (ms: number, run: () => void) => () => void
  /** From 0 up to, not including, 1. */
  random: () => number
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

/** Rejects with the signal's reason when it aborts first. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const interrupt = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', interrupt)
      resolve()
    })
    signal?.addEventListener('abort', interrupt, { once: true })
  })
