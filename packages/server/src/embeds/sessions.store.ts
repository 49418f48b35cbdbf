import { and, eq, lt } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { settled } from '../ledger/settled.ts'

export const createSessionsStore = ({ reader, tables, ledger }: Database) => {
  const { sessions, tickets, idempotency } = tables
  return {
    async create(row: typeof sessions.$inferInsert): Promise<void> {
      settled(await ledger.run({ workspaceId: row.workspaceId, statements: [statementOf(reader.insert(sessions).values(row))] }))
    },
    async revoke(workspaceId: string, id: string, at: string): Promise<void> {
      settled(await ledger.run({ workspaceId, statements: [statementOf(reader.update(sessions).set({ revokedAt: at }).where(and(eq(sessions.workspaceId, workspaceId), eq(sessions.id, id))))] }))
    },
    /** Drops what ended before `at`: sessions, tickets, and answers kept for replay. */
    async sweep(at: string): Promise<void> {
      settled(await ledger.run({
        workspaceId: null,
        statements: [
          statementOf(reader.delete(sessions).where(lt(sessions.expiresAt, at))),
          statementOf(reader.delete(tickets).where(lt(tickets.expiresAt, at))),
          statementOf(reader.delete(idempotency).where(lt(idempotency.expiresAt, at))),
        ],
      }))
    },
  }
}
export type SessionsStore = ReturnType<typeof createSessionsStore>
