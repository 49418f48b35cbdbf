import { FILTER_OPERATORS, type FilterTree, FilterTree as FilterTreeShape, type FilterType, LIMIT, type ListSpec } from '@flowstate-ai/sdk/contract'
import { and, eq, getTableColumns, gt, gte, isNotNull, isNull, lt, lte, ne, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { Invalid } from '../errors.ts'
import type { Dialect } from './columns.ts'
import { customTree } from './custom-query.ts'
import type { Reader } from './database.ts'
import { columnFor, filterSql, holds, likeSql } from './filter.ts'
import type { Finish } from './finish.ts'
import { beyond, decodeCursor, encodeCursor, type KeyValue, orderBy, sortKeysOf } from './keyset.ts'
import { type PreparedRead, prepareRead } from './prepared.ts'
import { type TableName, type Tables } from './schema.ts'
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
  extra?: Record<string, SQL>
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
  const cursor = query.cursor === undefined ? null : decodeCursor(String(query.cursor), sort, keys.length)
  const values: Record<string, unknown> = { workspaceId, limit: limit + 1 }
  cursor?.values.forEach((value, index) => { if (value !== null) values[`after${index}`] = keys[index]?.bound(value) })
  if (cursor) values.afterId = cursor.id
  const filters = filterTerms({ dialect, columns, spec, query, values, derived })
  const tree = treeOf(spec, query)
  const one = also !== undefined || tree !== null || keys.some(({ custom }) => custom)
  const shape = [table, sort, cursor ? `after${cursor.values.map((value) => (value === null ? 'n' : 'v')).join('')}` : '', archivedOf(spec, query), ...filters.map(({ key }) => key)].join('|')

  const build = () => reader
    .select({ json: jsonOf(dialect, table, extra), id, ...Object.fromEntries(keys.map(({ expression }, index) => [`k${index}`, sql<KeyValue>`${expression}`.as(`k${index}`)])), ...Object.fromEntries((finish?.columns ?? []).map((column, index) => [`f${index}`, column])) })
    .from(tables[table] as Tables['deals'])
    .where(and(
      eq(workspace, sql.placeholder('workspaceId')),
      archivedSql(columns, spec, query),
      ...filters.map(({ term }) => term()),
      tree ? filterSql({ dialect, columns, derived, spec, tree, pointer: '?filter' }) : undefined,
      cursor ? beyond(keys, id, cursor.values) : undefined,
      also,
    ))
    .orderBy(...orderBy(keys, id))
    .limit(sql.placeholder('limit'))
  const read = one ? prepareRead<Row>(dialect, reader, build() as never, '') : prepared(dialect, reader, shape, build as never)
  const finished = finish?.of(workspaceId)
  const rows = await read(values)
  const page = rows.length > limit ? rows.slice(0, limit) : rows
  const last = page.at(-1)
  const keysEnd = 2 + keys.length
  return {
    items: page.map((row) => (finished ? finished(row[0], row.slice(keysEnd)) : row[0])),
    nextCursor: rows.length > limit && last ? encodeCursor(sort, last.slice(2, keysEnd) as KeyValue[], last[1]) : null,
  }
}

