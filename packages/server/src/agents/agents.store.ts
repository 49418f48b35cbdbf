import { and, eq, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { jsonOf } from '../db/wire.ts'
import type { Statement } from '../ledger/ledger.ts'

export interface AgentRow { id: string; name: string; kinds: string[]; description: string | null; at: string }

export const createAgentsStore = ({ dialect, reader, tables: { agents } }: Database) => {
  const json = { json: jsonOf(dialect, 'agents').as('json') }
  const next = { version: sql`${agents.version} + 1` as unknown as number }
  return {
    /** A known name signs on again: same id, new kinds. */
    register(workspaceId: string, { at, ...row }: AgentRow): Statement {
      const { id: _, ...known } = row
      return statementOf(reader.insert(agents)
        .values({ workspaceId, ...row, status: 'idle', message: null, lastSeenAt: at, version: 1, createdAt: at, updatedAt: at })
        .onConflictDoUpdate({ target: [agents.workspaceId, agents.name], set: { ...next, ...known, status: 'idle', message: null, lastSeenAt: at, updatedAt: at } })
        .returning(json))
    },
    touch(workspaceId: string, id: string, at: string, set: Partial<{ status: string; message: string | null }>): Statement {
      return statementOf(reader.update(agents).set({ ...next, ...set, lastSeenAt: at, updatedAt: at }).where(and(eq(agents.workspaceId, workspaceId), eq(agents.id, id))).returning(json))
    },
  }
}
export type AgentsStore = ReturnType<typeof createAgentsStore>
