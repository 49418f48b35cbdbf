import { createHash } from 'node:crypto'
import { getTableColumns } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import type { TableName } from '../db/schema.ts'

/** A fingerprint of every table, of all workspaces: what was written shows, whoever wrote it. When a key was last used is left out, and what is `beside`. */
export const rowsOf = async ({ across, tables }: Database, beside: readonly TableName[] = []): Promise<Record<string, string>> => {
  const all: Record<string, string> = {}
  for (const [name, table] of Object.entries(tables) as [TableName, Database['tables']['keys']][]) {
    if (beside.includes(name)) continue
    const { lastUsedAt: _, ...columns } = getTableColumns(table)
    const rows = (await across.select(columns).from(table)).map((row) => JSON.stringify(row)).sort()
    all[name] = `${rows.length} rows ${createHash('sha256').update(rows.join('\n')).digest('hex')}`
  }
  return all
}
