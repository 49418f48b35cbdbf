import type { Database as Sqlite } from 'better-sqlite3'

const TEXT_OR_PLACE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|(\blimit )?\?/gi

/**
 * A statement whose plan no value can change. SQLite looks at the value of a bare `?` where a list is ordered or limited, and then
 * compiles the statement anew each time that another is bound to it (sqlite3_prepare_v2, "if the value of the parameter affects the query
 * plan"); a fifth of what a page of a list costs. At an expression it does not look: `+?` is the value itself, in a comparison too.
 */
export const steady = (text: string): string =>
  text.replace(TEXT_OR_PLACE, (found: string, limit: string | undefined) => (limit !== undefined ? `${limit}? + 0` : found === '?' ? '+?' : found))

/** From here on a connection prepares steady statements only. */
export const prepareSteadily = (connection: Sqlite): void => {
  const prepare = connection.prepare.bind(connection)
  connection.prepare = ((text: string) => prepare(steady(text))) as typeof connection.prepare
}
