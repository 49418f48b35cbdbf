import type { BodyOf, Member, operations } from '@flowstate-ai/sdk/contract'
import { and, eq, sql } from 'drizzle-orm'
import { type Clock, instant } from '../clock.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { jsonOf } from '../db/wire.ts'
import { Conflict, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Statement } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import { onceOf, settledAs, type Written } from '../ledger/writes.ts'

type New = BodyOf<typeof operations.members.create>
type Patch = BodyOf<typeof operations.members.update>

/** The people of a workspace, as those who own records. Not ledgered: who may do what is no CRM data. */
export const createMembersService = ({ reader, dialect, tables: { members }, ledger }: Database, scoped: Scoped, clock: Clock) => {
  const json = { json: jsonOf(dialect, 'members').as('json') }

  const run = async (caller: Caller, statement: Statement, status: number): Promise<Written> => {
    const answer = { status, headers: {}, body: [{ statement: 0 }] }
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements: [statement], ...onceOf(caller, answer) })
    const body = outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json) : ''
    const settled = settledAs(outcome, { status, headers: {}, body })
    if (settled.written) return settled.written
    if (settled.refusal.reason === 'expectation') throw new Conflict('unique_taken', 'There is a member with this e-mail address already.', [{ pointer: '/email', code: 'unique_taken', detail: 'is held by another member' }])
    throw refused(settled.refusal)
  }

  const retrieve = async (caller: Caller, id: string) => {
    requireWholeWorkspace(caller)
    const found = await scoped.find(caller, 'members', id)
    if (!found) throw new NotFound('members', id)
    return found
  }

  const change = async (caller: Caller, id: string, set: Partial<Pick<Member, 'name' | 'role' | 'archivedAt'>>): Promise<Written> => {
    await retrieve(caller, id)
    return run(caller, statementOf(reader.update(members).set({ ...set, updatedAt: instant(clock()), version: sql`${members.version} + 1` as unknown as number })
      .where(and(eq(members.workspaceId, caller.workspaceId), eq(members.id, id))).returning(json)), 200)
  }

  return {
    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      return scoped.list(caller, 'members', query)
    },
    retrieve,
    create(caller: Caller, { email, name = email, role = 'member' }: New): Promise<Written> {
      const at = instant(clock())
      const row = { workspaceId: caller.workspaceId, id: newId('members'), email: email.toLowerCase(), name, role, version: 1, createdAt: at, updatedAt: at }
      return run(caller, statementOf(reader.insert(members).values(row).returning(json), { rows: 1, otherwise: 'taken' }), 201)
    },
    update: (caller: Caller, id: string, patch: Patch): Promise<Written> => change(caller, id, { ...(patch.name === undefined ? {} : { name: patch.name }), ...(patch.role === undefined ? {} : { role: patch.role }) }),
    archive: (caller: Caller, id: string): Promise<Written> => change(caller, id, { archivedAt: instant(clock()) }),
  }
}
export type MembersService = ReturnType<typeof createMembersService>
