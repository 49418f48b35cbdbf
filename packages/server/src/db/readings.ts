import type { FilterTree, ListSpec } from '@flowstate-ai/sdk/contract'
import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Dialect } from './columns.ts'
import { customIndex } from './custom.ts'
import type { Reader } from './database.ts'
import { filterSql } from './filter.ts'
import type { TableName, Tables } from './schema.ts'

interface ReadingsOf { dialect: Dialect; reader: Reader; tables: Tables; table: TableName; columns: Record<string, PgColumn>; spec: ListSpec; workspaceId: string; conditions: readonly FilterTree[] }

const CUSTOM = 'customFields.'

/**
 * A query string has no types, so `5` asks for the number, the text and the list that holds the text. Asked for all three at once no
 * index gives the records in order; so where the field has an index, readings that no record meets are left out beforehand.
 */
export const onlyMetReadings = async (of: ReadingsOf): Promise<FilterTree[]> =>
  Promise.all(of.conditions.map((condition) => ('or' in condition && condition.or.length > 1 ? metOf(of, condition.or) : condition)))

const metOf = async ({ dialect, reader, tables, table, columns, spec, workspaceId }: Omit<ReadingsOf, 'conditions'>, readings: FilterTree[]): Promise<FilterTree> => {
  const [first] = readings
  if (!first || !('field' in first) || !(await indexesOf(dialect, reader)).has(customIndex(table, first.field.slice(CUSTOM.length)))) return { or: readings }
  const probes = readings.map((tree) => sql`exists (select 1 from ${tables[table]} where ${and(eq(columns.workspaceId as PgColumn, workspaceId), filterSql({ dialect, columns, spec, tree, pointer: '?filter' }))})`)
  const query = sql`select ${sql.join(probes.map((probe, index) => sql`${probe} as ${sql.raw(`r${index}`)}`), sql`, `)}`
  const [row = {}] = await rowsOf<Record<string, unknown>>(dialect, reader, query)
  const met = readings.filter((_, index) => Boolean(row[`r${index}`]))
  // Of none, one is as empty as another.
  return met.length === 0 ? first : met.length === 1 ? (met[0] ?? first) : { or: met }
}

const KNOWN_MS = 1_000
const known = new WeakMap<Reader, { names: ReadonlySet<string>; until: number }>()

/** The indexes of custom fields that this database has. */
const indexesOf = async (dialect: Dialect, reader: Reader): Promise<ReadonlySet<string>> => {
  const cached = known.get(reader)
  if (cached && cached.until > performance.now()) return cached.names
  const query = dialect === 'sqlite' ? sql`select name from sqlite_schema where type = 'index' and name like 'cf\\_%' escape '\\'` : sql`select indexname as name from pg_indexes where schemaname = current_schema() and indexname like 'cf\\_%'`
  const names = new Set((await rowsOf<{ name: string }>(dialect, reader, query)).map(({ name }) => name))
  known.set(reader, { names, until: performance.now() + KNOWN_MS })
  return names
}

const rowsOf = async <Row>(dialect: Dialect, reader: Reader, query: SQL): Promise<Row[]> =>
  dialect === 'sqlite' ? (reader as unknown as { all(query: SQL): Row[] }).all(query) : ((await reader.execute(query)) as unknown as { rows: Row[] }).rows
