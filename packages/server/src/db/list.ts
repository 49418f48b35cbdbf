import { FILTER_OPERATORS, type FilterType, LIMIT, type ListSpec } from '@flowstate-ai/sdk/contract'
import { and, eq, gt, gte, isNotNull, isNull, lt, lte, ne, or, type SQL, sql } from 'drizzle-orm'
import { getTableColumns } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { Invalid } from '../errors.ts'
import type { Dialect } from './columns.ts'
import type { Reader } from './database.ts'
import { type TableName, type Tables } from './schema.ts'
import { jsonOf } from './wire.ts'

export type ListQuery = Record<string, string | number | undefined>
export interface ListPage { items: string[]; nextCursor: string | null }

interface ListOf {
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
}

/**
 * One page of a table, in keyset order: by (sort, id), empty values last. Statements are prepared once for each shape of query:
 * which filters, which order, with or without a cursor.
 */
export const listPage = async ({ dialect, reader, tables, table, spec, workspaceId, query, also, extra }: ListOf): Promise<ListPage> => {
  const columns = getTableColumns(tables[table]) as unknown as Record<string, PgColumn>
  const sort = String(query.sort ?? spec.sort)
  const descending = sort.startsWith('-')
  const sortName = descending ? sort.slice(1) : sort
  const sortColumn = columnOf(columns, spec.filters[sortName] ?? 'text', sortName)
  const limit = Number(query.limit ?? LIMIT.default)
  const cursor = query.cursor === undefined ? null : decodeCursor(String(query.cursor), sort)
  const values: Record<string, unknown> = { workspaceId, limit: limit + 1, ...(cursor ? { after: cursor.value, afterId: cursor.id } : {}) }
  const filters = filterTerms(columns, spec, query, values)
  const archived = spec.archivable === false ? 'any' : String(query.archived ?? 'false')
  const shape = [table, sort, cursor ? (cursor.value === null ? 'null' : 'after') : '', archived, ...filters.map(({ key }) => key)].join('|')

  const build = () => {
    const { id, workspaceId: workspace, archivedAt } = columns as Record<'id' | 'workspaceId' | 'archivedAt', PgColumn>
    const order = sortColumn.notNull ? [] : [sql`${sortColumn} is null`]
    return reader
      .select({ json: jsonOf(dialect, table, extra), key: sql<string | number | null>`${sortColumn}`, id })
      .from(tables[table] as Tables['deals'])
      .where(and(
        eq(workspace, sql.placeholder('workspaceId')),
        archived === 'any' ? undefined : archived === 'true' ? isNotNull(archivedAt) : isNull(archivedAt),
        ...filters.map(({ term }) => term()),
        cursor ? beyond(sortColumn, id, descending, cursor.value === null) : undefined,
        also,
      ))
      .orderBy(...order, descending ? sql`${sortColumn} desc` : sql`${sortColumn}`, ...(sortColumn === id ? [] : [descending ? sql`${id} desc` : sql`${id}`]))
      .limit(sql.placeholder('limit'))
  }
  const rows = await (also ? build().prepare('') : prepared(reader, shape, build)).execute(values)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { items: page.map((row) => row.json), nextCursor: rows.length > limit && last ? encodeCursor(sort, last.key, last.id) : null }
}

/** The predicates that a query's filters make, for counts and sums; values are bound as they stand. */
export const filtersOf = (tables: Tables, table: TableName, spec: ListSpec, query: ListQuery): (SQL | undefined)[] => {
  const columns = getTableColumns(tables[table]) as unknown as Record<string, PgColumn>
  const archived = String(query.archived ?? 'false')
  const archivedAt = columns.archivedAt
  const values: Record<string, unknown> = {}
  const terms = filterTerms(columns, spec, query, values).map(({ bound }) => bound())
  return [...terms, !archivedAt || archived === 'any' ? undefined : archived === 'true' ? isNotNull(archivedAt) : isNull(archivedAt)]
}

interface Prepared { execute(values: Record<string, unknown>): PromiseLike<{ json: string; key: string | number | null; id: string }[]> }
const MOST_SHAPES = 500
const cacheOf = new WeakMap<Reader, Map<string, Prepared>>()
const prepared = (reader: Reader, shape: string, build: () => { prepare(name: string): Prepared }): Prepared => {
  const cache = cacheOf.get(reader) ?? new Map<string, Prepared>()
  cacheOf.set(reader, cache)
  const known = cache.get(shape)
  if (known) return known
  // Shapes come from callers; past this many the rare ones are prepared for one use.
  const made = build().prepare(cache.size < MOST_SHAPES ? `list_${cache.size}` : '')
  if (cache.size < MOST_SHAPES) cache.set(shape, made)
  return made
}

