import type { BodyOf, Member, operations } from '@flowstate-ai/sdk/contract'
import { and, eq, sql } from 'drizzle-orm'
import { type Clock, instant } from '../clock.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import type { System } from '../db/system.ts'
import { jsonOf } from '../db/wire.ts'
import { within } from '../db/within.ts'
import { Conflict, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Endings } from '../embeds/endings.ts'
import type { SessionsStore } from '../embeds/sessions.store.ts'
import type { Identities } from '../identities/identities.ts'
import type { Statement } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import { onceOf, settledAs, type Written } from '../ledger/writes.ts'
import type { MembersStore } from './members.store.ts'
import { refuseRoleAbove } from './roles.ts'

type New = BodyOf<typeof operations.members.create>
type Patch = BodyOf<typeof operations.members.update>

interface MembersDeps { database: Database; store: MembersStore; sessions: Pick<SessionsStore, 'liveOf' | 'revokeOf'>; endings: Endings; identities: Identities; scoped: Scoped; system: System; clock: Clock }

/** The people of a workspace, as those who own records. Not ledgered: who may do what is no CRM data. */
export const createMembersService = ({ database: { reader, dialect, tables: { members }, ledger }, store, sessions, endings, identities, scoped, system, clock }: MembersDeps) => {
  const json = { json: jsonOf(dialect, 'members').as('json') }

  const run = async (caller: Caller, statement: Statement, status: number): Promise<Written> => {
    const answer = { status, headers: {}, body: [{ statement: 0 }] }
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements: [statement], ...onceOf(caller, answer) })
    const body = outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json) : ''
    const done = settledAs(outcome, { status, headers: {}, body })
    if (done.written) return done.written
    if (done.refusal.reason === 'expectation') throw done.refusal.otherwise === LAST_OWNER ? lastOwner() : taken()
    throw refused(done.refusal)
  }

  const retrieve = async (caller: Caller, id: string) => {
    requireWholeWorkspace(caller)
    const found = await scoped.find(caller, 'members', id)
    if (!found) throw new NotFound('members', id)
    return found
  }

  const change = async (caller: Caller, id: string, set: Partial<Pick<Member, 'name' | 'role' | 'archivedAt'>>): Promise<Written> => {
    const { role } = JSON.parse((await retrieve(caller, id)).json) as Member
    if (set.role !== undefined) refuseRoleAbove(caller, set.role)
    const noOwner = role === 'owner' && (set.archivedAt !== undefined || (set.role !== undefined && set.role !== 'owner'))
    if (noOwner) refuseRoleAbove(caller, 'owner')
    const written = await run(caller, statementOf(reader.update(members).set({ ...set, updatedAt: instant(clock()), version: sql`${members.version} + 1` as unknown as number })
      .where(and(eq(members.workspaceId, caller.workspaceId), eq(members.id, id), noOwner ? store.hasOtherOwner(caller.workspaceId, id) : undefined)).returning(json), noOwner ? { rows: 1, otherwise: LAST_OWNER } : undefined), 200)
    // What they hold open goes by the role that they had.
    if (set.role !== undefined || set.archivedAt !== undefined) {
      const account = (await system.memberAccount(caller.workspaceId, id)) ?? id
      endings.announce(caller.workspaceId, [`person:${account}`, ...await sessions.liveOf(caller.workspaceId, { memberId: id }, instant(clock()))])
    }
    if (set.archivedAt) await sessions.revokeOf(caller.workspaceId, { memberId: id }, set.archivedAt)
    return written
  }

  return {
    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      return scoped.list(caller, 'members', query)
    },
    retrieve,
    async create(caller: Caller, { email, name = email, role = 'member' }: New): Promise<Written> {
      refuseRoleAbove(caller, role)
      // Whoever signs in here already is asked: in one more workspace they would have to name the one they mean at each request.
      if (await identities.byEmail(email) && !(await store.byEmail(caller.workspaceId, email))) throw new Conflict('invalid_state', `${email} has an account on this server already: invite them instead (POST /invitations), so that they join by their own will.`)
      const at = instant(clock())
      const row = { workspaceId: caller.workspaceId, id: newId('members'), email: email.toLowerCase(), name, role, version: 1, createdAt: at, updatedAt: at }
      return run(caller, statementOf(reader.insert(members).values(row).returning(json), { rows: 1, otherwise: 'taken' }), 201)
    },
    /** For the command line, which speaks for whoever owns the machine. With a password it is somebody who can sign in; who is a member already and could not, can from then on. */
    async addAsOwner(workspaceId: string, { email, name = email, role = 'member', password }: New & { password?: string | undefined }): Promise<Member> {
      const at = instant(clock())
      const known = await within(workspaceId, () => store.byEmail(workspaceId, email))
      if (known && (known.userId !== null || password === undefined)) throw taken()
      const holder = await identities.byEmail(email)
      // Whoever gave the address and has not confirmed it may be anybody: the row waits for who confirms it.
      const account = holder ? (holder.emailVerified ? holder : null) : (password === undefined ? null : await identities.create({ email, name, password, emailVerified: true }))
      return within(workspaceId, async () => {
        const insert = store.insert(workspaceId, { email, name, role, userId: account?.id ?? null, at })
        const outcome = await ledger.run({ workspaceId, statements: [known ? store.admit(workspaceId, known.id, { role, userId: account?.id ?? null, at }) : insert] })
        if (outcome.state === 'refused') throw outcome.refusal.reason === 'expectation' ? taken() : refused(outcome.refusal)
        const found = await scoped.find({ workspaceId, records: null }, 'members', known?.id ?? insert.id)
        return JSON.parse(found?.json ?? '{}') as Member
      })
    },
    update: (caller: Caller, id: string, patch: Patch): Promise<Written> => change(caller, id, { ...(patch.name === undefined ? {} : { name: patch.name }), ...(patch.role === undefined ? {} : { role: patch.role }) }),
    archive: (caller: Caller, id: string): Promise<Written> => change(caller, id, { archivedAt: instant(clock()) }),
  }
}
const LAST_OWNER = 'last_owner'
const lastOwner = () => new Conflict('in_use', 'This is the last owner of the workspace: make somebody else owner first.')
const taken = () => new Conflict('unique_taken', 'There is a member with this e-mail address already.', [{ pointer: '/email', code: 'unique_taken', detail: 'is held by another member' }])

export type MembersService = ReturnType<typeof createMembersService>
