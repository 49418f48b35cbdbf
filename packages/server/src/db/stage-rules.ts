import { eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { prepareRead } from './prepared.ts'

export interface StageRules { probability: number; rottingDays: number | null }
export type RulesOf = (workspaceId: string) => Promise<ReadonlyMap<string, StageRules>>

const MOST_WORKSPACES = 1_000

/** The stages of a workspace by id, known for as long as its ledger has not grown. */
export const createStageRules = ({ dialect, reader, tables: { stages }, ledger }: Database): RulesOf => {
  const read = prepareRead<[id: string, probability: number, rottingDays: number | null]>(dialect, reader, reader
    .select({ id: stages.id, probability: stages.probability, rottingDays: stages.rottingDays }).from(stages).where(eq(stages.workspaceId, sql.placeholder('workspaceId'))), 'stage_rules')
  const known = new Map<string, { seq: number; rules: ReadonlyMap<string, StageRules> }>()

  return async (workspaceId) => {
    const seq = await ledger.seqOf(workspaceId)
    const cached = known.get(workspaceId)
    if (cached?.seq === seq) return cached.rules
    const rules = new Map((await read({ workspaceId })).map(([id, probability, rottingDays]) => [id, { probability, rottingDays }]))
    if (known.size >= MOST_WORKSPACES) known.clear()
    known.set(workspaceId, { seq, rules })
    return rules
  }
}
