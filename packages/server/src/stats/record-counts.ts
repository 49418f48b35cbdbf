import { and, eq, gt, isNull, lte, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from '../db/database.ts'

export const COUNTED_NOUNS = ['companies', 'customers', 'deals', 'interactions'] as const
type Counted = (typeof COUNTED_NOUNS)[number]
export type RecordCounts = Record<Counted, number>

/** More changes than this are not added up: counting anew costs less. */
const MOST_CHANGES = 200_000
const STEP: Record<string, number> = { create: 1, restore: 1, archive: -1 }

/**
 * How many live records a workspace holds. Counted once, by one statement that reads the feed's end in the same snapshot; from then on
 * the feed says what came and went, so that a look costs what has changed and not what there is.
 */
export const createRecordCounts = ({ reader, tables, ledger }: Database) => {
  const { changes, workspaces } = tables
  const known = new Map<string, { seq: number; counts: RecordCounts }>()

  const countAnew = async (workspaceId: string): Promise<{ seq: number; counts: RecordCounts }> => {
    const live = (noun: Counted): SQL<number> => {
      const table = tables[noun] as unknown as { workspaceId: PgColumn; archivedAt: PgColumn }
      return sql<number>`(${reader.select({ count: sql`count(*)` }).from(tables[noun] as typeof tables.deals).where(and(eq(table.workspaceId, workspaceId), isNull(table.archivedAt)))})`
    }
    const [row] = await reader.select({ seq: workspaces.seq, companies: live('companies'), customers: live('customers'), deals: live('deals'), interactions: live('interactions') }).from(workspaces).where(eq(workspaces.id, workspaceId))
    return { seq: row?.seq ?? 0, counts: { companies: Number(row?.companies ?? 0), customers: Number(row?.customers ?? 0), deals: Number(row?.deals ?? 0), interactions: Number(row?.interactions ?? 0) } }
  }

  const follow = async (workspaceId: string, from: { seq: number; counts: RecordCounts }, to: number): Promise<{ seq: number; counts: RecordCounts }> => {
    const rows = await reader.select({ noun: changes.noun, op: changes.op, count: sql<number>`count(*)` }).from(changes)
      .where(and(eq(changes.workspaceId, workspaceId), gt(changes.seq, from.seq), lte(changes.seq, to))).groupBy(changes.noun, changes.op)
    const seen = rows.reduce((sum, { count }) => sum + Number(count), 0)
    // Part of it was compacted away meanwhile.
    if (seen !== to - from.seq) return countAnew(workspaceId)
    const counts = { ...from.counts }
    for (const { noun, op, count } of rows) if (noun in counts) counts[noun as Counted] += (STEP[op] ?? 0) * Number(count)
    return { seq: to, counts }
  }

  return async function countsOf(workspaceId: string): Promise<RecordCounts> {
    const last = known.get(workspaceId)
    const seq = await ledger.seqOf(workspaceId)
    if (last?.seq === seq) return last.counts
    const now = last && seq > last.seq && seq - last.seq <= MOST_CHANGES ? await follow(workspaceId, last, seq) : await countAnew(workspaceId)
    known.set(workspaceId, now)
    return now.counts
  }
}
