import { createRateLimits } from '../http/rate-limits.ts'

const UNBOUNDED = { points: 10_000_000, seconds: 60 }
/** Nobody is bounded by how often he asks. */
export const unlimited = () => createRateLimits({ read: UNBOUNDED, write: UNBOUNDED, guess: UNBOUNDED, guesses: UNBOUNDED, mail: UNBOUNDED, mails: UNBOUNDED, exchange: UNBOUNDED })
