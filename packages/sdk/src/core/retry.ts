import { ConnectionError, FlowstateError } from './errors.ts'

const BASE_MS = 500
const MAX_MS = 8_000
/** Whoever asks us to stay away for longer is believed: the call fails, and says so, instead of hanging. */
const MAX_RETRY_AFTER_MS = 30_000
const RETRYABLE = new Set([408, 429, 502, 503, 504])

/** Exponential, with full jitter: clients that failed together do not come back together. */
export const backoff = (attempt: number, random: () => number, { base = BASE_MS, max = MAX_MS } = {}): number =>
  random() * Math.min(max, base * 2 ** attempt)

/** How long to wait before another try after `error`; undefined when another try would not help. `attempt` counts from 0. */
export const retryDelay = (error: unknown, attempt: number, random: () => number): number | undefined => {
  if (!(error instanceof FlowstateError)) return undefined
  // The first try of the same write is still under way in another group.
  const retryable = error instanceof ConnectionError || RETRYABLE.has(error.status) || error.code === 'in_flight'
  if (!retryable) return undefined
  const { retryAfterMs = 0 } = error
  if (retryAfterMs > MAX_RETRY_AFTER_MS) return undefined
  return retryAfterMs + backoff(attempt, random)
}