interface Term { key: string; term: () => SQL | undefined; bound: () => SQL | undefined }
const COMPARE = { '': eq, ne, gt, gte, lt, lte } as const
const BY_TREE: readonly string[] = ['contains', 'startsWith']

const filterTerms = (columns: Record<string, PgColumn>, spec: ListSpec, query: ListQuery, values: Record<string, unknown>): Term[] => {
  const terms: Term[] = []
  for (const [field, type] of Object.entries(spec.filters)) {
    for (const operator of ['', ...FILTER_OPERATORS[type]]) {
      const name = operator === '' ? field : `${field}[${operator}]`
      const given = query[name]
      if (given === undefined) continue
      const column = columnOf(columns, type, field)
      const text = String(given)
      if (text === 'null' && operator === '') {
        const empty = () => isNull(column)
        terms.push({ key: `${name}=null`, term: empty, bound: empty })
        continue
      }
      if (operator === 'in') {
        const list = text.split(',').map((item) => valueOf(field, type, item))
        if (list.length > 200) throw new Invalid([{ pointer: `?${name}`, code: 'too_big', detail: 'takes at most 200 values' }])
        list.forEach((item, index) => { values[`${name}${index}`] = item })
        const among = (bind: (item: unknown, index: number) => unknown) => sql`${column} in (${sql.join(list.map((item, index) => sql`${bind(item, index)}`), sql`, `)})`
        terms.push({ key: `${name}${list.length}`, term: () => among((_, index) => sql.placeholder(`${name}${index}`)), bound: () => among((item) => item) })
        continue
      }
      const value = valueOf(field, type, text)
      values[name] = value
      const compare = COMPARE[operator as keyof typeof COMPARE]
      const comparison = (bound: unknown) => (operator === 'ne' ? or(isNull(column), ne(column, bound)) : compare(column, bound))
      terms.push({ key: name, term: () => comparison(sql.placeholder(name)), bound: () => comparison(value) })
    }
  }
  return terms
}

const columnOf = (columns: Record<string, PgColumn>, type: FilterType, field: string): PgColumn => {
  const column = field === 'email' && columns.emailKey ? columns.emailKey : field === 'name' && columns.nameKey ? columns.nameKey : (columns[field] ?? (columns[`${field}Amount`] as PgColumn | undefined))
  if (!column) throw new Error(`no column for the ${type} ${field}`)
  return column
}

const valueOf = (field: string, type: FilterType, text: string): unknown => {
  if (type === 'number' || type === 'money') return Number(text)
  if (type === 'boolean') return text === 'true'
  return field === 'email' ? text.toLowerCase() : text
}

const beyond = (column: PgColumn, id: PgColumn, descending: boolean, afterNull: boolean): SQL | undefined => {
  const after = sql.placeholder('after')
  const afterId = sql.placeholder('afterId')
  const further = descending ? lt : gt
  if (afterNull) return and(isNull(column), further(id, afterId))
  if (column.notNull) return descending ? sql`(${column}, ${id}) < (${bind(column)}, ${afterId})` : sql`(${column}, ${id}) > (${bind(column)}, ${afterId})`
  return or(further(column, after), and(eq(column, after), further(id, afterId)), isNull(column))
}
/** PostgreSQL does not infer a placeholder's type inside a row value. */
const bind = (column: PgColumn): SQL => (column.getSQLType().startsWith('timestamp') ? sql`${sql.placeholder('after')}::timestamptz` : sql`${sql.placeholder('after')}`)

const encodeCursor = (sort: string, value: string | number | null, id: string): string => Buffer.from(JSON.stringify([sort, value, id])).toString('base64url')

const decodeCursor = (cursor: string, sort: string): { value: string | number | null; id: string } => {
  const refuse = (detail: string) => new Invalid([{ pointer: '?cursor', code: 'invalid_cursor', detail }])
  let parts: unknown
  try { parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) } catch { throw refuse('is not one that this list gave') }
  if (!Array.isArray(parts) || parts.length !== 3 || typeof parts[2] !== 'string' || !['string', 'number'].includes(typeof parts[1]) && parts[1] !== null) throw refuse('is not one that this list gave')
  if (parts[0] !== sort) throw refuse(`belongs to the order ${String(parts[0]).slice(0, 50)}; keep the sort while paging`)
  return { value: parts[1] as string | number | null, id: parts[2] }
}
