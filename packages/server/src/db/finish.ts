import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from './database.ts'
import type { TableName } from './schema.ts'
import { createStageRules, type StageRules } from './stage-rules.ts'

/** What is added to a record's JSON once it is read: from columns that are read beside it, and from what is known of their workspace. */
export interface Finish {
  columns: readonly PgColumn[]
  of(workspaceId: string): (json: string, values: readonly unknown[]) => string
}

/**
 * On SQLite a deal's derived fields are added here, for a look into `stages` for each row costs as much as the row; PostgreSQL, where it
 * is the journey that costs, has them from derived.ts. deals/derived.ts says the same of a record that is about to be written.
 */
export const createFinish = (database: Database): ((noun: TableName) => Finish | null) => {
  if (database.dialect === 'postgres') return () => null
  const { deals } = database.tables
  const rulesOf = createStageRules(database)
  const ofDeals: Finish = {
    columns: [deals.stageId, deals.status, deals.valueAmount, deals.valueCurrency, deals.stageEnteredAt],
    of(workspaceId) {
      const rules = rulesOf(workspaceId)
      const now = Date.now()
      return (json, values) => `${json.slice(0, -1)}${derived(rules, now, values as DealParts)}`
    },
  }
  return (noun) => (noun === 'deals' ? ofDeals : null)
}

type DealParts = [stageId: string, status: string, amount: number | null, currency: string | null, enteredAt: string | null]
const DAY_MS = 86_400_000

const derived = (rules: ReadonlyMap<string, StageRules>, now: number, [stageId, status, amount, currency, enteredAt]: DealParts): string => {
  const stage = rules.get(stageId)
  // Halves away from zero, as both databases round.
  const weighted = amount === null || !stage ? 'null' : `{"amount":${Math.sign(amount) * Math.round(Math.abs(amount * stage.probability))},"currency":"${currency}"}`
  const rotting = status === 'open' && stage != null && stage.rottingDays !== null && enteredAt !== null && Date.parse(enteredAt) <= now - stage.rottingDays * DAY_MS
  return `,"weightedValue":${weighted},"rotting":${rotting}}`
}
