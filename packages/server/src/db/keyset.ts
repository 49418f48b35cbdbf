import type { ListSpec } from '@flowstate-ai/sdk/contract'
import { and, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { Invalid } from '../errors.ts'
import type { Dialect } from './columns.ts'
import { customValue } from './custom.ts'
import { columnFor } from './filter.ts'
import { sortOf } from './sort.ts'

export type KeyValue = string | number | boolean | null
/** One key of an order: what is compared, in which direction, and how a value of a cursor is bound to it. */
export interface SortKey {
  expression: SQL | PgColumn
  descending: boolean
  nullable: boolean
  custom: boolean
  /** What a value of a cursor becomes on its way to the driver. */
  bound(value: KeyValue): unknown
  /** The type that PostgreSQL has to be told, for it infers none inside a row value. */
  cast: SQL
}

const CUSTOM = 'customFields.'

export const sortKeysOf = (dialect: Dialect, spec: ListSpec, columns: Record<string, PgColumn>, sort: string): SortKey[] =>
  sortOf(spec, sort, '?sort').map(({ field, descending }) => {
    if (field.startsWith(CUSTOM)) {
      const expression = sql.raw(customValue(dialect, field.slice(CUSTOM.length)))
      return { expression, descending, nullable: true, custom: true, bound: (value) => (dialect === 'sqlite' ? value : JSON.stringify(value)), cast: dialect === 'sqlite' ? sql`` : sql`::jsonb` }
    }
    const column = columnFor(columns, field)
    return { expression: column, descending, nullable: !column.notNull, custom: false, bound: (value) => value, cast: column.getSQLType().startsWith('timestamp') ? sql`::timestamptz` : sql`` }
  })

/** Empty values last, in either direction; the id settles ties. */
export const orderBy = (keys: readonly SortKey[], id: PgColumn): SQL[] => {
  const order = keys.flatMap(({ expression, descending, nullable }) => [...(nullable ? [sql`${expression} is null`] : []), descending ? sql`${expression} desc` : sql`${expression}`])
  if (keys.some(({ expression }) => expression === id)) return order
  return [...order, idDescends(keys) ? sql`${id} desc` : sql`${id}`]
}
const idDescends = (keys: readonly SortKey[]): boolean => keys.at(-1)?.descending ?? false

/** What comes after the cursor's record in this order. */
export const beyond = (keys: readonly SortKey[], id: PgColumn, values: readonly KeyValue[]): SQL | undefined => {
  const [only] = keys
  const after = (index: number, cast: SQL) => sql`${sql.placeholder(`after${index}`)}${cast}`
  const afterId = sql.placeholder('afterId')
  // A row value lets the index seek.
  if (only && keys.length === 1 && !only.nullable) {
    return only.descending ? sql`(${only.expression}, ${id}) < (${after(0, only.cast)}, ${afterId})` : sql`(${only.expression}, ${id}) > (${after(0, only.cast)}, ${afterId})`
  }
  const equal = ({ expression, cast }: SortKey, index: number) => (values[index] === null ? sql`${expression} is null` : sql`${expression} = ${after(index, cast)}`)
  const further = ({ expression, descending, nullable, cast }: SortKey, index: number): SQL => {
    // Nothing comes after the empty ones but by the next key.
    if (values[index] === null) return sql`1 = 0`
    const comparison = descending ? sql`${expression} < ${after(index, cast)}` : sql`${expression} > ${after(index, cast)}`
    return nullable ? sql`(${comparison} or ${expression} is null)` : comparison
  }
  const ties = (upTo: number) => keys.slice(0, upTo).map(equal)
  return or(
    ...keys.map((key, index) => and(...ties(index), further(key, index))),
    and(...ties(keys.length), idDescends(keys) ? sql`${id} < ${afterId}` : sql`${id} > ${afterId}`),
  )
}

export const encodeCursor = (sort: string, values: readonly KeyValue[], id: string): string => Buffer.from(JSON.stringify([sort, ...values, id])).toString('base64url')

export const decodeCursor = (cursor: string, sort: string, keys: number): { values: KeyValue[]; id: string } => {
  const refuse = (detail: string) => new Invalid([{ pointer: '?cursor', code: 'invalid_cursor', detail }])
  let parts: unknown
  try { parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) } catch { throw refuse('is not one that this list gave') }
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') throw refuse('is not one that this list gave')
  if (parts[0] !== sort) throw refuse(`belongs to the order ${parts[0].slice(0, 50)}; keep the sort while paging`)
  const values = parts.slice(1, -1) as unknown[]
  const id: unknown = parts.at(-1)
  if (values.length !== keys || typeof id !== 'string' || !values.every((value) => value === null || ['string', 'number', 'boolean'].includes(typeof value))) throw refuse('is not one that this list gave')
  return { values: values as KeyValue[], id }
}
