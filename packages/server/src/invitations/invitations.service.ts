import { createHash, randomBytes } from 'node:crypto'
import { type AcceptInvitation, type Invitation, INVITATION_DAYS, type Member, type NewInvitation, type SentInvitation } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import type { System } from '../db/system.ts'
import { within } from '../db/within.ts'
import { AppError, Conflict, Forbidden, Invalid, NotFound, Unauthenticated } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import type { RateLimits } from '../http/rate-limits.ts'
import type { Identities, Person } from '../identities/identities.ts'
import { newId } from '../ids.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import { refused, settled } from '../ledger/settled.ts'
import type { Mail } from '../mail/mail.ts'
import type { MembersStore } from '../members/members.store.ts'
import { refuseRoleAbove } from '../members/roles.ts'
import type { InvitationsStore } from './invitations.store.ts'

interface InvitationsDeps {
  store: InvitationsStore; members: MembersStore; identities: Identities; scoped: Scoped; system: System; ledger: Ledger; mail: Mail; limits: Pick<RateLimits, 'consume'>; clock: Clock; log: Pick<Log, 'warn'>
  /** The server's address, for the link. */
  linkTo(request: { url: string }, path: string): string
}

const DAY_MS = 24 * 60 * 60 * 1_000

/** Invitations: a link by mail makes whoever holds it a member, once. */
export const createInvitationsService = ({ store, members, identities, scoped, system, ledger, mail, limits, clock, log, linkTo }: InvitationsDeps) => {
  const retrieve = async (caller: Caller, id: string): Promise<Invitation> => {
    requireWholeWorkspace(caller)
    const found = await scoped.find(caller, 'invitations', id)
    if (!found) throw new NotFound('invitations', id)
    return JSON.parse(found.json) as Invitation
  }

  /** Whoever is signed in as the address that was invited; or somebody new, by a name and a password. */
  const whoAccepts = async (email: string, person: Person | null, { name, password }: AcceptInvitation): Promise<{ id: string; name: string }> => {
    if (person) {
      if (person.email !== email) throw new Forbidden(`This invitation is for ${email}, and you are signed in as ${person.email}. Sign out first.`)
      return person
    }
    if (await identities.byEmail(email)) throw new Unauthenticated(`Sign in as ${email} first; then open the link again.`)
    if (password === undefined) throw new Invalid([{ pointer: '/password', code: 'required', detail: 'is needed from who has no account here yet' }])
    const shown = name ?? email
    // Whoever invited has the link too: that somebody holds it does not show that the address is theirs. Membership goes by the account.
    const made = await identities.create({ email, name: shown, password, emailVerified: false })
    await identities.confirm(email).catch((error: unknown) => log.warn({ err: error }, 'The mail that confirms an address could not be sent; whoever signed in can ask for another'))
    return { ...made, name: shown }
  }

  return {
    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      return scoped.list(caller, 'invitations', query)
    },

    /** The link is in this answer and in the mail, and nowhere else. A mail that could not be sent takes nothing back: the link is there. */
    async create(caller: Caller, { email, role = 'member' }: NewInvitation, request: { url: string }): Promise<SentInvitation> {
      requireWholeWorkspace(caller)
      refuseRoleAbove(caller, role)
      if (await members.byEmail(caller.workspaceId, email)) throw new Conflict('unique_taken', `${email} is a member here already.`, [{ pointer: '/email', code: 'unique_taken', detail: 'is a member already' }])
      // Mails cost whoever gets them. Who asks is a person wherever they are; a workspace's keys, of which it makes as many as it likes, are one.
      await limits.consume('mails', caller.kind === 'person' ? caller.stableId : `workspace:${caller.workspaceId}`)
      await limits.consume('mail', email.toLowerCase())
      const now = clock()
      const token = randomBytes(32).toString('base64url')
      const invitation: Invitation = { id: newId('invitations'), email: email.toLowerCase(), role, invitedBy: caller.actor, expiresAt: instant(now + INVITATION_DAYS * DAY_MS), acceptedAt: null, revokedAt: null, version: 1, createdAt: instant(now), updatedAt: instant(now), archivedAt: null }
      settled(await ledger.run({ workspaceId: caller.workspaceId, statements: [store.insert(caller.workspaceId, invitation, hashOf(token))] }))
      const url = linkTo(request, `/sign-in?invitation=${token}`)
      const [by, to] = [shown(caller.actor.name), shown((await system.workspace({ id: caller.workspaceId }))?.name ?? 'Flowstate-AI')]
      const mailed = await mail.send({ to: invitation.email, subject: `${by} invites you to ${to}`, text: `${by} invites you to ${to} as ${role}.\n\nAccept within ${INVITATION_DAYS} days: ${url}\n` }).then((sent) => sent !== false, (error: unknown) => {
        log.warn({ err: error, invitation: invitation.id }, 'The mail of an invitation could not be sent; whoever made it has its link')
        return false
      })
      return { ...invitation, url, mailed }
    },

    async revoke(caller: Caller, id: string): Promise<Invitation> {
      const invitation = await retrieve(caller, id)
      if (invitation.acceptedAt !== null) throw new Conflict('invalid_state', `${invitation.email} has accepted already: remove the member instead.`)
      if (invitation.revokedAt === null) settled(await ledger.run({ workspaceId: caller.workspaceId, statements: [store.set(caller.workspaceId, id, { revokedAt: instant(clock()) })] }))
      return retrieve(caller, id)
    },

    /** What whoever holds the link is told of it; null: there is none, or it is over. `known`: they have an account. */
    async look(token: string): Promise<{ email: string; role: string; workspace: string; known: boolean } | null> {
      const row = await system.invitationByHash(hashOf(token))
      if (!row || row.revokedAt !== null || row.acceptedAt !== null || row.expiresAt <= instant(clock())) return null
      const [workspace, account] = [await system.workspace({ id: row.workspaceId }), await identities.byEmail(row.email)]
      return { email: row.email, role: row.role, workspace: workspace?.name ?? '', known: account !== null }
    },

    async accept(person: Person | null, input: AcceptInvitation): Promise<Member> {
      const row = await system.invitationByHash(hashOf(input.token))
      const at = instant(clock())
      if (!row || row.revokedAt !== null) throw new AppError('not_found', 'There is no such invitation: the link was mistyped, or taken back. Ask for a new one.')
      if (row.acceptedAt !== null) throw new Conflict('invalid_state', 'This invitation has been accepted already: sign in.')
      if (row.expiresAt <= at) throw new Conflict('invalid_state', 'This invitation is over: ask for a new one.')
      const { id: userId, name } = await whoAccepts(row.email, person, input)
      return within(row.workspaceId, async () => {
        const insert = members.insert(row.workspaceId, { email: row.email, name, role: row.role as Member['role'], userId, at })
        const outcome = await ledger.run({ workspaceId: row.workspaceId, statements: [store.accept(row.workspaceId, row.id, at), insert] })
        if (outcome.state === 'refused') throw outcome.refusal.reason === 'expectation' ? new Conflict('invalid_state', 'This invitation has been accepted already, or you are a member: sign in.') : refused(outcome.refusal)
        const found = await scoped.find({ workspaceId: row.workspaceId, records: null }, 'members', insert.id)
        return JSON.parse(found?.json ?? '{}') as Member
      })
    },
  }
}
export type InvitationsService = ReturnType<typeof createInvitationsService>

const LONGEST_SHOWN = 100
/** A name as a mail holds it that strangers get: one line, and no longer than a name is. */
const shown = (name: string): string => [...name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').trim()].slice(0, LONGEST_SHOWN).join('')
const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url')
