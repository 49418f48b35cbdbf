import type { Database as Sqlite } from 'better-sqlite3'
import type { Dialect } from './columns.ts'
import type { Reader } from './database.ts'

/** Whether SQLite finds no index in the whole order that a query asks for, and so sorts what it matches. PostgreSQL postpones what is dear until it has sorted. */
export const sortsAll = (dialect: Dialect, reader: Reader, query: { toSQL(): { sql: string; params: unknown[] } }): boolean => {
  if (dialect === 'postgres') return false
  const { sql, params } = query.toSQL()
  const plan = (reader as unknown as { $client: Sqlite }).$client.prepare(`explain query plan ${sql}`).all(...params.map(() => null)) as { detail: string }[]
  return plan.some(({ detail }) => detail.startsWith('USE TEMP B-TREE FOR') && detail.endsWith('ORDER BY'))
}
