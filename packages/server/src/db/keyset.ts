import type { ListSpec } from '@flowstate-ai/sdk/contract'
import { and, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { boundJson } from './among.ts'
import type { Dialect } from './columns.ts'
import type { KeyValue } from './cursor.ts'
import { customValue } from './custom.ts'
import { columnFor } from './filter.ts'
import { sortOf } from './sort.ts'

/** One key of an order: what is compared, in which direction, and how a value of a cursor is bound to it. */
export interface SortKey {
  expression: SQL | PgColumn
  /** Which value of a cursor is its own. */
  place: number
  descending: boolean
  nullable: boolean
  custom: boolean
  /** What a value of a cursor becomes on its way to the driver. */
  bound(value: KeyValue): unknown
  /** The type that PostgreSQL has to be told, for it infers none inside a row value. */
  cast: SQL
}

/** Which of the records a statement reads, when some have the first key and some do not. */
export type Part = 'all' | 'held' | 'empty'

/** An order as one statement follows it: the keys that are left to sort by, and what keeps the other part out. */
export interface Order { keys: readonly SortKey[]; id: PgColumn; idDescending: boolean; within: SQL | undefined }

const CUSTOM = 'customFields.'

export const sortKeysOf = (dialect: Dialect, spec: ListSpec, columns: Record<string, PgColumn>, sort: string): SortKey[] => {
  const keys = sortOf(spec, sort, '?sort').map(({ field, descending }, place) => keyOf(dialect, columns, field, descending, place))
  const [only] = keys
  // Of one value of a custom field there are many: those are in the list's own order, as in the field's index.
  return keys.length === 1 && only?.custom ? [only, keyOf(dialect, columns, ownOrder(spec), only.descending, 1)] : keys
}

/** What a list is sorted by when nothing is asked. */
export const ownOrder = (spec: Pick<ListSpec, 'sort'>): string => spec.sort.split(',')[0]?.replace(/^-/, '') ?? 'id'

const keyOf = (dialect: Dialect, columns: Record<string, PgColumn>, field: string, descending: boolean, place: number): SortKey => {
  if (field.startsWith(CUSTOM)) {
    const expression = sql.raw(customValue(dialect, field.slice(CUSTOM.length)))
    return { expression, place, descending, nullable: true, custom: true, bound: (value) => (dialect === 'sqlite' ? value : boundJson(value)), cast: dialect === 'sqlite' ? sql`` : sql`::jsonb` }
  }
  const column = columnFor(columns, field)
  return { expression: column, place, descending, nullable: !column.notNull, custom: false, bound: (value) => value, cast: column.getSQLType().startsWith('timestamp') ? sql`::timestamptz` : sql`` }
}

/**
 * Empty values come last, in either direction, which is no index's order: so who has the first key is read by one statement, and
 * who has not by a second, when the first did not fill the page. `after` is the first value of a cursor.
 */
export const partsOf = ([first]: readonly SortKey[], after: KeyValue | undefined): Part[] =>
  !first?.nullable ? ['all'] : after === null ? ['empty'] : ['held', 'empty']

export const orderOf = (dialect: Dialect, keys: readonly SortKey[], id: PgColumn, part: Part): Order => {
  const [first, ...rest] = keys
  const idDescending = keys.at(-1)?.descending ?? false
  if (!first || part === 'all') return { keys, id, idDescending, within: undefined }
  if (part === 'empty') return { keys: rest, id, idDescending, within: isNull(first.expression as PgColumn) }
  return { keys: [{ ...first, nullable: false }, ...rest], id, idDescending, within: heldSql(dialect, first.expression) }
}

/** That there is a value: on SQLite as a bound, for only so it seeks past the empty ones, which come first in its indexes. */
const heldSql = (dialect: Dialect, expression: SQL | PgColumn): SQL => {
  if (dialect === 'postgres') return sql`${expression} is not null`
  return 'dataType' in expression && expression.dataType === 'string' ? sql`${expression} >= ''` : sql`${expression} >= -9e999`
}

/** Empty values last, in either direction; the id settles ties. `bySort`: in no index's order, so that SQLite takes that of the filters. */
export const orderBy = ({ keys, id, idDescending }: Order, { bySort = false } = {}): SQL[] => {
  const order = keys.flatMap(({ expression, descending, nullable }, index) => [...(nullable ? [sql`${expression} is null`] : []), sql`${bySort && index === 0 ? sql`+` : sql``}${expression}${descending ? sql` desc` : sql``}`])
  if (keys.some(({ expression }) => expression === id)) return order
  return [...order, idDescending ? sql`${id} desc` : sql`${id}`]
}

/** What comes after the cursor's record in this order. */
export const beyond = ({ keys, id, idDescending }: Order, values: readonly KeyValue[]): SQL | undefined => {
  const after = ({ place, cast }: SortKey) => sql`${sql.placeholder(`after${place}`)}${cast}`
  const afterId = sql.placeholder('afterId')
  // A row value lets the index seek.
  if (keys.every(({ nullable, descending }) => !nullable && descending === idDescending)) {
    const left = sql.join([...keys.map(({ expression }) => sql`${expression}`), sql`${id}`], sql`, `)
    const right = sql.join([...keys.map(after), sql`${afterId}`], sql`, `)
    return idDescending ? sql`(${left}) < (${right})` : sql`(${left}) > (${right})`
  }
  const equal = (key: SortKey) => (values[key.place] === null ? sql`${key.expression} is null` : sql`${key.expression} = ${after(key)}`)
  const further = (key: SortKey): SQL => {
    // Nothing comes after the empty ones but by the next key.
    if (values[key.place] === null) return sql`1 = 0`
    const comparison = key.descending ? sql`${key.expression} < ${after(key)}` : sql`${key.expression} > ${after(key)}`
    return key.nullable ? sql`(${comparison} or ${key.expression} is null)` : comparison
  }
  const ties = (upTo: number) => keys.slice(0, upTo).map(equal)
  const [first] = keys
  return and(
    // Says no more than what follows, but so that an index can seek to it.
    first && !first.nullable ? (first.descending ? sql`${first.expression} <= ${after(first)}` : sql`${first.expression} >= ${after(first)}`) : undefined,
    or(
      ...keys.map((key, index) => and(...ties(index), further(key))),
      and(...ties(keys.length), idDescending ? sql`${id} < ${afterId}` : sql`${id} > ${afterId}`),
    ),
  )
}
