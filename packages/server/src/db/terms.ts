import { FILTER_OPERATORS, type FilterType, type ListSpec } from '@flowstate-ai/sdk/contract'
import { eq, getTableName, gt, gte, isNull, lt, lte, ne, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { Invalid } from '../errors.ts'
import type { Dialect } from './columns.ts'
import { boundHeld, boundTo, columnFor, filterSql, holdsBound, likeSql } from './filter.ts'
import type { ListQuery } from './list.ts'

/** One filter of a query: the predicate with placeholders for what is bound at each run, or with its values bound already. */
export interface Term {
  key: string
  term: () => SQL | undefined
  bound: () => SQL | undefined
  /** It asks what a list holds. */
  tags?: true
  /** What it bounds on one side, if it does. */
  range?: PgColumn
  /** The same by an index of what few records meet, and a way to count them; on SQLite alone, where no index of the table itself can. */
  few?: { term: () => SQL; from: SQL; where: () => SQL }
}
interface TermsOf { dialect: Dialect; columns: Record<string, PgColumn>; spec: ListSpec; query: ListQuery; values: Record<string, unknown>; derived: Record<string, SQL> }
const COMPARE = { '': eq, ne, gt, gte, lt, lte } as const

/** The filters of a query in the order of the contract; fills `values` with what their placeholders stand for. */
export const filterTerms = ({ dialect, columns, spec, query, values, derived }: TermsOf): Term[] => {
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
    // Their number is the statement's, they are bound: a statement for each tag would soon be all that is kept prepared.
    const tags = listed(name, text).map((tag) => boundHeld(dialect, tag))
    tags.forEach((tag, index) => { values[`${name}${index}`] = tag })
    const any = (bind: (tag: string, index: number) => unknown) => {
      const held = sql`(${sql.join(tags.map((tag, index) => holdsBound(dialect, column, bind(tag, index))), sql` or `)})`
      return operator === 'ne' ? sql`not ${held}` : held
    }
    const few = dialect === 'sqlite' && operator === '' && tags.length === 1 ? { few: taggedBy(column, columns.id as PgColumn, `${name}0`) } : {}
    return { key: `${name}${tags.length}`, term: () => any((_, index) => sql.placeholder(`${name}${index}`)), bound: () => any((tag) => tag), tags: true, ...few }
  }
  if (text === 'null' && operator === '') return fixed('=null', () => isNull(column))
  if (operator === 'contains' || operator === 'startsWith') {
    const { sql: like, pattern } = likeSql(dialect, column, operator, text)
    values[name] = pattern
    return { key: name, term: () => like(sql.placeholder(name)), bound: () => like(pattern) }
  }
  if (operator === 'in') {
    const list = listed(name, text).map((item) => valueOf(column, field, type, item))
    list.forEach((item, index) => { values[`${name}${index}`] = item })
    const among = (bind: (item: unknown, index: number) => unknown) => sql`${column} in (${sql.join(list.map((item, index) => sql`${bind(item, index)}`), sql`, `)})`
    return { key: `${name}${list.length}`, term: () => among((_, index) => sql.placeholder(`${name}${index}`)), bound: () => among((item) => item) }
  }
  const value = valueOf(column, field, type, text)
  values[name] = value
  const compare = COMPARE[operator as keyof typeof COMPARE]
  const comparison = (given: unknown) => {
    const bound = boundTo(dialect, type, column, given)
    return operator === 'ne' ? or(isNull(column), ne(column, bound)) : compare(column, bound)
  }
  return { key: name, term: () => comparison(sql.placeholder(name)), bound: () => comparison(value), ...(operator === '' || operator === 'ne' ? {} : { range: column }) }
}

/** Who carries a tag, by the table that the ledger keeps of that on SQLite. */
const taggedBy = (tags: PgColumn, id: PgColumn, name: string): Term['few'] => {
  const where = () => sql`workspace_id = ${sql.placeholder('workspaceId')} and noun = ${sql.raw(`'${getTableName(tags.table)}'`)} and tag = ${sql.placeholder(name)}`
  return { term: () => sql`${id} in (select record_id from tagged where ${where()})`, from: sql`tagged`, where }
}

const listed = (name: string, text: string): string[] => {
  const items = text.split(',')
  if (items.length > MOST_VALUES) throw new Invalid([{ pointer: `?${name}`, code: 'too_big', detail: `takes at most ${MOST_VALUES} values` }])
  return items
}

const valueOf = (column: PgColumn, field: string, type: FilterType, text: string): unknown => {
  if (type === 'number' || type === 'money') return Number(text)
  // Bound raw here, without the column's own conversion; SQLite knows no booleans.
  if (type === 'boolean') return column.getSQLType() === 'integer' ? Number(text === 'true') : text === 'true'
  return field === 'email' || column.name === 'name_key' ? text.toLowerCase() : text
}
