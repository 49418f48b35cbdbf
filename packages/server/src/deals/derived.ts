import type { Money } from '@flowstate-ai/sdk/contract'
import type { Fields } from '../ledger/ledger.ts'

/** Halves away from zero, as both databases round. */
const rounded = (amount: number): number => Math.sign(amount) * Math.round(Math.abs(amount))

interface StageRules { probability: number; rottingDays: number | null }
const DAY_MS = 86_400_000

/** What a deal shows that follows from its stage and the clock; db/derived.ts says the same in SQL. */
export const derivedOf = ({ value, status, stageEnteredAt }: Fields, stage: StageRules | null, now: number): { weightedValue: Money | null; rotting: boolean } => {
  const money = (value ?? null) as Money | null
  const since = typeof stageEnteredAt === 'string' ? Date.parse(stageEnteredAt) : null
  return {
    weightedValue: money && stage ? { amount: rounded(money.amount * stage.probability), currency: money.currency } : null,
    rotting: status === 'open' && stage?.rottingDays != null && since !== null && since <= now - stage.rottingDays * DAY_MS,
  }
}
