import { eq, getTableColumns } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Database } from '../../db/database.ts'
import type { TableName } from '../../db/schema.ts'
import type { World } from './world.ts'

/** Columns of text that hold what the server writes of itself: ids, hashes, states, places, and names out of closed lists. */
const OF_THE_SERVER = /(^id|^at$|Id|^hash|Hash|^kind|Kind|^state|^status|^type|Type|Noun|^noun|^role|^currency|Currency|^position|^key|Key|At|^token|Token|^origin|^challenge|^previous|^event|^requestId|^subject|^policyVersion|^timeZone|^recurrence|^sha256|^direction|^disabledReason|^color|^sort|^reverts|^revertedBy|^op|Date|Until|Start|^source|Cursor|^slug|^scope|^level|^image|Address|Agent|Codes|^secret|^password|^identifier|^value|^providerId|^issuer)/
/** Text that nobody outside may write: what a worker says of its own work, and what a file looks like. */
const WRITTEN_BY_WORKERS = ['imports.error', 'imports.changeSetId', 'deliveries.error', 'tasks.message', 'files.sniffedType', 'files.madeBy', 'views.madeBy', 'idempotency.body', 'changeSets.reason', 'tasks.error', 'actions.decidedBy', 'deals.wonReason']

/** Where the canaries did not come to: columns of free text, of tables that belong to a workspace, in which none of its rows holds its word. */
export const bareColumns = async ({ across, tables }: Database, { workspaceId, word }: World): Promise<string[]> => {
  const bare: string[] = []
  for (const [name, table] of Object.entries(tables) as [TableName, Database['tables']['companies']][]) {
    const columns = getTableColumns(table) as unknown as Record<string, PgColumn>
    const own = columns.workspaceId ?? (name === 'workspaces' ? columns.id : undefined)
    if (!own) continue
    const texts = Object.keys(columns).filter((column) => columns[column]?.dataType === 'string' && column !== 'workspaceId' && !OF_THE_SERVER.test(column) && !WRITTEN_BY_WORKERS.includes(`${name}.${column}`))
    if (texts.length === 0) continue
    const rows = (await across.select().from(table).where(eq(own, workspaceId))) as Record<string, unknown>[]
    for (const column of texts) if (!rows.some((row) => String(row[column]).includes(word))) bare.push(`${name}.${column}`)
  }
  return bare
}
