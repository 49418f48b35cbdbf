import { eq, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { prepareSqliteRead } from './prepared.ts'

export interface StageRules { probability: number; rottingDays: number | null }
export type RulesOf = (workspaceId: string) => ReadonlyMap<string, StageRules>

const MOST_WORKSPACES = 1_000

/** The stages of a workspace by id, known for as long as its feed has not grown. For SQLite, whose only writer is this process's ledger. */
export const createStageRules = ({ reader, tables: { stages }, ledger }: Database): RulesOf => {
  const read = prepareSqliteRead<[id: string, probability: number, rottingDays: number | null]>(reader, reader
    .select({ id: stages.id, probability: stages.probability, rottingDays: stages.rottingDays }).from(stages).where(eq(stages.workspaceId, sql.placeholder('workspaceId'))))
  const known = new Map<string, ReadonlyMap<string, StageRules>>()
  // The ledger tells of a commit before whoever made it is answered.
  ledger.onCommit((workspaceId) => known.delete(workspaceId))

  return (workspaceId) => {
    const cached = known.get(workspaceId)
    if (cached) return cached
    const rules = new Map(read({ workspaceId }).map(([id, probability, rottingDays]) => [id, { probability, rottingDays }]))
    if (known.size >= MOST_WORKSPACES) known.clear()
    known.set(workspaceId, rules)
    return rules
  }
}
