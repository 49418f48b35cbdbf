import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Dialect } from './columns.ts'
import { matchKeysOf } from '../records/match-keys.ts'
import { type TableName, tablesOf } from './schema.ts'

/**
 * How a table's rows look on the wire. A wire field stands on one column, or on several that make an object
 * (`valueAmount` and `valueCurrency` make `value: {amount, currency}`, null when its first part is null).
 */
export interface WireField { name: string; parts: WirePart[]; grouped: boolean }
export interface WirePart { property: string; key: string; column: PgColumn; type: WireType }
type WireType = 'text' | 'number' | 'boolean' | 'json' | 'instant'

/** Columns that never leave the server, besides `workspaceId`. */
const HIDDEN: Partial<Record<TableName, readonly string[]>> = {
  keys: ['hash'], members: ['userId'], invitations: ['tokenHash'], sessions: ['refreshes', 'epoch'], customers: ['emailKey', 'phoneKey'], tags: ['nameKey'], tasks: ['leaseToken', 'leaseUntil'], actions: ['receipt'], imports: ['checkpoint'], duplicates: ['state'], files: ['madeBy'],
  webhooks: ['secrets', 'lastTaskId'], deliveries: ['body'],
}
const GROUPS: Partial<Record<TableName, Record<string, Record<string, string>>>> = {
  actions: { subject: { noun: 'subjectNoun', id: 'subjectId', name: 'subjectName' } },
}

/** A table's wire fields, in the order of the schema. */
export const fieldsOf = (dialect: Dialect, table: TableName): WireField[] => {
  const cached = CACHE[dialect].get(table)
  if (cached) return cached
  const columns = getTableColumns(tablesOf(dialect)[table]) as Record<string, PgColumn>
  const hidden = new Set(['workspaceId', ...(HIDDEN[table] ?? [])])
  const groups = groupsOf(table, Object.keys(columns))
  const fields: WireField[] = []
  const taken = new Set<string>()
  for (const [key, column] of Object.entries(columns)) {
    if (hidden.has(key) || taken.has(key)) continue
    const group = Object.entries(groups).find(([, parts]) => Object.values(parts).includes(key))
    const parts = group ? Object.entries(group[1]) : [[key, key] as const]
    for (const [, part] of parts) taken.add(part)
    fields.push({
      name: group ? group[0] : key,
      grouped: group !== undefined,
      parts: parts.map(([property, part]) => ({ property, key: part, column: columns[part] ?? column, type: typeOf(columns[part] ?? column) })),
    })
  }
  CACHE[dialect].set(table, fields)
  return fields
}
const CACHE: Record<Dialect, Map<TableName, WireField[]>> = { sqlite: new Map(), postgres: new Map() }

/** The row as one JSON text, assembled in the database. */
export const jsonOf = (dialect: Dialect, table: TableName, extra: Record<string, SQL> = {}): SQL<string> => {
  const pairs = fieldsOf(dialect, table).flatMap((field) => [sql.raw(`'${field.name}'`), valueOf(dialect, field)])
  for (const [name, value] of Object.entries(extra)) pairs.push(sql.raw(`'${name}'`), value)
  const list = sql.join(pairs, sql.raw(', '))
  return dialect === 'sqlite' ? sql<string>`json_object(${list})` : sql<string>`json_build_object(${list})::text`
}

const NAMES: Record<Dialect, Map<TableName, Map<string, WireField>>> = { sqlite: new Map(), postgres: new Map() }
const namesOf = (dialect: Dialect, table: TableName): Map<string, WireField> => {
  const cached = NAMES[dialect].get(table)
  if (cached) return cached
  const made = new Map(fieldsOf(dialect, table).map((field) => [field.name, field]))
  NAMES[dialect].set(table, made)
  return made
}

/** Wire fields to the columns they stand on: `{ value: { amount, currency } }` to `{ valueAmount, valueCurrency }`. Unknown names throw. */
export const toColumns = (dialect: Dialect, table: TableName, fields: Record<string, unknown>): Record<string, unknown> => {
  const known = namesOf(dialect, table)
  const row: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) {
    const field = known.get(name)
    if (!field) throw new Error(`${table} has no field ${name}`)
    for (const part of field.parts) row[part.key] = field.grouped ? ((value as Record<string, unknown> | null)?.[part.property] ?? null) : value
  }
  return { ...row, ...matchKeysOf(table, fields) }
}

/** A record as JSON in the order in which `jsonOf` gives it; fields that are missing are null. */
export const recordJson = (dialect: Dialect, table: TableName, fields: Record<string, unknown>): string =>
  JSON.stringify(Object.fromEntries(fieldsOf(dialect, table).map(({ name }) => [name, fields[name] ?? null])))

const groupsOf = (table: TableName, keys: string[]): Record<string, Record<string, string>> => {
  const money = keys.filter((key) => key.endsWith('Amount') && keys.includes(`${key.slice(0, -6)}Currency`))
    .map((key) => key.slice(0, -6))
  return { ...Object.fromEntries(money.map((name) => [name, { amount: `${name}Amount`, currency: `${name}Currency` }])), ...GROUPS[table] }
}

const typeOf = (column: PgColumn): WireType => {
  if (column.dataType === 'json') return 'json'
  if (column.dataType === 'boolean') return 'boolean'
  if (column.dataType === 'number') return 'number'
  return column.getSQLType().startsWith('timestamp') ? 'instant' : 'text'
}

const valueOf = (dialect: Dialect, field: WireField): SQL => {
  const [first] = field.parts
  if (!first) throw new Error(`${field.name} stands on no column`)
  if (!field.grouped) return partOf(dialect, first)
  const object = sql.join(field.parts.flatMap((part) => [sql.raw(`'${part.property}'`), partOf(dialect, part)]), sql.raw(', '))
  return dialect === 'sqlite'
    ? sql`case when ${first.column} is null then null else json_object(${object}) end`
    : sql`case when ${first.column} is null then null else json_build_object(${object}) end`
}

const partOf = (dialect: Dialect, { column, type }: WirePart): SQL => {
  if (dialect === 'postgres') return type === 'instant' ? sql`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')` : sql`${column}`
  if (type === 'json') return sql`json(${column})`
  if (type === 'boolean') return sql`json(case ${column} when 1 then 'true' when 0 then 'false' else 'null' end)`
  return sql`${column}`
}
