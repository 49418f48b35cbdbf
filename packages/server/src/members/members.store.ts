import type { Role } from '@flowstate-ai/sdk/contract'
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { newId } from '../ids.ts'
import type { Statement } from '../ledger/ledger.ts'
import { settled } from '../ledger/settled.ts'

interface NewMemberRow { email: string; name: string; role: Role; userId: string | null; at: string }

/** Members as those who sign in. */
export const createMembersStore = ({ reader, tables: { members }, ledger }: Database) => ({
  /** A member's row; refused (`taken`) where a live one has the address or is the same person. */
  insert: (workspaceId: string, { email, name, role, userId, at }: NewMemberRow, id = newId('members')): Statement & { id: string } =>
    ({ ...statementOf(reader.insert(members).values({ workspaceId, id, email: email.toLowerCase(), name, role, userId, version: 1, createdAt: at, updatedAt: at }), { rows: 1, otherwise: 'taken' }), id }),

  /** From now on they sign in as this member. Whoever comes second to it changes nothing. */
  async claim(workspaceId: string, memberId: string, userId: string): Promise<void> {
    settled(await ledger.run({ workspaceId, statements: [statementOf(reader.update(members).set({ userId }).where(and(eq(members.workspaceId, workspaceId), eq(members.id, memberId), isNull(members.userId))))] }))
  },

  /** Gives a member a role, and the account they sign in with. */
  admit: (workspaceId: string, memberId: string, { role, userId, at }: { role: Role; userId: string | null; at: string }): Statement =>
    statementOf(reader.update(members).set({ role, userId, updatedAt: at, version: sql`${members.version} + 1` as unknown as number }).where(and(eq(members.workspaceId, workspaceId), eq(members.id, memberId)))),

  /** Whether there is a live owner besides this member, as a predicate: of two owners who go at the same moment one finds himself the last. */
  hasOtherOwner: (workspaceId: string, memberId: string): SQL =>
    sql`exists (select 1 from ${members} as other where other.workspace_id = ${workspaceId} and other.role = 'owner' and other.archived_at is null and other.id <> ${memberId})`,

  async byEmail(workspaceId: string, email: string): Promise<{ id: string; userId: string | null; role: string } | null> {
    const [row] = await reader.select({ id: members.id, userId: members.userId, role: members.role }).from(members).where(and(eq(members.workspaceId, workspaceId), eq(members.email, email.toLowerCase()), isNull(members.archivedAt)))
    return row ?? null
  },
})
export type MembersStore = ReturnType<typeof createMembersStore>
