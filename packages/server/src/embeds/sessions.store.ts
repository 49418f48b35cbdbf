import { and, eq, gt, isNull, lt, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { Statement } from '../ledger/ledger.ts'
import { settled } from '../ledger/settled.ts'

export interface SignInCodeRow { workspaceId: string; memberId: string; origin: string; challenge: string }

type Holder = { keyId: string } | { memberId: string }

export const createSessionsStore = ({ reader, tables, ledger }: Database) => {
  const { sessions, signInCodes, tickets, idempotency, workspaces, verifications, userSessions } = tables
  const one = (workspaceId: string, id: string) => and(eq(sessions.workspaceId, workspaceId), eq(sessions.id, id))
  const live = (workspaceId: string, of: Holder | null, at: string) =>
    and(eq(sessions.workspaceId, workspaceId), of === null ? undefined : 'keyId' in of ? eq(sessions.keyId, of.keyId) : eq(sessions.memberId, of.memberId), isNull(sessions.revokedAt), gt(sessions.expiresAt, at))
  const run = async (workspaceId: string | null, ...statements: Statement[]) => settled(await ledger.run({ workspaceId, statements }))
  return {
    async create(row: typeof sessions.$inferInsert): Promise<void> {
      await run(row.workspaceId, statementOf(reader.insert(sessions).values(row)))
    },
    async revoke(workspaceId: string, id: string, at: string): Promise<void> {
      await run(workspaceId, statementOf(reader.update(sessions).set({ revokedAt: at }).where(and(one(workspaceId, id), isNull(sessions.revokedAt)))))
    },
    /** Every token of the workspace at once; then each session says so too. */
    async revokeAll(workspaceId: string, at: string): Promise<void> {
      await run(workspaceId, statementOf(reader.update(workspaces).set({ epoch: sql`${workspaces.epoch} + 1` as unknown as number }).where(eq(workspaces.id, workspaceId))))
      await run(workspaceId, statementOf(reader.update(sessions).set({ revokedAt: at }).where(live(workspaceId, null, at))), statementOf(reader.delete(signInCodes).where(eq(signInCodes.workspaceId, workspaceId))))
    },
    /** What stood on a key, or on a member, which have ended: with them it has ended already, and says so from now on. */
    async revokeOf(workspaceId: string, of: Holder, at: string): Promise<void> {
      await run(workspaceId, statementOf(reader.update(sessions).set({ revokedAt: at }).where(live(workspaceId, of, at))))
      if ('memberId' in of) await this.dropCodes(workspaceId, of.memberId)
    },
    /** What a member was about to sign in to a page with. */
    async dropCodes(workspaceId: string, memberId: string): Promise<void> {
      await run(workspaceId, statementOf(reader.delete(signInCodes).where(and(eq(signInCodes.workspaceId, workspaceId), eq(signInCodes.memberId, memberId)))))
    },
    /** Counts a refresh; false where it was not the next one, or the session is over: then somebody else has used it. */
    async rotate(workspaceId: string, id: string, from: number, at: string): Promise<boolean> {
      const [rows] = await run(workspaceId, statementOf(reader.update(sessions).set({ refreshes: from + 1 }).where(and(one(workspaceId, id), eq(sessions.refreshes, from), isNull(sessions.revokedAt), gt(sessions.expiresAt, at))).returning({ id: sessions.id })))
      return rows?.length === 1
    },
    /** What is alive of a key, or of a member. */
    async liveOf(workspaceId: string, of: Holder, at: string): Promise<string[]> {
      const rows = await reader.select({ id: sessions.id }).from(sessions).where(live(workspaceId, of, at))
      return rows.map(({ id }) => id)
    },

    async keepCode(hash: string, code: SignInCodeRow, expiresAt: string): Promise<void> {
      await run(code.workspaceId, statementOf(reader.insert(signInCodes).values({ hash, ...code, expiresAt })))
    },
    /** What a code stands for; null when it is unknown, used or over. Using it is deleting it. */
    async useCode(hash: string, at: string): Promise<SignInCodeRow | null> {
      const { workspaceId, memberId, origin, challenge } = signInCodes
      const [rows] = await run(null, statementOf(reader.delete(signInCodes).where(and(eq(signInCodes.hash, hash), gt(signInCodes.expiresAt, at))).returning({ workspaceId, memberId, origin, challenge })))
      const row = rows?.[0] as { workspace_id: string; member_id: string; origin: string; challenge: string } | undefined
      return row ? { workspaceId: row.workspace_id, memberId: row.member_id, origin: row.origin, challenge: row.challenge } : null
    },

    /** Drops what ended before `at`: sessions, codes, tickets, sign-ins, and answers kept for replay. */
    async sweep(at: string): Promise<void> {
      await run(null, ...[[sessions, sessions.expiresAt], [signInCodes, signInCodes.expiresAt], [tickets, tickets.expiresAt], [idempotency, idempotency.expiresAt], [verifications, verifications.expiresAt], [userSessions, userSessions.expiresAt]]
        .map(([table, column]) => statementOf(reader.delete(table as typeof sessions).where(lt(column as typeof sessions.expiresAt, at)))))
    },
  }
}
export type SessionsStore = ReturnType<typeof createSessionsStore>
