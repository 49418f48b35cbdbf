const MOST_MS = 4

/** Long work on the event loop stops for a turn when it has worked for a few milliseconds, so that whoever asks meanwhile is answered. */
export const createBreath = (): (() => Promise<void>) => {
  let since = performance.now()
  return async () => {
    if (performance.now() - since < MOST_MS) return
    await new Promise((resolve) => setImmediate(resolve))
    since = performance.now()
  }
}
