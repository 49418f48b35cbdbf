import { EMBED_TTL, type EmbedSession, type EmbedToken, type NewEmbedToken, type RecordFilter, type Role, type Scope, SCOPES_OF_ROLE } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import type { System } from '../db/system.ts'
import { Forbidden, Invalid, NotFound, Unauthenticated } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller, Principal } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Keyring } from '../keyring/keyring.ts'
import type { Endings } from './endings.ts'
import { isOver } from './over.ts'
import type { SessionsStore } from './sessions.store.ts'
import { readToken, signToken } from './token.ts'

interface EmbedsDeps {
  system: System
  scoped: Scoped
  store: SessionsStore
  keyring: Keyring
  endings: Endings
  clock: Clock
  /** The origins that the server lets in; a token may name some of them. */
  allowedOrigins: readonly string[]
}

/**
 * Short-lived tokens for pages: signed by EdDSA, bound to origins, standing on a session row, so that revoking the session, its
 * key, its member or the workspace's epoch ends them within the half second for which authentication is cached.
 */
export const createEmbedsService = ({ system, scoped, store, keyring, endings, clock, allowedOrigins }: EmbedsDeps) => {
  const retrieve = async (caller: Caller, id: string): Promise<EmbedSession> => {
    const { items: [json] } = await scoped.list(caller, 'sessions', { id, limit: 1 })
    if (!json) throw new NotFound('sessions', id)
    return JSON.parse(json) as EmbedSession
  }

  return {
    async mint(caller: Caller, input: NewEmbedToken, { trustedOrigins = [] }: { trustedOrigins?: readonly string[] } = {}): Promise<EmbedToken> {
      if (caller.kind !== 'key' && caller.kind !== 'system') throw new Forbidden('Embed tokens are minted by a server with its secret key.')
      const workspace = await system.workspace({ id: caller.workspaceId })
      if (!workspace) throw new Unauthenticated('The workspace of this key is gone.')
      const known = [...allowedOrigins, ...trustedOrigins]
      const foreign = (input.origins ?? []).filter((origin) => !known.includes(origin))
      if (foreign.length > 0) throw new Invalid([{ pointer: '/origins', code: 'not_allowed', detail: `names ${foreign.join(', ')}, which ALLOWED_ORIGINS of this server does not` }])
      const now = clock()
      const ttl = input.ttl ?? EMBED_TTL.default
      const expiresAt = instant(now + ttl * 1_000)
      const sessionId = newId('sessions', now)
      const { scopes, records } = grants(caller, input)
      const keyId = caller.kind === 'key' ? caller.actor.id : null
      await store.create({ workspaceId: caller.workspaceId, id: sessionId, keyId, subject: input.subject, epoch: workspace.epoch, createdAt: instant(now), expiresAt, revokedAt: null })
      const token = await signToken(keyring.current().signing, { subject: input.subject, workspaceId: caller.workspaceId, sessionId, keyId, scopes, records, origins: input.origins ?? null }, now, ttl)
      return { token, expiresAt, expiresIn: ttl }
    },

    /** Whom a token stands for. Throws Unauthenticated with the reason that the caller can mend. */
    async authenticate(token: string): Promise<Principal> {
      const claims = await readToken(token, keyring, clock())
      const session = await system.sessionById(claims.ws, claims.sid)
      const at = instant(clock())
      if (!session || isOver(session, at)) throw new Unauthenticated('This token was revoked; get a new one from where it came.')
      // A member may have another role by now.
      const scopes = session.memberRole === null ? claims.scopes : claims.scopes.filter((scope) => SCOPES_OF_ROLE[session.memberRole as Role].includes(scope as Scope))
      // No token outlives its key, which may have been given an end since.
      const expiresAt = [instant(claims.exp * 1_000), session.expiresAt, ...(session.keyExpiresAt === null ? [] : [session.keyExpiresAt])].reduce((first, each) => (each < first ? each : first))
      const proven = { workspaceId: claims.ws, scopes: new Set(scopes as Scope[]), sessionId: claims.sid, strict: false as const, expiresAt, origins: claims.origins ?? 'any' as const }
      if (session.memberId === null) return { kind: 'embed', actor: { kind: 'embed', id: claims.sid, name: claims.sub }, stableId: `embed:${claims.key ?? 'system'}:${claims.sub}`, records: claims.records as RecordFilter | null, ...proven }
      return { kind: 'person', actor: { kind: 'person', id: session.memberId, name: session.memberName ?? claims.sub }, stableId: `person:${session.memberUserId ?? session.memberId}`, role: session.memberRole as Role, records: null, ...proven }
    },

    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      return scoped.list(caller, 'sessions', query)
    },

    /** Ends a session, its tokens and its sockets at once. */
    async revoke(caller: Caller, id: string): Promise<EmbedSession> {
      requireWholeWorkspace(caller)
      await retrieve(caller, id)
      await store.revoke(caller.workspaceId, id, instant(clock()))
      endings.announce(caller.workspaceId, [id])
      return retrieve(caller, id)
    },

    async revokeAll(caller: Caller): Promise<void> {
      requireWholeWorkspace(caller)
      await store.revokeAll(caller.workspaceId, instant(clock()))
      endings.announce(caller.workspaceId, null)
    },
  }
}
export type EmbedsService = ReturnType<typeof createEmbedsService>
export const looksLikeEmbedToken = (text: string): boolean => text.split('.').length === 3

/** Never beyond the key's; a token limited to some records does not see the agents, who work on all of them. */
const grants = (caller: Caller, { role = 'viewer', scopes, records }: NewEmbedToken): { scopes: Scope[]; records: RecordFilter | null } => {
  const held = (scope: Scope) => caller.scopes.has(scope)
  if (scopes) {
    const beyond = scopes.filter((scope) => !held(scope))
    if (beyond.length > 0) throw new Forbidden(`A token cannot hold more than the key that mints it: ${beyond.join(', ')}.`)
    const wide = records ? scopes.filter((scope) => WORKSPACE_WIDE.includes(scope)) : []
    if (wide.length > 0) throw new Invalid([{ pointer: '/scopes', code: 'not_allowed', detail: `holds ${wide.join(', ')}, which show the whole workspace; leave them out or leave records out` }])
    return { scopes: [...new Set(scopes)], records: records ?? null }
  }
  const granted = SCOPES_OF_ROLE[role].filter((scope) => held(scope) && scope !== 'admin' && !(records && WORKSPACE_WIDE.includes(scope)))
  return { scopes: granted, records: records ?? null }
}
const WORKSPACE_WIDE: readonly Scope[] = ['agents:read', 'agents:operate']
