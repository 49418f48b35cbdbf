import type { Database as Sqlite } from 'better-sqlite3'
import { is, Param, Placeholder } from 'drizzle-orm'
import type { Dialect } from './columns.ts'
import type { Reader } from './database.ts'
import { turnOf } from './turn.ts'

type Values = Record<string, unknown>
/** A query as drizzle builds it, with placeholders. */
interface Query { toSQL(): { sql: string; params: unknown[] }; prepare(name: string): { execute(values: Values): PromiseLike<unknown> } }
/** Runs a query that was prepared once; the rows are tuples in the order of its selection. */
export type PreparedRead<Row extends unknown[]> = (values: Values) => PromiseLike<Row[]> | Row[]

/**
 * A hot query of many uses. On SQLite the driver's own statement is kept, and what is selected comes as it is stored: for texts, numbers
 * and instants, not for booleans and JSON. An empty name prepares for one use.
 */
export const prepareRead = <Row extends unknown[]>(dialect: Dialect, reader: Reader, query: Query, name: string): PreparedRead<Row> => {
  if (dialect === 'postgres') {
    const prepared = query.prepare(name)
    return async (values) => ((await prepared.execute(values)) as Record<string, unknown>[]).map((row) => Object.values(row) as Row)
  }
  return prepareSqliteRead<Row>(reader, query)
}

/** The same where only SQLite is asked, at once. */
export const prepareSqliteRead = <Row extends unknown[]>(reader: Reader, query: Pick<Query, 'toSQL'>): ((values: Values) => Row[]) => {
  const { sql, params } = query.toSQL()
  const connection = (reader as unknown as { $client: Sqlite }).$client
  const statement = connection.prepare(sql).raw(true)
  const turn = turnOf(connection)
  const binders = params.map(binderOf)
  return (values) => {
    turn?.enter()
    return statement.all(...binders.map((bind) => bind(values))) as Row[]
  }
}

const binderOf = (param: unknown): ((values: Values) => unknown) => {
  if (is(param, Placeholder)) return placed(param)
  if (is(param, Param) && is(param.value, Placeholder)) {
    const [read, { encoder }] = [placed(param.value), param]
    return (values) => encoder.mapToDriverValue(read(values))
  }
  return () => param
}

const placed = ({ name }: Placeholder): ((values: Values) => unknown) => (values) => {
  if (!Object.hasOwn(values, name)) throw new Error(`No value was given for ${name}.`)
  return values[name]
}
