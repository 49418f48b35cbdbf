import { createHash, createHmac, randomBytes } from 'node:crypto'
import { type CodeExchange, EMBED_TTL, type NewSignInCode, type PageToken, REFRESH_HOURS, type Role, type Scope, SCOPES_OF_ROLE, type SignInCode } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { System } from '../db/system.ts'
import { AppError, Forbidden, Invalid, Unauthenticated } from '../errors.ts'
import type { Person } from '../identities/identities.ts'
import type { PeopleService } from '../identities/people.service.ts'
import { newId } from '../ids.ts'
import { sameHash } from '../keys/secret.ts'
import type { Keyring } from '../keyring/keyring.ts'
import type { InstanceSecrets } from '../secrets.ts'
import type { Endings } from './endings.ts'
import { isOver } from './over.ts'
import type { SessionsStore } from './sessions.store.ts'
import { signToken } from './token.ts'

interface SignInDeps { system: System; store: SessionsStore; people: Pick<PeopleService, 'membershipsOf'>; keyring: Keyring; endings: Endings; allowedOrigins: readonly string[]; clock: Clock }

const CODE_SECONDS = 60
const HOUR_MS = 60 * 60 * 1_000
const REFRESH = 'fsr_'

/**
 * A person signs in for a page that has no server of its own. A popup of this server's gives the page a one-time code, bound to its origin
 * and to a proof key (RFC 7636); the page exchanges it for a token and a refresh, which it keeps in memory. Each refresh is good once: used
 * again, whoever has it is not told apart from whoever stole it, and the session ends (RFC 9700, 4.14.2).
 */
