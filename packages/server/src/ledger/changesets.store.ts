import type { Change as FeedChange, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { and, asc, desc, eq, gt, gte, inArray, isNull, lte, ne, notInArray, or, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from '../db/database.ts'
import { changeColumns, toChange } from './tail.ts'
import type { Statement } from './ledger.ts'
import { statementOf } from '../db/compile.ts'

/** Which fields of which nouns point to a noun. */
const POINTERS: Partial<Record<LedgeredNoun, [noun: 'customers' | 'deals' | 'interactions' | 'stages', field: string][]>> = {
  companies: [['customers', 'companyId'], ['deals', 'companyId'], ['interactions', 'companyId']],
  customers: [['deals', 'customerId'], ['interactions', 'customerId']],
  deals: [['interactions', 'dealId']],
  pipelines: [['deals', 'pipelineId']],
  stages: [['deals', 'stageId']],
}

export const createChangeSetsStore = ({ dialect, reader, tables }: Database) => {
  const { changes, changeSets } = tables
  const joined = () => reader.select({ ...changeColumns(changes), actor: changeSets.actor }).from(changes)
    .innerJoin(changeSets, and(eq(changeSets.workspaceId, changes.workspaceId), eq(changeSets.id, changes.changeSetId)))

  return {
    async find(workspaceId: string, id: string) {
      const [row] = await reader.select().from(changeSets).where(and(eq(changeSets.workspaceId, workspaceId), eq(changeSets.id, id)))
      return row ?? null
    },

    /** What a set changed, in the order of the feed, from `after` on. */
    async changesOf(workspaceId: string, set: { id: string; seqFrom: number | null; seqTo: number | null }, after: number, limit: number): Promise<FeedChange[]> {
      if (set.seqFrom === null || set.seqTo === null) return []
      const rows = await joined()
        .where(and(eq(changes.workspaceId, workspaceId), gte(changes.seq, set.seqFrom), lte(changes.seq, set.seqTo), gt(changes.seq, after), eq(changes.changeSetId, set.id)))
        .orderBy(asc(changes.seq)).limit(limit)
      return rows.map(toChange)
    },

    /** What others than these sets did to records since a seq, without what was undone and its undoing. */
    async laterChanges(workspaceId: string, recordIds: string[], seq: number, except: string[]): Promise<FeedChange[]> {
      const undone = reader.select({ id: changeSets.id }).from(changeSets).where(and(eq(changeSets.workspaceId, workspaceId), eq(changeSets.state, 'reverted')))
      const rows = await joined()
        .where(and(
          eq(changes.workspaceId, workspaceId), inArray(changes.recordId, recordIds), gt(changes.seq, seq), notInArray(changes.changeSetId, except),
          ne(changeSets.state, 'reverted'), or(isNull(changeSets.reverts), notInArray(changeSets.reverts, undone)),
        ))
        .orderBy(asc(changes.seq))
      return rows.map(toChange)
    },

    async historyOf(workspaceId: string, noun: LedgeredNoun, recordId: string, before: number | null, limit: number): Promise<FeedChange[]> {
      const rows = await joined()
        .where(and(eq(changes.workspaceId, workspaceId), eq(changes.recordId, recordId), eq(changes.noun, noun), before === null ? undefined : sql`${changes.seq} < ${before}`))
        .orderBy(desc(changes.seq)).limit(limit)
      return rows.map(toChange)
    },

    /** For each of these records a live one that points to it. */
    async pointersTo(workspaceId: string, noun: LedgeredNoun, ids: string[]): Promise<{ target: string; by: string }[]> {
      const found: { target: string; by: string }[] = []
      for (const [from, field] of POINTERS[noun] ?? []) {
        const table = tables[from] as unknown as Record<string, PgColumn>
        const { [field]: column, workspaceId: workspace, archivedAt, id } = table
        if (!column || !workspace || !archivedAt || !id) continue
        const rows = await reader.select({ target: sql<string>`${column}`, by: sql<string>`${id}` }).from(tables[from] as typeof tables.deals)
          .where(and(eq(workspace, workspaceId), inArray(column, ids), isNull(archivedAt)))
        found.push(...rows)
      }
      return found
    },

    /** The range of a set as JSON, read in the transaction that writes it. */
    seqStatement(workspaceId: string, id: string): Statement {
      const json = dialect === 'sqlite'
        ? sql<string>`case when ${changeSets.seqFrom} is null then 'null' else json_object('from', ${changeSets.seqFrom}, 'to', ${changeSets.seqTo}) end`
        : sql<string>`case when ${changeSets.seqFrom} is null then 'null' else json_build_object('from', ${changeSets.seqFrom}, 'to', ${changeSets.seqTo})::text end`
      return statementOf(reader.select({ json: json.as('json') }).from(changeSets).where(and(eq(changeSets.workspaceId, workspaceId), eq(changeSets.id, id))))
    },
  }
}
export type ChangeSetsStore = ReturnType<typeof createChangeSetsStore>
