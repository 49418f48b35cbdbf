import { createHash } from 'node:crypto'
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterPostgres, type RateLimiterRes } from 'rate-limiter-flexible'
import type { Counters } from '../db/counters.ts'
import { AppError } from '../errors.ts'

/** How much of something may be done in how many seconds. */
interface Quota { points: number; seconds: number }

const MINUTE = 60
/** Generous to people and widgets, and too little for who guesses. */
const QUOTAS = {
  /** Reads and writes of one person or page. A program's own key is limited by nobody but its owner. */
  read: { points: 6_000, seconds: MINUTE },
  write: { points: 1_200, seconds: MINUTE },
  /** Wrong passwords and codes for one address from one place, and from one place for all. */
  guess: { points: 10, seconds: 15 * MINUTE },
  guesses: { points: 100, seconds: 15 * MINUTE },
  /** Mails to one address, and from one place. */
  mail: { points: 5, seconds: 60 * MINUTE },
  mails: { points: 50, seconds: 60 * MINUTE },
  /** Codes, refreshes and setup links that one place comes with. */
  exchange: { points: 600, seconds: MINUTE },
} as const satisfies Record<string, Quota>
export type RateClass = keyof typeof QUOTAS

/** What somebody guesses by, and what costs others: counted for all servers together. Reads and writes of people are bounded by each for itself, at no query. */
const SHARED: readonly RateClass[] = ['guess', 'guesses', 'mail', 'mails', 'exchange']

/** Counts what is done, by class and by who does it. */
export const createRateLimits = (quotas: Record<RateClass, Quota> = QUOTAS) => {
  const limiters = new Map(Object.entries(quotas).map(([name, { points, seconds }]) => [name as RateClass, new RateLimiterMemory({ keyPrefix: name, points, duration: seconds }) as RateLimiterAbstract]))
  const limiterOf = (of: RateClass): RateLimiterAbstract => limiters.get(of) as RateLimiterAbstract

  /** `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers). */
  const headersOf = (of: RateClass, { remainingPoints, msBeforeNext }: Pick<RateLimiterRes, 'remainingPoints' | 'msBeforeNext'>): Record<string, string> => ({
    'ratelimit-policy': `"${of}";q=${quotas[of].points};w=${quotas[of].seconds}`, ratelimit: `"${of}";r=${Math.max(0, remainingPoints)};t=${Math.ceil(msBeforeNext / 1_000)}`,
  })
  const refusal = (of: RateClass, found: RateLimiterRes): AppError =>
    new AppError('rate_limited', `That was too often: try again in ${Math.ceil(found.msBeforeNext / 1_000)} seconds.`, { headers: { 'retry-after': String(Math.ceil(found.msBeforeNext / 1_000)), ...headersOf(of, found) } })

  return {
    /** From now on what is to be counted for all servers together is; each goes on for itself while the database is away. */
    share({ client, schema, table }: Counters): void {
      for (const of of SHARED) {
        const { points, seconds } = quotas[of]
        const alone = limiterOf(of)
        limiters.set(of, new RateLimiterPostgres({ storeClient: client, storeType: 'pool', schemaName: schema, tableName: table, tableCreated: true, keyPrefix: of, points, duration: seconds, insuranceLimiter: alone }))
      }
    },
    /** Counts one, and answers the headers that say what is left. @throws AppError `rate_limited` where nothing was. */
    async consume(of: RateClass, who: string): Promise<Record<string, string>> {
      try {
        return headersOf(of, await limiterOf(of).consume(slotOf(of, who)))
      } catch (error) {
        if (error instanceof Error) throw error
        throw refusal(of, error as RateLimiterRes)
      }
    },
    /** Takes one back that was counted. */
    async giveBack(of: RateClass, who: string): Promise<void> {
      await limiterOf(of).reward(slotOf(of, who))
    },
    async forget(of: RateClass, who: string): Promise<void> {
      await limiterOf(of).delete(slotOf(of, who))
    },
  }
}
export type RateLimits = ReturnType<typeof createRateLimits>

/** Addresses of people and places are counted by, and not kept. */
const slotOf = (of: RateClass, who: string): string => (SHARED.includes(of) ? createHash('sha256').update(who).digest('base64url') : who)
