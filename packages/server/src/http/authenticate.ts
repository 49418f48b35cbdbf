import type { MiddlewareHandler } from 'hono'
import { type Run, Run as RunShape } from '@flowstate-ai/sdk/contract'
import { AppError, Invalid, Unauthenticated } from '../errors.ts'
import type { AuditService } from '../audit/audit.service.ts'
import type { EmbedsService } from '../embeds/embeds.service.ts'
import { looksLikeEmbedToken } from '../embeds/embeds.service.ts'
import type { KeysService } from '../keys/keys.service.ts'
import { sessionCookieOf } from '../identities/cookie.ts'
import type { PeopleService } from '../identities/people.service.ts'
import { isOwnOrigin } from './origins.ts'
import type { RateLimits } from './rate-limits.ts'
import { type Caller, endingOf, type Principal } from './caller.ts'
import type { AppEnv, AskedRequest } from './route.ts'
import { unstorable } from './storable.ts'

interface AuthenticateDeps { keys: Pick<KeysService, 'authenticate'>; embeds: Pick<EmbedsService, 'authenticate'>; people: Pick<PeopleService, 'personOf' | 'principalOf'>; limits: RateLimits; audit: AuditService; allowedOrigins: readonly string[]; publicUrl: string | null }

/** How long a credential that was found good is not looked up again; revocation holds within it. */
const CACHE_MS = 500
const CACHE_SIZE = 10_000

export type CallerOf = (request: AskedRequest, requestId: string) => Promise<Caller>

/** Finds out who calls. No token, no answer: everything behind this needs one. */
export const createCallerOf = ({ keys, embeds, people, limits, audit, allowedOrigins, publicUrl }: AuthenticateDeps): CallerOf => {
  const cache = new Map<string, { principal: Principal; until: number }>()

  const known = (slot: string): Principal | null => {
    const found = cache.get(slot)
    return found && found.until > performance.now() && !over(found.principal) ? found.principal : null
  }

  const byToken = async (authorization: string): Promise<Principal> => {
    const token = BEARER.exec(authorization)?.[1]
    if (token === undefined) throw new Unauthenticated(NEEDED)
    const principal = looksLikeEmbedToken(token) ? await embeds.authenticate(token) : await keys.authenticate(token)
    if (!principal) throw new Unauthenticated('This key is not known here: it was mistyped, revoked, or has expired.')
    return principal
  }

  /** A cookie is looked at only where nothing else says who asks, and only for the server's own pages. */
  const byCookie = async (request: AskedRequest): Promise<Principal> => {
    const asked = request.headers.get('flowstate-workspace')
    const person = await people.personOf(request)
    if (!person) throw new Unauthenticated(sessionCookieOf(request.headers.get('cookie')) === null ? NEEDED : 'The sign-in of this browser is over, or does not count here: it is for this server\'s own pages alone. Sign in again, or send Authorization: Bearer with a token.')
    return people.principalOf(person, asked)
  }
  const cookieSlot = ({ headers, method }: AskedRequest): string => ['cookie', headers.get('cookie'), headers.get('flowstate-workspace'), method === 'GET' || method === 'HEAD', headers.get('origin'), headers.get('sec-fetch-site')].join('\n')

  const find = async (request: AskedRequest, slot: string, authorization: string | null): Promise<Principal> => {
    const since = performance.now()
    const principal = authorization === null ? await byCookie(request) : await byToken(authorization)
    if (cache.size >= CACHE_SIZE) cache.clear()
    cache.set(slot, { principal, until: since + CACHE_MS })
    return principal
  }

  /** Of which pages a principal may be used; what is not named here, of none. */
  const requirePage = (principal: Principal, origin: string, request: AskedRequest): void => {
    if (principal.kind !== 'person' && principal.kind !== 'embed') throw new Unauthenticated('A secret key must not be used in a browser: mint an embed token on your server.', 'key_in_browser')
    // A cookie was looked at for this server's own pages alone.
    if (principal.origins === 'own') return
    const allowed = principal.origins === 'any' ? allowedOrigins.includes(origin) || isOwnOrigin(origin, request, publicUrl) : principal.origins.includes(origin)
    if (!allowed) throw new AppError('origin_not_allowed', `This token may not be used from ${origin}.`)
  }

  return async function callerOf(request, requestId) {
    const { headers } = request
    const authorization = headers.get('authorization')
    const slot = authorization ?? cookieSlot(request)
    const principal = known(slot) ?? await find(request, slot, authorization)
    const origin = headers.get('origin')
    if (origin !== null) requirePage(principal, origin, request)
    const rate = bounded(principal) ? { rate: await limits.consume(request.method === 'GET' || request.method === 'HEAD' ? 'read' : 'write', endingOf(principal)) } : {}
    return { ...principal, ...rate, note: audit, requestId, ifMatch: ifMatchOf(headers.get('if-match')), once: null, mode: 'apply', run: runOf(headers.get('flowstate-run')), still: async (anew = false) => { if (anew || !known(slot)) await find(request, slot, authorization) } }
  }
}
/** One token, of the letters that ours have, and nothing beside it; of several, who would say which one counts? */
const BEARER = /^bearer {1,8}([\w.-]{1,8000})$/i
const NEEDED = 'Send Authorization: Bearer with a secret key or an embed token.'

export const authenticate = (callerOf: CallerOf): MiddlewareHandler<AppEnv> => async function authenticated(context, next) {
  context.set('caller', await callerOf(context.req.raw, context.get('requestId')))
  await next()
}

/** A server's own key, and an agent's, are bounded by whoever runs them. */
const bounded = ({ kind }: Principal): boolean => kind === 'person' || kind === 'embed'

const over = ({ expiresAt }: Principal): boolean => expiresAt !== null && Date.parse(expiresAt) <= Date.now()

const LONGEST_RUN = 2_000
const runOf = (header: string | null): Run | null => {
  if (header === null) return null
  const refuse = (detail: string) => new Invalid([{ pointer: 'Flowstate-Run', code: 'invalid_format', detail }])
  if (header.length > LONGEST_RUN) throw refuse(`takes at most ${LONGEST_RUN} characters`)
  let value: unknown
  try { value = JSON.parse(header) } catch { throw refuse('must be JSON such as {"taskId":"tsk_…","promptVersion":"v3","cost":0.01}') }
  if (unstorable(value).length > 0) throw refuse('must be Unicode text without NUL')
  const parsed = RunShape.safeParse(value)
  if (!parsed.success) throw refuse(parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`.trim()).join('; '))
  return parsed.data
}

const ifMatchOf = (header: string | null): number | null => {
  if (header === null || header === '*') return null
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(header.trim())?.[1]
  if (version === undefined) throw new AppError('bad_request', 'If-Match takes the ETag of one version, such as "3".')
  return Number(version)
}
