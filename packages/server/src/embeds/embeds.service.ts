import type { KeyObject } from 'node:crypto'
import { EMBED_TTL, type EmbedToken, type NewEmbedToken, type RecordFilter, type Scope, SCOPES_OF_ROLE } from '@flowstate-ai/sdk/contract'
import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { type Clock, instant } from '../clock.ts'
import type { System } from '../db/system.ts'
import { Forbidden, Invalid, Unauthenticated } from '../errors.ts'
import type { Caller, Principal } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { InstanceSecrets } from '../secrets.ts'
import type { SessionsStore } from './sessions.store.ts'

const TYPE = 'flowstate-embed+jwt'
const ISSUER = 'flowstate'
const AUDIENCE = 'flowstate-embed'

const Claims = z.object({
  sub: z.string(), ws: z.string(), sid: z.string(), key: z.string().nullable(), scopes: z.array(z.string()),
  records: z.record(z.string(), z.array(z.string())).nullable(), origins: z.array(z.string()).nullable(), exp: z.number(),
})

interface EmbedsDeps {
  system: System
  store: SessionsStore
  signing: InstanceSecrets['signing']
  clock: Clock
  /** The origins that the server lets in; a token may name some of them. */
  allowedOrigins: readonly string[]
}

/**
 * Short-lived tokens for pages: signed by EdDSA, bound to origins, standing on a session row, so that revoking the session, its
 * key or the workspace's epoch ends them within the half second for which authentication is cached.
 */
export const createEmbedsService = ({ system, store, signing, clock, allowedOrigins }: EmbedsDeps) => ({
  async mint(caller: Caller, input: NewEmbedToken, { trustedOrigins = [] }: { trustedOrigins?: readonly string[] } = {}): Promise<EmbedToken> {
    if (caller.actor.kind !== 'key' && caller.actor.kind !== 'system') throw new Forbidden('Embed tokens are minted by a server with its secret key.')
    const workspace = await system.workspace({ id: caller.workspaceId })
    if (!workspace) throw new Unauthenticated('The workspace of this key is gone.')
    const known = [...allowedOrigins, ...trustedOrigins]
    const foreign = (input.origins ?? []).filter((origin) => !known.includes(origin))
    if (foreign.length > 0) throw new Invalid([{ pointer: '/origins', code: 'not_allowed', detail: `names ${foreign.join(', ')}, which ALLOWED_ORIGINS of this server does not` }])
    const now = clock()
    const ttl = input.ttl ?? EMBED_TTL.default
    const expiresAt = instant(now + ttl * 1_000)
    const sid = newId('sessions', now)
    const { scopes, records } = grants(caller, input)
    await store.create({
      workspaceId: caller.workspaceId, id: sid, keyId: caller.actor.kind === 'key' ? caller.actor.id : null, subject: input.subject,
      epoch: workspace.epoch, createdAt: instant(now), expiresAt, revokedAt: null,
    })
    const token = await new SignJWT({
      ws: caller.workspaceId, sid, key: caller.actor.kind === 'key' ? caller.actor.id : null, scopes, records, origins: input.origins ?? null,
    })
      .setProtectedHeader({ alg: 'EdDSA', typ: TYPE, kid: signing.kid })
      .setIssuer(ISSUER).setAudience(AUDIENCE).setSubject(input.subject).setJti(sid)
      .setIssuedAt(Math.floor(now / 1_000)).setNotBefore(Math.floor(now / 1_000)).setExpirationTime(Math.floor(now / 1_000) + ttl)
      .sign(signing.privateKey)
    return { token, expiresAt, expiresIn: ttl }
  },

  /** Whom a token stands for. Throws Unauthenticated with the reason that the caller can mend. */
  async authenticate(token: string): Promise<Principal> {
    const claims = await verify(token, signing.publicKey, clock())
    const session = await system.sessionById(claims.ws, claims.sid)
    const at = instant(clock())
    if (!session || session.revokedAt !== null || session.epoch !== session.currentEpoch || session.keyRevokedAt !== null || (session.keyExpiresAt !== null && session.keyExpiresAt <= at)) {
      throw new Unauthenticated('This token was revoked; get a new one from where it came.')
    }
    return {
      actor: { kind: 'embed', id: claims.sid, name: claims.sub }, stableId: `embed:${claims.key ?? 'system'}:${claims.sub}`, workspaceId: claims.ws,
      scopes: new Set(claims.scopes as Scope[]), records: claims.records as RecordFilter | null, strict: false,
      expiresAt: instant(claims.exp * 1_000), origins: claims.origins ?? 'any',
    }
  },

  /** Ends a token's session at once. */
  revoke: (workspaceId: string, sessionId: string): Promise<void> => store.revoke(workspaceId, sessionId, instant(clock())),
})
export type EmbedsService = ReturnType<typeof createEmbedsService>
export const looksLikeEmbedToken = (text: string): boolean => text.split('.').length === 3

const verify = async (token: string, publicKey: KeyObject, now: number): Promise<z.infer<typeof Claims>> => {
  try {
    const { payload } = await jwtVerify(token, publicKey, { algorithms: ['EdDSA'], typ: TYPE, issuer: ISSUER, audience: AUDIENCE, currentDate: new Date(now) })
    return Claims.parse(payload)
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new Unauthenticated('This token is over; get a new one from where it came.', 'token_expired')
    throw new Unauthenticated('This token is not one of this server\'s.')
  }
}

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
