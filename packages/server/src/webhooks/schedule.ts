const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** The waits after the first, second … ninth try: ten tries over three days. The second comes at once, for a receiver that only restarts; most are left for one that is down for an hour. */
const WAITS_MS = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, 14 * HOUR, 20 * HOUR, 25 * HOUR]
export const TRIES = WAITS_MS.length + 1
const JITTER = 0.1
/** How long a receiver may ask to wait; beyond, our own wait goes. */
const LONGEST_ASKED_MS = 24 * HOUR

export interface NextTry {
  /** Tries so far, this one included. */
  tries: number
  /** In [0, 1); moves the wait by up to a tenth either way, so that what failed together does not come back together. */
  random: number
  /** What the receiver asked for by `Retry-After`. */
  askedMs?: number | null
  /** Shortens the waits; for tests. */
  scale?: number
}

/** How long to wait before the next try; null when there is none left. */
export const nextTryMs = ({ tries, random, askedMs = null, scale = 1 }: NextTry): number | null => {
  const wait = WAITS_MS[tries - 1]
  if (wait === undefined) return null
  const own = Math.round(wait * scale * (1 - JITTER + 2 * JITTER * random))
  return askedMs !== null && askedMs <= LONGEST_ASKED_MS ? Math.max(own, Math.round(askedMs * scale)) : own
}