export const createSignInService = ({ system, store, people, keyring, endings, allowedOrigins, clock }: SignInDeps) => {
  const signatureOf = (workspaceId: string, sessionId: string, count: number, { pepper }: Pick<InstanceSecrets, 'pepper'>): string => createHmac('sha256', pepper).update(`refresh\n${workspaceId}\n${sessionId}\n${count}`).digest('base64url')
  const refreshOf = (workspaceId: string, sessionId: string, count: number, of = keyring.current()): string => `${REFRESH}${Buffer.from(JSON.stringify([workspaceId, sessionId, count])).toString('base64url')}.${signatureOf(workspaceId, sessionId, count, of)}`

  /** What a refresh of ours says; throws where it is none. */
  const readRefresh = (refresh: string): { workspaceId: string; sessionId: string; count: number } => {
    const [body = ''] = refresh.slice(REFRESH.length).split('.', 1)
    try {
      const [workspaceId, sessionId, count] = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as [string, string, number]
      if (keyring.find((of) => sameHash(refresh, refreshOf(workspaceId, sessionId, count, of)))) return { workspaceId, sessionId, count }
    } catch {
      // It is told below, together with those whose signature is wrong.
    }
    throw new Unauthenticated('This refresh is not one of this server\'s; sign in again.')
  }

  const tokenFor = async ({ workspaceId, sessionId, subject, role, origin, expiresAt, count }: { workspaceId: string; sessionId: string; subject: string; role: Role; origin: string; expiresAt: string; count: number }): Promise<PageToken> => {
    const now = clock()
    // No token outlives the session that it stands on.
    const ttl = Math.max(1, Math.min(EMBED_TTL.default, Math.floor((Date.parse(expiresAt) - now) / 1_000)))
    const scopes = SCOPES_OF_ROLE[role].filter((scope): scope is Scope => scope !== 'admin')
    return {
      token: await signToken(keyring.current().signing, { subject, workspaceId, sessionId, keyId: null, scopes, records: null, origins: [origin] }, now, ttl),
      expiresAt: instant(now + ttl * 1_000), expiresIn: ttl, refresh: refreshOf(workspaceId, sessionId, count), refreshExpiresAt: expiresAt, workspaceId,
    }
  }

  const requireOrigin = (origin: string | null): string => {
    if (origin === null) throw new AppError('origin_not_allowed', 'This is for pages: a browser says by Origin which page asks.')
    return origin
  }

  return {
    /** For the page where they signed in, which hands it to exactly that origin: an allowed one, or `own`, the server's. */
    async code(person: Person, { origin, challenge, workspaceId }: NewSignInCode, own: boolean): Promise<SignInCode> {
      if (!own && !allowedOrigins.includes(origin)) throw new Invalid([{ pointer: '/origin', code: 'not_allowed', detail: `names ${origin}, which ALLOWED_ORIGINS of this server does not` }])
      const memberships = await people.membershipsOf(person)
      if (workspaceId === undefined && memberships.length > 1) throw new AppError('workspace_required', `${person.email} belongs to several workspaces: name one by workspaceId.`)
      const membership = workspaceId === undefined ? memberships[0] : memberships.find((each) => each.workspaceId === workspaceId)
      if (!membership) throw new Forbidden(`${person.email} does not belong to that workspace. Ask one of its admins for an invitation.`)
      const code = randomBytes(32).toString('base64url')
      await store.keepCode(hashOf(code), { workspaceId: membership.workspaceId, memberId: membership.memberId, origin, challenge }, instant(clock() + CODE_SECONDS * 1_000))
      return { code, expiresIn: CODE_SECONDS }
    },

    async exchange(asking: string | null, { code, verifier }: CodeExchange): Promise<PageToken> {
      const origin = requireOrigin(asking)
      const now = clock()
      // It is used up by whoever comes with it, rightly or not.
      const row = await store.useCode(hashOf(code), instant(now))
      if (!row) throw new Unauthenticated('This code is unknown, used or over: sign in again.')
      if (row.origin !== origin) throw new AppError('origin_not_allowed', `This code is for another page than ${origin}.`)
      if (!sameHash(hashOf(verifier), row.challenge)) throw new Unauthenticated('The verifier is not the one whose challenge the code was made for: sign in again.')
      const [member, workspace] = [await system.member(row.workspaceId, row.memberId), await system.workspace({ id: row.workspaceId })]
      if (!member || !workspace) throw new Unauthenticated('You are no member any more: ask an admin of the workspace.')
      const sessionId = newId('sessions', now)
      const expiresAt = instant(now + REFRESH_HOURS * HOUR_MS)
      await store.create({ workspaceId: row.workspaceId, id: sessionId, keyId: null, memberId: row.memberId, subject: member.name, origin, refreshes: 0, epoch: workspace.epoch, createdAt: instant(now), expiresAt, revokedAt: null })
      return tokenFor({ workspaceId: row.workspaceId, sessionId, subject: member.name, role: member.role as Role, origin, expiresAt, count: 0 })
    },

    async refresh(asking: string | null, refresh: string): Promise<PageToken> {
      const origin = requireOrigin(asking)
      const { workspaceId, sessionId, count } = readRefresh(refresh)
      const session = await system.sessionById(workspaceId, sessionId)
      const at = instant(clock())
      const ended = () => new Unauthenticated('This sign-in has ended: sign in again.')
      if (!session || isOver(session, at)) throw ended()
      if (session.origin !== origin) throw new AppError('origin_not_allowed', `This refresh may not be used from ${origin}.`)
      if (!(await store.rotate(workspaceId, sessionId, count, at))) {
        await store.revoke(workspaceId, sessionId, at)
        endings.announce(workspaceId, [sessionId])
        throw new Unauthenticated('This refresh was used before, so that somebody else may have it: the sign-in was ended. Sign in again.')
      }
      return tokenFor({ workspaceId, sessionId, subject: session.memberName ?? '', role: session.memberRole as Role, origin, expiresAt: session.expiresAt, count: count + 1 })
    },

    /** Signs the page out; what is over already is over. */
    async end(asking: string | null, refresh: string): Promise<void> {
      const origin = requireOrigin(asking)
      const { workspaceId, sessionId } = readRefresh(refresh)
      const session = await system.sessionById(workspaceId, sessionId)
      if (!session) return
      if (session.origin !== origin) throw new AppError('origin_not_allowed', `This refresh may not be used from ${origin}.`)
      await store.revoke(workspaceId, sessionId, instant(clock()))
      endings.announce(workspaceId, [sessionId])
    },
  }
}
export type SignInService = ReturnType<typeof createSignInService>

/** SHA-256 in base64url: how codes are kept, and what S256 makes of a verifier. */
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')
