import { type FilterTree, FilterTree as FilterTreeShape, LIMIT, type ListSpec } from '@flowstate-ai/sdk/contract'
import { and, Column, eq, getTableColumns, getTableName, is, isNotNull, isNull, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { Invalid } from '../errors.ts'
import type { Dialect } from './columns.ts'
import { decodeCursor, encodeCursor, type KeyValue } from './cursor.ts'
import { customTree } from './custom-query.ts'
import type { Reader } from './database.ts'
import { filterSql } from './filter.ts'
import type { Finish } from './finish.ts'
import { viewOf } from './isolation.ts'
import { beyond, orderBy, orderOf, type Part, partsOf, sortKeysOf } from './keyset.ts'
import { narrowest } from './narrow.ts'
import { type PreparedRead, prepareRead } from './prepared.ts'
import { onlyMetReadings } from './readings.ts'
import { type TableName, type Tables } from './schema.ts'
import { sortsAll } from './sorts-all.ts'
import { filterTerms } from './terms.ts'
import { jsonOf } from './wire.ts'

export type ListQuery = Record<string, string | number | undefined>
export interface ListPage { items: string[]; nextCursor: string | null }

export interface ListOf {
  dialect: Dialect
  reader: Reader
  tables: Tables
  table: TableName
  spec: ListSpec
  workspaceId: string
  query: ListQuery
  /** A further predicate, such as the records that the caller may see. Makes the query one-off. */
  also?: SQL | undefined
  /** Further fields of each record's JSON. */
  extra?: () => Record<string, SQL>
  /** What is added to each record's JSON afterwards. */
  finish?: Finish | null
  /** Filters that stand on no column: a deal's `rotting`. */
  derived?: Record<string, SQL>
}

/**
 * One page of a table, in keyset order: by (sort…, id), empty values last. Statements are prepared once for each shape of query: which
 * filters, which order, with or without a cursor. Custom fields and trees of conditions make a query of one use.
 */
export const listPage = async ({ dialect, reader, tables, table, spec, workspaceId, query, also, extra, finish = null, derived = {} }: ListOf): Promise<ListPage> => {
  const columns = getTableColumns(tables[table]) as unknown as Record<string, PgColumn>
  const { id, workspaceId: workspace } = columns as Record<'id' | 'workspaceId', PgColumn>
  const sort = String(query.sort ?? spec.sort)
  const keys = sortKeysOf(dialect, spec, columns, sort)
  const limit = Number(query.limit ?? LIMIT.default)
  const cursor = query.cursor === undefined ? null : decodeCursor(String(query.cursor), sort, keys)
  const values: Record<string, unknown> = { workspaceId }
  for (const { place, bound } of keys) {
    const value = cursor?.values[place] ?? null
    if (value !== null) values[`after${place}`] = bound(value)
  }
  if (cursor) values.afterId = cursor.id
  const filters = filterTerms({ dialect, columns, spec, query, values, derived })
  const custom = customOf(spec, query)
  const tree = allOf([...(custom.length === 0 ? [] : await onlyMetReadings({ dialect, reader, tables, table, columns, spec, workspaceId, conditions: custom })), ...treesOf(spec, query)])
  const narrow = narrowest({ dialect, reader, tables, table, columns, filters, values, firstKey: keys[0]?.expression })
  const bySort = narrow !== null
  // What row-level security would not let an index serve is looked for where it may.
  const hidden = dialect === 'postgres' && (tree !== null || filters.some(({ tags }) => tags))
  const source = (hidden ? sql.raw(`${viewOf(getTableName(tables[table]))} as ${getTableName(tables[table])}`) : tables[table]) as Tables['deals']
  const one = also !== undefined || tree !== null || keys.some(({ custom }) => custom)
  const shape = one ? '' : [table, sort, cursor ? `after${cursor.values.map((value) => (value === null ? 'n' : 'v')).join('')}` : '', archivedOf(spec, query), ...filters.map(({ key }) => key), bySort ? `sort ${narrow}` : ''].join('|')

  const buildFor = (part: Part) => function build(name: string): PreparedRead<Row> {
    const order = orderOf(dialect, keys, id, part)
    // The other part begins after the cursor's, from its first record on.
    const from = cursor && (part !== 'empty' || cursor.values[0] === null) ? beyond(order, cursor.values) : undefined
    const where = () => and(
      eq(workspace, sql.placeholder('workspaceId')),
      archivedSql(columns, spec, query),
      ...filters.map(({ key, term, few }) => (few && key === narrow ? few.term() : term())),
      tree ? filterSql({ dialect, columns, derived, spec, tree, pointer: '?filter' }) : undefined,
      order.within,
      from,
      also,
    )
    const ordered = (selection: Record<string, PgColumn | SQL>, within: SQL | undefined) =>
      reader.select(hidden ? unnamed(selection) : selection).from(source).where(within).orderBy(...orderBy(order, { bySort })).limit(sql.placeholder('limit'))
    const selection = { json: jsonOf(dialect, table, extra?.()), id, ...Object.fromEntries(keys.map(({ expression }, index) => [`k${index}`, sql<KeyValue>`${expression}`.as(`k${index}`)])), ...Object.fromEntries((finish?.columns ?? []).map((column, index) => [`f${index}`, column])) }
    const whole = ordered(selection, where())
    // A sort carries what is selected along: better the ids of a whole table than its records.
    return prepareRead<Row>(dialect, reader, sortsAll(dialect, reader, whole) ? ordered(selection, and(eq(workspace, sql.placeholder('workspaceId')), sql`${id} in ${ordered({ id }, where())}`)) : whole, name)
  }
  const readOf = (part: Part) => (one ? buildFor(part)('') : prepared(reader, `${shape}|${part}`, buildFor(part)))

  const rows: Row[] = []
  for (const part of partsOf(keys, cursor?.values[0])) {
    if (rows.length <= limit) rows.push(...await readOf(part)({ ...values, limit: limit + 1 - rows.length }))
  }
  const finished = finish?.of(workspaceId)
  const page = rows.length > limit ? rows.slice(0, limit) : rows
  const last = page.at(-1)
  const keysEnd = 2 + keys.length
  return {
    items: page.map((row) => (finished ? finished(row[0], row.slice(keysEnd)) : row[0])),
    nextCursor: rows.length > limit && last ? encodeCursor(sort, last.slice(2, keysEnd) as KeyValue[], last[1]) : null,
  }
}

/** drizzle selects columns of tables that it knows to be in the query; the view is in it under the table's name. */
const unnamed = (selection: Record<string, PgColumn | SQL>): Record<string, SQL> =>
  Object.fromEntries(Object.entries(selection).map(([name, value]) => [name, is(value, Column) ? sql`${value}`.mapWith(value) : (value as SQL)]))

/** The predicates that a query's filters make, for counts, sums and exports; values are bound as they stand. */
export const filtersOf = (of: Pick<ListOf, 'dialect' | 'tables' | 'table' | 'spec' | 'query' | 'derived'>): (SQL | undefined)[] => {
  const { dialect, tables, table, spec, query, derived = {} } = of
  const columns = getTableColumns(tables[table]) as unknown as Record<string, PgColumn>
  const tree = allOf([...customOf(spec, query), ...treesOf(spec, query)])
  return [
    ...filterTerms({ dialect, columns, spec, query, values: {}, derived }).map(({ bound }) => bound()),
    tree ? filterSql({ dialect, columns, derived, spec, tree, pointer: '?filter' }) : undefined,
    archivedSql(columns, spec, query),
  ]
}

const archivedOf = (spec: ListSpec, { archived }: ListQuery): string => (spec.archivable === false ? 'any' : String(archived ?? 'false'))
const archivedSql = ({ archivedAt }: Record<string, PgColumn>, spec: ListSpec, query: ListQuery): SQL | undefined => {
  const archived = archivedOf(spec, query)
  return !archivedAt || archived === 'any' ? undefined : archived === 'true' ? isNotNull(archivedAt) : isNull(archivedAt)
}

/** The custom fields of a query, and its `filter`, as conditions. */
const customOf = (spec: ListSpec, query: ListQuery): FilterTree[] => (spec.custom ? customTree(query) : [])
const treesOf = (spec: ListSpec, query: ListQuery): FilterTree[] => (spec.custom && query.filter !== undefined ? [parseTree(String(query.filter))] : [])
const allOf = (conditions: FilterTree[]): FilterTree | null => (conditions.length > 1 ? { and: conditions } : (conditions[0] ?? null))

const parseTree = (text: string): FilterTree => {
  const refuse = (detail: string) => new Invalid([{ pointer: '?filter', code: 'invalid_format', detail }])
  let value: unknown
  try { value = JSON.parse(text) } catch { throw refuse('must be JSON such as {"field":"value","op":"gte","value":100000}') }
  const parsed = FilterTreeShape.safeParse(value)
  if (!parsed.success) throw refuse('must be a condition {"field","op","value"}, or {"and":[…]}, {"or":[…]}, {"not":…} of such, at most 5 deep and 100 in all')
  return parsed.data
}

type Row = [json: string, id: string, ...keysAndFinish: unknown[]]
const MOST_SHAPES = 500
const cacheOf = new WeakMap<Reader, Map<string, PreparedRead<Row>>>()
const prepared = (reader: Reader, shape: string, build: (name: string) => PreparedRead<Row>): PreparedRead<Row> => {
  const cache = cacheOf.get(reader) ?? new Map<string, PreparedRead<Row>>()
  cacheOf.set(reader, cache)
  const known = cache.get(shape)
  if (known) return known
  // Shapes come from callers; past this many the rare ones are prepared for one use.
  const made = build(cache.size < MOST_SHAPES ? `list_${cache.size}` : '')
  if (cache.size < MOST_SHAPES) cache.set(shape, made)
  return made
}
