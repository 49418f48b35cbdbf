import { bigint, boolean, customType, doublePrecision, foreignKey, index, integer, jsonb, pgTable, primaryKey, uniqueIndex } from 'drizzle-orm/pg-core'
import * as sqlite from 'drizzle-orm/sqlite-core'

export type Dialect = 'sqlite' | 'postgres'

/** Compared byte by byte, as SQLite does: fractional positions and cursors depend on it. */
const bytewiseText = customType<{ data: string; driverData: string }>({ dataType: () => 'text collate "C"' })

/** `pg` is told to leave timestamps as text (see open); PostgreSQL's `2026-11-24 10:00:00.123+00` becomes ISO. */
const isoTimestamp = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp (3) with time zone',
  fromDriver: (value) => new Date(value).toISOString(),
})

/**
 * The vocabulary in which every table is defined once. Integers are JavaScript's safe integers; instants are ISO 8601 in UTC
 * of fixed width; `json` is jsonb on PostgreSQL and text on SQLite.
 */
const postgresColumns = {
  table: pgTable,
  text: (name: string) => bytewiseText(name),
  int: (name: string) => integer(name),
  bigint: (name: string) => bigint(name, { mode: 'number' }),
  real: (name: string) => doublePrecision(name),
  bool: (name: string) => boolean(name),
  date: (name: string) => bytewiseText(name),
  instant: (name: string) => isoTimestamp(name),
  json: (name: string) => jsonb(name),
  primaryKey,
  foreignKey,
  index,
  uniqueIndex,
}
export type Columns = typeof postgresColumns

const sqliteColumns = {
  table: sqlite.sqliteTable,
  text: (name: string) => sqlite.text(name),
  int: (name: string) => sqlite.integer(name),
  bigint: (name: string) => sqlite.integer(name),
  real: (name: string) => sqlite.real(name),
  bool: (name: string) => sqlite.integer(name, { mode: 'boolean' }),
  date: (name: string) => sqlite.text(name),
  instant: (name: string) => sqlite.text(name),
  json: (name: string) => sqlite.text(name, { mode: 'json' }),
  primaryKey: sqlite.primaryKey,
  foreignKey: sqlite.foreignKey,
  index: sqlite.index,
  uniqueIndex: sqlite.uniqueIndex,
}

/** Proof that a value read from either database has the same type. */
type DataOf<Kit, Name extends keyof Kit> = Kit[Name] extends (name: string) => { _: { data: infer Data } } ? Data : never
type Agree<Name extends keyof Columns & keyof typeof sqliteColumns> = DataOf<Columns, Name> extends DataOf<typeof sqliteColumns, Name> ? true : Name
export const columnsAgree: { [Name in 'text' | 'int' | 'bigint' | 'real' | 'bool' | 'date' | 'instant' | 'json']: Agree<Name> } = {
  text: true, int: true, bigint: true, real: true, bool: true, date: true, instant: true, json: true,
}

export const columnsOf = (dialect: Dialect): Columns => (dialect === 'postgres' ? postgresColumns : (sqliteColumns as unknown as Columns))
