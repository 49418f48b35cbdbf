import { getTableColumns, getTableName } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Dialect } from '../db/columns.ts'
import { tablesOf } from '../db/schema.ts'
import { fieldsOf } from '../db/wire.ts'
import { MATCH_KEYS } from '../records/match-keys.ts'
import { inTagOrder } from './field-values.ts'
import type { Change, PlannedSet } from './ledger.ts'

/** What a change writes: columns as the database names them, values as its driver takes them. */
export interface RowWrite { table: string; names: string[]; values: unknown[] }

export const rowOf = (dialect: Dialect, { workspaceId, at }: Pick<PlannedSet, 'workspaceId' | 'at'>, change: Change): RowWrite => {
  const { table, columns, heads } = shapeOf(dialect, change.noun)
  const row: RowWrite = { table, names: [], values: [] }
  const put = ({ name, column }: Place, value: unknown) => {
    row.names.push(name)
    row.values.push(value === null || value === undefined ? null : column.mapToDriverValue(value))
  }
  const { set, keys } = change
  for (const field in set) {
    const value = set[field]
    for (const place of columns.get(field) ?? unknownField(change, field)) put(place, place.key !== null && keys?.[place.key] !== undefined ? keys[place.key] : place.of ? place.of(value) : value)
  }
  put(heads.version, change.verb === 'create' ? 1 : change.expect + 1)
  put(heads.updatedAt, at)
  if (change.verb === 'create') {
    put(heads.workspaceId, workspaceId)
    put(heads.id, change.id)
    put(heads.createdAt, at)
    put(heads.archivedAt, null)
  } else if (change.verb !== 'update') {
    put(heads.archivedAt, change.verb === 'archive' ? at : null)
  }
  return row
}

/** `key`: it holds a match key, which the change may bring along under this name. */
interface Place { name: string; column: PgColumn; of: ((value: unknown) => unknown) | null; key: string | null }
type Head = 'workspaceId' | 'id' | 'version' | 'createdAt' | 'updatedAt' | 'archivedAt'
const HEADS: ReadonlySet<string> = new Set<Head>(['workspaceId', 'id', 'version', 'createdAt', 'updatedAt', 'archivedAt'])
interface Shape { table: string; columns: ReadonlyMap<string, readonly Place[]>; heads: Record<Head, Place> }

const shapes: Record<Dialect, Map<Change['noun'], Shape>> = { sqlite: new Map(), postgres: new Map() }
/** Where each field of a noun goes, found out once: rows are written by the hundred thousand. */
const shapeOf = (dialect: Dialect, noun: Change['noun']): Shape => {
  const known = shapes[dialect].get(noun)
  if (known) return known
  const table = tablesOf(dialect)[noun]
  const columns = getTableColumns(table) as unknown as Record<string, PgColumn>
  const placeOf = (key: string, of: Place['of'] = null, matches = false): Place => {
    const column = columns[key]
    if (!column) throw new Error(`${noun} has no column ${key}`)
    return { name: column.name, column, of, key: matches ? key : null }
  }
  const made: Shape = {
    table: getTableName(table),
    // The ledger itself writes the heads, whatever a set says of them.
    columns: new Map(fieldsOf(dialect, noun).map(({ name, grouped, parts }) => [name, HEADS.has(name) ? [] : [
      ...parts.map(({ key, property }) => placeOf(key, grouped ? (value) => (value as Record<string, unknown> | null | undefined)?.[property] ?? null : name === 'tags' ? (value) => (Array.isArray(value) ? inTagOrder(value as string[]) : value) : null)),
      ...(MATCH_KEYS[noun] ?? []).filter(({ field }) => field === name).map(({ column, keyOf }) => placeOf(column, (value) => (typeof value === 'string' ? keyOf(value) : null), true)),
    ]])),
    heads: { workspaceId: placeOf('workspaceId'), id: placeOf('id'), version: placeOf('version'), createdAt: placeOf('createdAt'), updatedAt: placeOf('updatedAt'), archivedAt: placeOf('archivedAt') },
  }
  shapes[dialect].set(noun, made)
  return made
}
const unknownField = ({ noun }: Change, field: string): never => {
  throw new Error(`${noun} has no field ${field}`)
}

/** The column of each unique key, by its name in the database, and the field that stands for it on the wire. */
export const UNIQUE_FIELDS: Record<string, string> = { email_key: 'email', external_id: 'externalId', domain: 'domain', slug: 'slug', name: 'name', name_key: 'name', key: 'key', email: 'email' }

/** The type that a column has in the database, for set-based statements. */
export const sqlTypeOf = (dialect: Dialect, noun: Change['noun'], name: string): string => {
  const column = Object.values(getTableColumns(tablesOf(dialect)[noun]) as unknown as Record<string, PgColumn>).find((each) => each.name === name)
  return column ? column.getSQLType().replace(' collate "C"', '') : 'text'
}
