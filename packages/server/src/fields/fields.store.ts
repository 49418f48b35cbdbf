import { COMPANY_LIST, CUSTOMER_LIST, type CustomNoun, DEAL_LIST, type Field, type FieldType, INTERACTION_LIST, type ListSpec, REMINDER_LIST } from '@flowstate-ai/sdk/contract'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { customIndex, customValue } from '../db/custom.ts'
import type { Database } from '../db/database.ts'
import { ownOrder } from '../db/keyset.ts'
import type { Tables } from '../db/schema.ts'
import type { Statement } from '../ledger/ledger.ts'
import type { Definition } from './rules.ts'

/** What the planner takes for granted, as for the other indexes of these tables (migrations/sqlite/0010_lists.sql): how many records share the workspace, the value, the place in the order. */
const CUSTOM_STATISTICS = '1000000 100000 500 2 1'

const listedBy = (tables: Tables, noun: CustomNoun): PgColumn => {
  const column = (tables[noun] as unknown as Record<string, PgColumn>)[ownOrder(LIST_OF[noun])]
  if (!column) throw new Error(`${noun} are listed by no column`)
  return column
}
const LIST_OF: Record<CustomNoun, ListSpec> = { companies: COMPANY_LIST, customers: CUSTOMER_LIST, deals: DEAL_LIST, interactions: INTERACTION_LIST, reminders: REMINDER_LIST }

/** Custom fields: their definitions, what records hold under a key, and the indexes that keep filtering by it fast. */
export const createFieldsStore = ({ dialect, reader, tables }: Database) => {
  const { fields } = tables
  const definitions = reader.select({ key: fields.key, type: fields.type, options: fields.options, required: fields.required }).from(fields)
    .where(and(eq(fields.workspaceId, sql.placeholder('workspaceId')), eq(fields.noun, sql.placeholder('noun')), isNull(fields.archivedAt))).orderBy(fields.id).prepare('field_definitions')

  return {
    async definitions(workspaceId: string, noun: CustomNoun): Promise<Definition[]> {
      const rows = await definitions.execute({ workspaceId, noun })
      return rows.map(({ type, options, ...row }) => ({ ...row, type: type as FieldType, options: options as Field['options'] }))
    },

    /** The same with those that were archived, which are `gone`: the definitions a value may have been written under. */
    async everDefined(workspaceId: string, noun: CustomNoun): Promise<(Definition & { gone: boolean })[]> {
      const rows = await reader.select({ key: fields.key, type: fields.type, options: fields.options, required: fields.required, archivedAt: fields.archivedAt }).from(fields).where(and(eq(fields.workspaceId, workspaceId), eq(fields.noun, noun)))
      return rows.map(({ type, options, archivedAt, ...row }) => ({ ...row, type: type as FieldType, options: options as Field['options'], gone: archivedAt !== null }))
    },

    /** The different values that live records hold under a key, at most `limit` of them. */
    async values(workspaceId: string, noun: CustomNoun, key: string, limit: number): Promise<unknown[]> {
      const table = tables[noun] as unknown as { workspaceId: PgColumn; archivedAt: PgColumn; customFields: PgColumn }
      const json = dialect === 'sqlite' ? sql<string | null>`${table.customFields} -> ${sql.raw(`'$.${key}'`)}` : sql<unknown>`${table.customFields} -> ${sql.raw(`'${key}'`)}`
      const rows = await reader.selectDistinct({ value: json }).from(tables[noun] as typeof tables.deals).where(and(eq(table.workspaceId, workspaceId), isNull(table.archivedAt), sql`${json} is not null`)).limit(limit)
      return rows.map(({ value }) => (dialect === 'sqlite' ? (JSON.parse(String(value)) as unknown) : value))
    },

    /** What keeps filtering and sorting by a key fast: among records of one value it is in the order in which the noun is listed. */
    index(noun: CustomNoun, key: string): Statement[] {
      const name = customIndex(noun, key)
      const create = `create index if not exists ${name} on ${noun} (workspace_id, (${customValue(dialect, key)}), ${listedBy(tables, noun).name}, id)`
      if (dialect === 'postgres') return [{ sql: create, params: [], asOwner: true }]
      return [{ sql: create, params: [] }, { sql: "insert into sqlite_stat1 (tbl, idx, stat) select ?, ?, ? where not exists (select 1 from sqlite_stat1 where idx = ?)", params: [noun, name, CUSTOM_STATISTICS, name] }]
    },
  }
}
export type FieldsStore = ReturnType<typeof createFieldsStore>
