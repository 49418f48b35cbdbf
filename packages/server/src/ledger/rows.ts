import { getTableColumns, getTableName } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Dialect } from '../db/columns.ts'
import { tablesOf } from '../db/schema.ts'
import { toColumns } from '../db/wire.ts'
import { inTagOrder } from './field-values.ts'
import type { Change, PlannedSet } from './ledger.ts'

/** What a change writes: columns as the database names them, values as its driver takes them. */
export interface RowWrite { table: string; names: string[]; values: unknown[] }

export const rowOf = (dialect: Dialect, { workspaceId, at }: Pick<PlannedSet, 'workspaceId' | 'at'>, change: Change): RowWrite => {
  const { tags } = change.set
  const set = toColumns(dialect, change.noun, Array.isArray(tags) ? { ...change.set, tags: inTagOrder(tags as string[]) } : change.set)
  const row: Record<string, unknown> = change.verb === 'create'
    ? { workspaceId, id: change.id, ...set, version: 1, createdAt: at, updatedAt: at, archivedAt: null }
    : { ...set, version: change.expect + 1, updatedAt: at, ...(change.verb === 'archive' ? { archivedAt: at } : change.verb === 'restore' ? { archivedAt: null } : {}) }
  const table = tablesOf(dialect)[change.noun]
  const columns = getTableColumns(table) as unknown as Record<string, PgColumn>
  const names: string[] = []
  const values: unknown[] = []
  for (const [key, value] of Object.entries(row)) {
    const column = columns[key]
    if (!column) throw new Error(`${change.noun} has no column ${key}`)
    names.push(column.name)
    values.push(value === null || value === undefined ? null : column.mapToDriverValue(value))
  }
  return { table: getTableName(table), names, values }
}

/** The column of each unique key, by its name in the database, and the field that stands for it on the wire. */
export const UNIQUE_FIELDS: Record<string, string> = { email_key: 'email', external_id: 'externalId', domain: 'domain', slug: 'slug', name: 'name', name_key: 'name', key: 'key', email: 'email' }

/** The type that a column has in the database, for set-based statements. */
export const sqlTypeOf = (dialect: Dialect, noun: Change['noun'], name: string): string => {
  const column = Object.values(getTableColumns(tablesOf(dialect)[noun]) as unknown as Record<string, PgColumn>).find((each) => each.name === name)
  return column ? column.getSQLType().replace(' collate "C"', '') : 'text'
}
