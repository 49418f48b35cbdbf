import { CalendarDate, type Condition, type FilterOp, type FilterTree, type FilterType, Instant, type ListSpec } from '@flowstate-ai/sdk/contract'
import { and, eq, gt, gte, isNull, lt, lte, ne, not, or, Placeholder, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { Invalid } from '../errors.ts'
import { boundJson } from './among.ts'
import type { Dialect } from './columns.ts'
import { customValue } from './custom.ts'

interface FilterOf { dialect: Dialect; columns: Record<string, PgColumn>; derived?: Record<string, SQL>; spec: ListSpec; tree: FilterTree; pointer: string }

const CUSTOM = 'customFields.'
const COMPARE = { eq, gt, gte, lt, lte } as const
const ORDERED: readonly FilterOp[] = ['gt', 'gte', 'lt', 'lte']
const TEXTUAL: readonly FilterOp[] = ['contains', 'startsWith']

/** A filter with and, or and not as SQL; refuses, by its place, what the noun's list could not be filtered by. */
export const filterSql = (of: FilterOf): SQL | undefined => {
  const { tree, pointer } = of
  if ('and' in tree) return and(...tree.and.map((child, index) => filterSql({ ...of, tree: child, pointer: `${pointer}/and/${index}` })))
  if ('or' in tree) return or(...tree.or.map((child, index) => filterSql({ ...of, tree: child, pointer: `${pointer}/or/${index}` })))
  if ('not' in tree) {
    const inner = filterSql({ ...of, tree: tree.not, pointer: `${pointer}/not` })
    // What is unknown about an empty field is not true, so its negation is.
    return inner && not(sql`coalesce((${inner}), ${of.dialect === 'sqlite' ? sql`0` : sql`false`})`)
  }
  return conditionSql(of, tree)
}

const conditionSql = ({ dialect, columns, derived = {}, spec, pointer }: FilterOf, { field, op = 'eq', value }: Condition): SQL | undefined => {
  const refuse = (detail: string) => new Invalid([{ pointer, code: 'invalid_value', detail }])
  if (field.startsWith(CUSTOM)) return customSql(dialect, columns, field.slice(CUSTOM.length), op, value, refuse)
  const type = spec.filters[field]
  if (!type) throw refuse(`names the field ${field}; there is ${Object.keys(spec.filters).join(', ')}, or customFields.x`)
  const derivation = derived[field]
  if (derivation) {
    if (typeof value !== 'boolean' || (op !== 'eq' && op !== 'ne')) throw refuse(`compares ${field} to true or false`)
    return value === (op === 'eq') ? derivation : sql`not ${derivation}`
  }
  const column = columnFor(columns, field)
  if (type === 'tags') return tagSql(dialect, column, op, value, refuse)
  if (op === 'empty') return value === false ? sql`${column} is not null` : isNull(column)
  if (value === null && (op === 'eq' || op === 'ne')) return op === 'eq' ? isNull(column) : sql`${column} is not null`
  if (op === 'holds') throw refuse('is for custom fields that are lists')
  if (TEXTUAL.includes(op)) {
    if (type !== 'text') throw refuse(`compares text, which ${field} is not`)
    return like(dialect, column, op, textOf(value, refuse))
  }
  if (ORDERED.includes(op) && (type === 'id' || type === 'enum' || type === 'boolean')) throw refuse(`has no order to compare ${field} by`)
  if (op === 'in') {
    if (!Array.isArray(value) || value.length === 0) throw refuse('takes a list of at least one value')
    return sql`${column} in (${sql.join(value.map((item) => boundTo(dialect, type, column, valueFor(type, field, item, refuse))), sql`, `)})`
  }
  const bound = boundTo(dialect, type, column, valueFor(type, field, value, refuse))
  if (op === 'ne') return or(isNull(column), ne(column, bound))
  return COMPARE[op as keyof typeof COMPARE](column, bound)
}

/** PostgreSQL would read what is compared to a whole number as one itself, and fail at 7.5 or at ten thousand million. */
export const boundTo = (dialect: Dialect, type: FilterType, column: PgColumn, value: unknown): SQL =>
  type === 'number' && dialect === 'postgres' ? sql`${value}::numeric` : sql`${value instanceof Placeholder ? value : sql.param(value, column)}`

/** E-mail addresses, tags' names and money stand on columns of other names. */
export const columnFor = (columns: Record<string, PgColumn>, field: string): PgColumn => {
  const column = field === 'email' && columns.emailKey ? columns.emailKey : field === 'name' && columns.nameKey ? columns.nameKey : (columns[field] ?? columns[`${field}Amount`])
  if (!column) throw new Error(`no column for ${field}`)
  return column
}

const NUMERIC: readonly FilterType[] = ['number', 'money']
const valueFor = (type: FilterType, field: string, value: unknown, refuse: (detail: string) => Error): unknown => {
  if (NUMERIC.includes(type)) {
    if (typeof value !== 'number' || (type === 'money' && !Number.isSafeInteger(value))) throw refuse(`compares ${field} to a ${type === 'money' ? 'whole number of minor units' : 'number'}`)
    return value
  }
  if (type === 'boolean') {
    if (typeof value !== 'boolean') throw refuse(`compares ${field} to true or false`)
    return value
  }
  if (typeof value !== 'string') throw refuse(`compares ${field} to text`)
  if (type === 'instant' || type === 'date') {
    const parsed = (type === 'instant' ? Instant : CalendarDate).safeParse(value)
    if (!parsed.success) throw refuse(`compares ${field} to ${type === 'instant' ? 'an instant such as 2026-12-31T12:00:00Z' : 'a day such as 2026-12-31'}`)
    return parsed.data
  }
  return field === 'email' ? value.toLowerCase() : value
}

const textOf = (value: unknown, refuse: (detail: string) => Error): string => {
  if (typeof value !== 'string' || value === '') throw refuse('takes text')
  return value
}

/** A comparison with a pattern, whatever the case of letters; what the text itself holds of patterns is taken as it stands. */
export const likeSql = (dialect: Dialect, column: PgColumn | SQL, op: string, text: string): { sql: (pattern: unknown) => SQL; pattern: string } => ({
  sql: (pattern) => (dialect === 'sqlite' ? sql`${column} like ${pattern} escape '\\'` : sql`${column} ilike ${pattern} escape '\\'`),
  pattern: `${op === 'contains' ? '%' : ''}${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`,
})
const like = (dialect: Dialect, column: PgColumn | SQL, op: string, text: string): SQL => {
  const { sql: compare, pattern } = likeSql(dialect, column, op, text)
  return compare(pattern)
}

const tagSql = (dialect: Dialect, column: PgColumn, op: FilterOp, value: unknown, refuse: (detail: string) => Error): SQL => {
  if (op === 'empty') return dialect === 'sqlite' ? sql`(json_array_length(${column}) = 0) = ${value === false ? 0 : 1}` : sql`(jsonb_array_length(${column}) = 0) = ${value !== false}`
  const has = (tag: unknown) => holds(dialect, column, textOf(tag, refuse))
  if (op === 'in') return sql`(${sql.join((Array.isArray(value) ? value : [value]).map(has), sql` or `)})`
  if (op !== 'eq' && op !== 'ne') throw refuse('compares tags by eq, ne, in or empty')
  return op === 'eq' ? has(value) : sql`not ${has(value)}`
}
/** A JSON list that holds a text. */
export const holds = (dialect: Dialect, column: PgColumn | SQL, value: string): SQL => holdsBound(dialect, column, boundHeld(dialect, value))
/** The same of what `boundHeld` made of the text, or of a placeholder for that. */
export const holdsBound = (dialect: Dialect, column: PgColumn | SQL, value: unknown): SQL =>
  dialect === 'sqlite' ? sql`exists (select 1 from json_each(${column}) where json_each.value = ${value})` : sql`${column} @> ${value}::jsonb`
export const boundHeld = (dialect: Dialect, value: string): string => (dialect === 'sqlite' ? value : boundJson([value]))

const customSql = (dialect: Dialect, columns: Record<string, PgColumn>, key: string, op: FilterOp, value: unknown, refuse: (detail: string) => Error): SQL => {
  if (!columns.customFields || !/^[a-zA-Z]\w{0,62}$/.test(key)) throw refuse(`names customFields.${key}, which cannot be filtered by`)
  const expression = sql.raw(customValue(dialect, key))
  const none = dialect === 'sqlite' ? sql`${expression} is null` : sql`(${expression} is null or ${expression} = 'null'::jsonb)`
  if (op === 'empty' || (value === null && (op === 'eq' || op === 'ne'))) return (op === 'empty' ? value !== false : op === 'eq') ? none : sql`not ${none}`
  if (op === 'holds') return holdsSql(dialect, key, textOf(value, refuse))
  if (TEXTUAL.includes(op)) return like(dialect, dialect === 'sqlite' ? expression : sql`(custom_fields ->> ${sql.raw(`'${key}'`)})`, op, textOf(value, refuse))
  const bind = (item: unknown) => (dialect === 'sqlite' ? sql`${typeof item === 'boolean' ? Number(item) : item}` : sql`${boundJson(item)}::jsonb`)
  if (op === 'in') {
    if (!Array.isArray(value) || value.length === 0) throw refuse('takes a list of at least one value')
    return sql`${expression} in (${sql.join(value.map(bind), sql`, `)})`
  }
  if (value === undefined || Array.isArray(value)) throw refuse('takes one value')
  if (op === 'ne') return sql`(${none} or ${expression} <> ${bind(value)})`
  // Only values of one kind have an order: a text is neither less nor more than a number.
  const sameKind = op === 'eq' ? sql`` : dialect === 'sqlite' ? sql` and typeof(${expression}) ${typeof value === 'number' ? sql.raw("in ('integer', 'real')") : sql.raw("= 'text'")}` : sql` and jsonb_typeof(${expression}) = ${typeof value === 'number' ? 'number' : 'string'}`
  return sql`(${expression} ${sql.raw(SIGNS[op] ?? '=')} ${bind(value)}${sameKind})`
}
/** A custom field that is a list, and holds a text. Where lists stand among the other values is said too, so that an index can be met. */
const holdsSql = (dialect: Dialect, key: string, value: string): SQL =>
  dialect === 'sqlite'
    ? sql`(${sql.raw(customValue(dialect, key))} >= '[' and ${sql.raw(customValue(dialect, key))} < '\\' and json_type(custom_fields, ${sql.raw(`'$.${key}'`)}) = 'array' and exists (select 1 from json_each(custom_fields, ${sql.raw(`'$.${key}'`)}) where json_each.value = ${value}))`
    : sql`(${sql.raw(customValue(dialect, key))} > 'true'::jsonb and ${sql.raw(customValue(dialect, key))} < '{}'::jsonb and jsonb_typeof(custom_fields -> ${sql.raw(`'${key}'`)}) = 'array' and custom_fields -> ${sql.raw(`'${key}'`)} @> ${boundJson([value])}::jsonb)`

const SIGNS: Partial<Record<FilterOp, string>> = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' }
