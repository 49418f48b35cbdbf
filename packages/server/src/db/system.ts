import { and, eq, getTableColumns, gt, isNotNull, isNull, lte, or, sql } from 'drizzle-orm'
import type { Statement, StoredAnswer } from '../ledger/ledger.ts'
import { statementOf } from './compile.ts'
import type { Database } from './database.ts'
import { TO_FIRE } from './schema.ts'

export interface KeyRow { workspaceId: string; id: string; name: string; hash: string; scopes: unknown; strict: boolean; agentId: string | null; kinds: unknown; agentName: string | null; agentArchivedAt: string | null; expiresAt: string | null; revokedAt: string | null }
export interface WorkspaceRow { id: string; slug: string; name: string; epoch: number; timeZone: string; quietHours: unknown; createdAt: string; updatedAt: string }
export interface ReminderToFire { workspaceId: string; id: string; version: number; remindAt: string }

const PROBE_BYTES = 65_536

/**
 * The second door: a short closed list of statements that run before a workspace is known, or look across workspaces by
 * nature. Everything else goes through `scoped`.
 */
export const createSystem = ({ across: reader, tables }: Database) => {
  const { agents, invitations, keys, members, sessions, workspaces, idempotency, reminders, tasks, tickets, userSessions } = tables
  const keyById = reader.select({ ...getTableColumns(keys), agentName: agents.name, agentArchivedAt: agents.archivedAt }).from(keys).leftJoin(agents, and(eq(agents.workspaceId, keys.workspaceId), eq(agents.id, keys.agentId))).where(eq(keys.id, sql.placeholder('id'))).prepare('system_key')
  const sessionById = reader
    .select({ revokedAt: sessions.revokedAt, epoch: sessions.epoch, currentEpoch: workspaces.epoch, keyRevokedAt: keys.revokedAt, keyExpiresAt: keys.expiresAt, memberId: sessions.memberId, origin: sessions.origin, refreshes: sessions.refreshes, expiresAt: sessions.expiresAt, memberName: members.name, memberRole: members.role, memberUserId: members.userId, memberArchivedAt: members.archivedAt })
    .from(sessions)
    .innerJoin(workspaces, eq(workspaces.id, sessions.workspaceId))
    .leftJoin(keys, and(eq(keys.workspaceId, sessions.workspaceId), eq(keys.id, sessions.keyId)))
    .leftJoin(members, and(eq(members.workspaceId, sessions.workspaceId), eq(members.id, sessions.memberId)))
    .where(and(eq(sessions.workspaceId, sql.placeholder('workspaceId')), eq(sessions.id, sql.placeholder('id'))))
    .prepare('system_session')
  const answerByKey = reader.select().from(idempotency)
    .where(and(eq(idempotency.workspaceId, sql.placeholder('workspaceId')), eq(idempotency.key, sql.placeholder('key')), gt(idempotency.expiresAt, sql.placeholder('now'))))
    .prepare('system_answer')

  return {
    async keyById(id: string): Promise<KeyRow | null> {
      const [row] = await keyById.execute({ id })
      return row ?? null
    },
    async sessionById(workspaceId: string, id: string) {
      const [row] = await sessionById.execute({ workspaceId, id })
      return row ?? null
    },
    async workspace(by: { id: string } | { slug: string }): Promise<WorkspaceRow | null> {
      const [row] = await reader.select().from(workspaces).where('id' in by ? eq(workspaces.id, by.id) : eq(workspaces.slug, by.slug))
      return row ?? null
    },
    workspaces(): PromiseLike<WorkspaceRow[]> {
      return reader.select().from(workspaces).orderBy(workspaces.id)
    },
    /** Where somebody belongs, by who they are; and, by an address that is theirs for certain, where nobody has signed in as them yet. */
    async membershipsOf(userId: string, email: string | null): Promise<{ workspaceId: string; slug: string; name: string; memberId: string; role: string; userId: string | null }[]> {
      const theirs = email === null ? eq(members.userId, userId) : or(eq(members.userId, userId), and(isNull(members.userId), eq(members.email, email)))
      return reader.select({ workspaceId: members.workspaceId, slug: workspaces.slug, name: workspaces.name, memberId: members.id, role: members.role, userId: members.userId })
        .from(members).innerJoin(workspaces, eq(workspaces.id, members.workspaceId)).where(and(theirs, isNull(members.archivedAt))).orderBy(workspaces.slug)
    },
    /** A live member. */
    async member(workspaceId: string, id: string): Promise<{ name: string; role: string; userId: string | null } | null> {
      const [row] = await reader.select({ name: members.name, role: members.role, userId: members.userId }).from(members).where(and(eq(members.workspaceId, workspaceId), eq(members.id, id), isNull(members.archivedAt)))
      return row ?? null
    },
    /** Whether a sign-in of somebody's goes on, and they are a member still. */
    async signInStands(signIn: string, workspaceId: string, at: string): Promise<boolean> {
      const rows = await reader.select({ id: members.id }).from(userSessions)
        .innerJoin(members, and(eq(members.workspaceId, workspaceId), eq(members.userId, userSessions.userId), isNull(members.archivedAt)))
        .where(and(eq(userSessions.id, signIn), gt(userSessions.expiresAt, at)))
      return rows.length > 0
    },
    /** Who signs in as a member, removed or not. */
    async memberAccount(workspaceId: string, id: string): Promise<string | null> {
      const [row] = await reader.select({ userId: members.userId }).from(members).where(and(eq(members.workspaceId, workspaceId), eq(members.id, id)))
      return row?.userId ?? null
    },
    /** The invitation that a link holds the key of. */
    async invitationByHash(tokenHash: string) {
      const [row] = await reader.select().from(invitations).where(eq(invitations.tokenHash, tokenHash))
      return row ?? null
    },
    /** Whether somebody of this address is to come: added as a member whom nobody signs in as yet, or invited and not come yet. */
    async expects(email: string, at: string): Promise<boolean> {
      const [member] = await reader.select({ id: members.id }).from(members).where(and(eq(members.email, email), isNull(members.userId), isNull(members.archivedAt))).limit(1)
      if (member) return true
      const [invitation] = await reader.select({ id: invitations.id }).from(invitations).where(and(eq(invitations.email, email), isNull(invitations.acceptedAt), isNull(invitations.revokedAt), gt(invitations.expiresAt, at))).limit(1)
      return invitation !== undefined
    },
    /** Whether anybody owns any workspace and can sign in: until then the first run is not over. */
    async hasOwner(): Promise<boolean> {
      const rows = await reader.select({ id: members.id }).from(members).where(and(eq(members.role, 'owner'), isNotNull(members.userId), isNull(members.archivedAt))).limit(1)
      return rows.length > 0
    },
    /** A ticket that admits nobody and is swept with those that are over: as much as a request may bring, to see whether there is room for it. */
    probe(workspaceId: string, at: string): Statement {
      const admission = { padding: 'x'.repeat(PROBE_BYTES) }
      return statementOf(reader.insert(tickets).values({ hash: 'probe', workspaceId, admission, expiresAt: at }).onConflictDoUpdate({ target: tickets.hash, set: { admission, expiresAt: at } }))
    },
    /** Reminders that are due and have not fired, each version that no task was made for yet; the longest due first. */
    async remindersToFire(now: string, limit: number): Promise<ReminderToFire[]> {
      const tasked = sql`exists (select 1 from ${tasks} where ${tasks.workspaceId} = ${reminders.workspaceId} and ${tasks.orderKey} = 'remind/' || ${reminders.id} || '/' || ${reminders.version})`
      const rows = await reader.select({ workspaceId: reminders.workspaceId, id: reminders.id, version: reminders.version, remindAt: reminders.remindAt }).from(reminders)
        .where(and(sql.raw(TO_FIRE), lte(reminders.remindAt, now), sql`not ${tasked}`)).orderBy(reminders.remindAt).limit(limit)
      return rows.flatMap(({ remindAt, ...row }) => (remindAt === null ? [] : [{ ...row, remindAt }]))
    },
    /** The answer kept for an idempotency key. */
    async answerByKey(workspaceId: string, key: string, now: string): Promise<(StoredAnswer & { bodyHash: string }) | null> {
      const [row] = await answerByKey.execute({ workspaceId, key, now })
      return row ? { status: row.status, headers: row.headers as Record<string, string>, body: row.body, bodyHash: row.bodyHash } : null
    },
  }
}
export type System = ReturnType<typeof createSystem>