/** The predicates that a query's filters make, for counts, sums and exports; values are bound as they stand. */
export const filtersOf = (of: Pick<ListOf, 'dialect' | 'tables' | 'table' | 'spec' | 'query' | 'derived'>): (SQL | undefined)[] => {
  const { dialect, tables, table, spec, query, derived = {} } = of
  const columns = getTableColumns(tables[table]) as unknown as Record<string, PgColumn>
  const tree = treeOf(spec, query)
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

/** `filter` and the custom fields of a query as one tree of conditions; null when there are none. */
const treeOf = (spec: ListSpec, query: ListQuery): FilterTree | null => {
  if (!spec.custom) return null
  const conditions = customTree(query)
  if (query.filter !== undefined) conditions.push(parseTree(String(query.filter)))
  const [only] = conditions
  return only === undefined ? null : conditions.length === 1 ? only : { and: conditions }
}

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
const prepared = (dialect: Dialect, reader: Reader, shape: string, build: () => Parameters<typeof prepareRead>[2]): PreparedRead<Row> => {
  const cache = cacheOf.get(reader) ?? new Map<string, PreparedRead<Row>>()
  cacheOf.set(reader, cache)
  const known = cache.get(shape)
  if (known) return known
  // Shapes come from callers; past this many the rare ones are prepared for one use.
  const made = prepareRead<Row>(dialect, reader, build(), cache.size < MOST_SHAPES ? `list_${cache.size}` : '')
  if (cache.size < MOST_SHAPES) cache.set(shape, made)
  return made
}

interface Term { key: string; term: () => SQL | undefined; bound: () => SQL | undefined }
interface TermsOf { dialect: Dialect; columns: Record<string, PgColumn>; spec: ListSpec; query: ListQuery; values: Record<string, unknown>; derived: Record<string, SQL> }
const COMPARE = { '': eq, ne, gt, gte, lt, lte } as const

const filterTerms = ({ dialect, columns, spec, query, values, derived }: TermsOf): Term[] => {
  const known = namesOf(spec)
  return Object.keys(query)
    .flatMap((name) => known.get(name) ?? [])
    .sort((left, right) => left.place - right.place)
    .flatMap(({ name, field, operator, type }) => {
      const given = query[name]
      return given === undefined ? [] : [termOf({ dialect, columns, values, derived, type, field, operator, name, text: String(given) })]
    })
}

interface FilterName { name: string; field: string; operator: string; type: FilterType; place: number }
const namesCache = new WeakMap<ListSpec, Map<string, FilterName>>()
/** Every filter that a list takes, by its name in a query and in the order of the contract. */
const namesOf = (spec: ListSpec): Map<string, FilterName> => {
  const cached = namesCache.get(spec)
  if (cached) return cached
  const names = Object.entries(spec.filters).flatMap(([field, type]) => ['', ...FILTER_OPERATORS[type]].map((operator) => ({ name: operator === '' ? field : `${field}[${operator}]`, field, operator, type })))
  const made = new Map(names.map((each, place) => [each.name, { ...each, place }]))
  namesCache.set(spec, made)
  return made
}

const MOST_VALUES = 200
const termOf = ({ dialect, columns, values, derived, type, field, operator, name, text }: Omit<TermsOf, 'spec' | 'query'> & { type: FilterType; field: string; operator: string; name: string; text: string }): Term => {
  const fixed = (key: string, make: () => SQL | undefined): Term => ({ key: `${name}${key}`, term: make, bound: make })
  const derivation = derived[field]
  if (derivation) return fixed(`=${text}`, () => (text === 'true' ? derivation : sql`not ${derivation}`))
  const column = columnFor(columns, field)
  if (type === 'tags') {
    if (text === 'null') return fixed('=null', () => filterSql({ dialect, columns, derived, spec: { filters: { [field]: type }, sorts: [], sort: '' }, tree: { field, op: 'empty' }, pointer: `?${name}` }))
    const any = () => sql`(${sql.join(text.split(',').slice(0, MOST_VALUES).map((tag) => holds(dialect, column, tag)), sql` or `)})`
    return fixed(`=${text}`, operator === 'ne' ? () => sql`not ${any()}` : any)
  }
  if (text === 'null' && operator === '') return fixed('=null', () => isNull(column))
  if (operator === 'contains' || operator === 'startsWith') {
    const { sql: like, pattern } = likeSql(dialect, column, operator, text)
    values[name] = pattern
    return { key: name, term: () => like(sql.placeholder(name)), bound: () => like(pattern) }
  }
  if (operator === 'in') {
    const list = text.split(',').map((item) => valueOf(column, field, type, item))
    if (list.length > MOST_VALUES) throw new Invalid([{ pointer: `?${name}`, code: 'too_big', detail: `takes at most ${MOST_VALUES} values` }])
    list.forEach((item, index) => { values[`${name}${index}`] = item })
    const among = (bind: (item: unknown, index: number) => unknown) => sql`${column} in (${sql.join(list.map((item, index) => sql`${bind(item, index)}`), sql`, `)})`
    return { key: `${name}${list.length}`, term: () => among((_, index) => sql.placeholder(`${name}${index}`)), bound: () => among((item) => item) }
  }
  const value = valueOf(column, field, type, text)
  values[name] = value
  const compare = COMPARE[operator as keyof typeof COMPARE]
  const comparison = (bound: unknown) => (operator === 'ne' ? or(isNull(column), ne(column, bound)) : compare(column, bound))
  return { key: name, term: () => comparison(sql.placeholder(name)), bound: () => comparison(value) }
}

const valueOf = (column: PgColumn, field: string, type: FilterType, text: string): unknown => {
  if (type === 'number' || type === 'money') return Number(text)
  // Bound raw here, without the column's own conversion; SQLite knows no booleans.
  if (type === 'boolean') return column.getSQLType() === 'integer' ? Number(text === 'true') : text === 'true'
  return field === 'email' || column.name === 'name_key' ? text.toLowerCase() : text
}
