import type { Invitation } from '@flowstate-ai/sdk/contract'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { toColumns } from '../db/wire.ts'
import type { Statement } from '../ledger/ledger.ts'

export const createInvitationsStore = ({ dialect, reader, tables: { invitations } }: Database) => {
  const one = (workspaceId: string, id: string) => and(eq(invitations.workspaceId, workspaceId), eq(invitations.id, id))
  const next = { version: sql`${invitations.version} + 1` as unknown as number }
  return {
    insert: (workspaceId: string, invitation: Invitation, tokenHash: string): Statement =>
      statementOf(reader.insert(invitations).values({ workspaceId, tokenHash, ...toColumns(dialect, 'invitations', { ...invitation }) } as typeof invitations.$inferInsert)),
    set: (workspaceId: string, id: string, set: { revokedAt: string }): Statement => statementOf(reader.update(invitations).set({ ...next, ...set, updatedAt: set.revokedAt }).where(one(workspaceId, id))),
    /** Once; refused (`accepted`) where somebody else was first, or it was taken back. */
    accept: (workspaceId: string, id: string, at: string): Statement =>
      statementOf(reader.update(invitations).set({ ...next, acceptedAt: at, updatedAt: at }).where(and(one(workspaceId, id), isNull(invitations.acceptedAt), isNull(invitations.revokedAt))).returning({ id: invitations.id }), { rows: 1, otherwise: 'accepted' }),
  }
}
export type InvitationsStore = ReturnType<typeof createInvitationsStore>
