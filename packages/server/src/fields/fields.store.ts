import type { CustomNoun, Field, FieldType } from '@flowstate-ai/sdk/contract'
import { and, eq, isNull, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { customValue } from '../db/custom.ts'
import type { Database } from '../db/database.ts'
import type { Statement } from '../ledger/ledger.ts'
import type { Definition } from './rules.ts'

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

    /** One index serves the key in every workspace. */
    index(noun: CustomNoun, key: string): Statement {
      return { sql: `create index if not exists cf_${noun}_${key.toLowerCase()} on ${noun} (workspace_id, (${customValue(dialect, key)}), id)`, params: [] }
    },
  }
}
export type FieldsStore = ReturnType<typeof createFieldsStore>
