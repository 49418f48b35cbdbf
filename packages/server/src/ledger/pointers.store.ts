import type { LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { and, asc, desc, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { Statement } from './ledger.ts'
import { POINTERS, type Pointing } from './pointers.ts'

/** Somebody pointed to a record of a merge while it was planned: plan it anew. */
export const POINTED_AT = 'pointed_at'
const IDS_AT_ONCE = 500

/** Who points to whom. */
export const createPointersStore = ({ dialect, reader, tables }: Database) => {
  const columnsOf = (noun: Pointing['noun'], field: string) => {
    const { [field]: column, workspaceId, id, version, archivedAt, createdAt } = tables[noun] as unknown as Record<string, PgColumn>
    if (!column || !workspaceId || !id || !version || !archivedAt || !createdAt) throw new Error(`${noun} have no ${field}`)
    return { column, workspaceId, id, version, archivedAt, createdAt }
  }
  const from = (noun: Pointing['noun']) => tables[noun] as typeof tables.deals

  return {
    /** All that point to one of these records, archived or not; at most `limit` of each noun. */
    async pointingTo(workspaceId: string, noun: LedgeredNoun, ids: readonly string[], limit: number): Promise<Pointing[]> {
      const found: Pointing[] = []
      for (const [pointing, field] of POINTERS[noun] ?? []) {
        const of = columnsOf(pointing, field)
        const rows = await reader.select({ id: sql<string>`${of.id}`, version: sql<number>`${of.version}`, target: sql<string>`${of.column}` }).from(from(pointing))
          .where(and(eq(of.workspaceId, workspaceId), inArray(of.column, ids.slice(0, IDS_AT_ONCE)))).orderBy(asc(of.id)).limit(limit)
        found.push(...rows.map((row) => ({ noun: pointing, field, ...row })))
      }
      return found
    },

    /** Live ones that were created after an instant and point to a record, the newest first. */
    async pointingSince(workspaceId: string, noun: LedgeredNoun, id: string, at: string, limit: number): Promise<{ noun: Pointing['noun']; id: string; field: string }[]> {
      const found: { noun: Pointing['noun']; id: string; field: string }[] = []
      for (const [pointing, field] of POINTERS[noun] ?? []) {
        const of = columnsOf(pointing, field)
        const rows = await reader.select({ id: sql<string>`${of.id}` }).from(from(pointing))
          .where(and(eq(of.workspaceId, workspaceId), eq(of.column, id), gt(of.createdAt, at), isNull(of.archivedAt))).orderBy(desc(of.createdAt), desc(of.id)).limit(limit)
        found.push(...rows.map((row) => ({ noun: pointing, field, id: row.id })))
      }
      return found
    },

    /** For the transaction of a merge: refused (`pointed_at`) when something points to these records still. */
    nonePointingTo(workspaceId: string, noun: LedgeredNoun, ids: readonly string[]): Statement[] {
      const { workspaceId: workspace, id } = tables[noun] as unknown as Record<'workspaceId' | 'id', PgColumn>
      // On PostgreSQL somebody may be adding one just now, on a lock that this one waits for.
      const locked = dialect === 'postgres' ? [statementOf(reader.select({ id: sql`${id}`.as('id') }).from(tables[noun] as typeof tables.deals).where(and(eq(workspace, workspaceId), inArray(id, [...ids]))).for('update'))] : []
      return [...locked, ...(POINTERS[noun] ?? []).map(([pointing, field]) => {
        const of = columnsOf(pointing, field)
        return statementOf(reader.select({ id: sql`${of.id}`.as('id') }).from(from(pointing)).where(and(eq(of.workspaceId, workspaceId), inArray(of.column, [...ids]))).limit(1), { rows: 0, otherwise: POINTED_AT })
      })]
    },
  }
}
export type PointersStore = ReturnType<typeof createPointersStore>
