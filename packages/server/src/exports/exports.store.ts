import { type CustomNoun, type ExportNoun } from '@flowstate-ai/sdk/contract'
import { and, asc, eq, gt, inArray, isNull, lte, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from '../db/database.ts'
import type { ListQuery } from '../db/list.ts'
import type { Scoped, Within } from '../db/scoped.ts'
import type { RelatedName, RelatedNoun } from './columns.ts'

/** Records that are looked through for their custom fields at a time, so that nobody waits behind it for long. */
const WINDOW = 2_000

export const createExportsStore = ({ dialect, reader, tables }: Database, scoped: Scoped) => ({
  /** What a noun's list holds back from this caller beyond its workspace and records. */
  further: (noun: ExportNoun, madeBy: string): SQL | undefined => (noun === 'views' ? or(eq(tables.views.shared, true), eq(tables.views.madeBy, madeBy)) : undefined),

  /** Keys of the defined custom fields, in the order in which they were defined. */
  async definedKeys(workspaceId: string, noun: CustomNoun): Promise<string[]> {
    const { fields } = tables
    const rows = await reader.select({ key: fields.key }).from(fields)
      .where(and(eq(fields.workspaceId, workspaceId), eq(fields.noun, noun), isNull(fields.archivedAt))).orderBy(asc(fields.createdAt), asc(fields.id))
    return rows.map(({ key }) => key)
  },

  /** Keys that records hold, window by window; what the query leaves out is not looked at. */
  async *heldKeys(within: Within, noun: CustomNoun, query: ListQuery, also: SQL | undefined): AsyncGenerator<string[]> {
    const table = tables[noun]
    const where = and(scoped.where(within, noun, query), also)
    const keys = dialect === 'sqlite' ? sql`json_each(${table.customFields}) as held` : sql`jsonb_object_keys(${table.customFields}) as held(key)`
    for (let after = ''; ;) {
      const [end] = await reader.select({ id: table.id }).from(table).where(and(where, gt(table.id, after))).orderBy(asc(table.id)).limit(1).offset(WINDOW - 1)
      const rows = await reader.selectDistinct({ key: sql<string>`held.key` }).from(sql`${table}, ${keys}`).where(and(where, gt(table.id, after), end ? lte(table.id, end.id) : undefined))
      yield rows.map(({ key }) => key)
      if (!end) return
      after = end.id
    }
  },

  /** What records are called, by id; those that the caller may not see are left out. */
  async names(within: Within, noun: RelatedNoun | 'tags', show: RelatedName, ids: readonly string[]): Promise<Map<string, string>> {
    // Who works here is the whole workspace's business.
    if (noun === 'members' && within.records) return new Map()
    const { id, workspaceId, [show]: shown } = tables[noun] as unknown as Record<string, PgColumn>
    if (!id || !workspaceId || !shown) throw new Error(`${noun} have no ${show}`)
    const rows = await reader.select({ id: sql<string>`${id}`, name: sql<string | null>`${shown}` }).from(tables[noun] as typeof tables.deals)
      .where(and(eq(workspaceId, within.workspaceId), inArray(id, [...ids]), scoped.visible(within, noun)))
    return new Map(rows.map((row) => [row.id, row.name ?? '']))
  },
})
export type ExportsStore = ReturnType<typeof createExportsStore>
