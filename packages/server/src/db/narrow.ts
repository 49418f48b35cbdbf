import { and, eq, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Dialect } from './columns.ts'
import type { Reader } from './database.ts'
import { prepareSqliteRead } from './prepared.ts'
import type { TableName, Tables } from './schema.ts'
import type { Term } from './terms.ts'

/** So many records are fetched and sorted in about the time in which one page is made. */
const FEW = 1_000

interface NarrowOf { dialect: Dialect; reader: Reader; tables: Tables; table: TableName; columns: Record<string, PgColumn>; filters: readonly Term[]; values: Record<string, unknown>; firstKey: unknown }

/**
 * The filter, by its key, that leaves only few records: a range, or a tag. Then these are fetched by its index and sorted; else the list
 * is walked in its order, for where many are met a page is soon full. SQLite, which is not told the values, can but guess.
 */
export const narrowest = ({ dialect, reader, tables, table, columns, filters, values, firstKey }: NarrowOf): string | null => {
  if (dialect === 'postgres') return null
  const counted = (key: string, from: SQL | Tables['deals'], where: () => SQL | undefined) =>
    countUpTo(reader, `${table}|${key}`, () => reader.select({ one: sql`1` }).from(from).where(where()).limit(FEW + 1))(values).length
  const found = filters.find(({ key, range, few, term }) => {
    if (few) return counted(key, few.from, few.where) <= FEW
    if (range === undefined || range === firstKey || !isIndexed(reader, table, range.name)) return false
    return counted(key, tables[table] as Tables['deals'], () => and(eq(columns.workspaceId as PgColumn, sql.placeholder('workspaceId')), term())) <= FEW
  })
  return found?.key ?? null
}

type Counting = (values: Record<string, unknown>) => unknown[]
const counting = new WeakMap<Reader, Map<string, Counting>>()
/** There are as many of these as the contract has ranges. */
const countUpTo = (reader: Reader, key: string, build: () => { toSQL(): { sql: string; params: unknown[] } }): Counting => {
  const cache = counting.get(reader) ?? new Map<string, Counting>()
  counting.set(reader, cache)
  const made = cache.get(key) ?? prepareSqliteRead(reader, build())
  cache.set(key, made)
  return made
}

const indexed = new WeakMap<Reader, Map<TableName, ReadonlySet<string>>>()
/** Whether an index has this column right after the workspace. */
const isIndexed = (reader: Reader, table: TableName, column: string): boolean => {
  const cache = indexed.get(reader) ?? new Map<TableName, ReadonlySet<string>>()
  indexed.set(reader, cache)
  const columns = cache.get(table) ?? new Set((reader as unknown as { all(query: SQL): { name: string }[] })
    .all(sql`select c.name from pragma_index_list(${table}) i, pragma_index_info(i.name) c where i.partial = 0 and c.seqno = 1 and c.name is not null`).map(({ name }) => name))
  cache.set(table, columns)
  return columns.has(column)
}
