import { createHash } from 'node:crypto'
import { eq, getTableColumns } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import type { TableName } from '../db/schema.ts'

/** A fingerprint of every table, of all workspaces or of one: what was written shows, whoever wrote it. When a key was last used is left out, and what is `beside`. */
export const rowsOf = async ({ across, tables }: Database, beside: readonly TableName[] = [], workspaceId?: string): Promise<Record<string, string>> => {
  const all: Record<string, string> = {}
  for (const [name, table] of Object.entries(tables) as [TableName, Database['tables']['keys']][]) {
    if (beside.includes(name)) continue
    const { lastUsedAt: _, ...columns } = getTableColumns(table)
    if (workspaceId !== undefined && !('workspaceId' in columns)) continue
    const rows = (await across.select(columns).from(table).where(workspaceId === undefined ? undefined : eq(table.workspaceId, workspaceId))).map((row) => JSON.stringify(row)).sort()
    all[name] = `${rows.length} rows ${createHash('sha256').update(rows.join('\n')).digest('hex')}`
  }
  return all
}
