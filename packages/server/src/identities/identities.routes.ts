import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AuditService, INSTANCE } from '../audit/audit.service.ts'
import { AppError, Unauthenticated } from '../errors.ts'
import { clientAddressOf } from '../http/client-address.ts'
import { limitBody } from '../http/limits.ts'
import { limitExchange } from '../http/limit-exchange.ts'
import type { RateLimits } from '../http/rate-limits.ts'
import { type AppEnv, bindOpen } from '../http/route.ts'
import { addressIn, guard } from './guard.ts'
import { sessionCookieOf } from './cookie.ts'
import type { Identities } from './identities.ts'
import { isOwnPage, type PeopleService } from './people.service.ts'
import type { SetupService } from './setup.service.ts'

/** What stands in the audit log, done or refused. */
const SIGNS = /^\/(sign-in\/email$|callback\/|sign-out$|reset-password$|change-password$|two-factor\/(enable|disable|verify-))/

/** Signing in and out, which is better-auth's, and who is signed in. */
export const identityRoutes = ({ identities, people, setup, audit, limits, options }: { identities: Identities; people: PeopleService; setup: SetupService; audit: AuditService; limits: RateLimits; options: { bodyLimit: number; trustProxy: number; publicUrl: string | null } }): Hono<AppEnv> => {
  /**
   * The link of a mail says that somebody reads it, and not that the account is theirs: an account that another made by this address is not
   * confirmed by who gets that mail and opens it. Whether the link is good is better-auth's to say.
   */
  const requireOwnAccount = async (request: Request): Promise<void> => {
    const asked = accountIn(new URL(request.url).searchParams.get('token') ?? '')
    if (asked === null) return
    const person = await people.personOf(request)
    if (person?.email !== asked) throw new Unauthenticated(`Sign in as ${asked} first; then open the link of the mail again.`)
  }

  const app = new Hono<AppEnv>()
  app.on(['GET', 'POST'], '/auth/*', limitBody(options.bodyLimit), async (context) => {
    // A provider sends people back by a link of its own, which better-auth knows by its state.
    if (context.req.method !== 'GET' && !isOwnPage(context.req.raw, options.publicUrl)) throw new AppError('origin_not_allowed', 'Signing in is for this server\'s own pages: send Origin, and let it be this server\'s.')
    const path = context.req.path.slice(context.req.path.indexOf('/auth/') + '/auth'.length)
    const from = clientAddressOf(context, options.trustProxy)
    if (path === '/verify-email') await requireOwnAccount(context.req.raw)
    const copy = context.req.raw.clone()
    await refuseElsewhere(context.req.raw, options.publicUrl)
    const asked = await guard(limits, path, context.req.raw, from)
    const answer = await identities.handle(path === '/change-password' ? await endingOthers(context.req.raw) : context.req.raw)
    await asked(answer.status)
    if (SIGNS.test(path)) {
      // The provider sends people back without saying whom: it is in the session that they were given.
      const entered = path.startsWith('/callback/') ? await identities.personOf(cookieGivenBy(answer) ?? '') : null
      const done = path.startsWith('/callback/') ? entered !== null : answer.ok
      const address = entered?.email ?? await addressIn(copy)
      await audit.record({ workspaceId: INSTANCE, event: done ? `session.${path.slice(1)}` : `session.${path.slice(1)} refused`, actor: { kind: 'person', id: address, name: address }, details: { from, status: answer.status }, requestId: context.get('requestId') })
    }
    answer.headers.set('cache-control', 'no-store')
    return answer
  })
  bindOpen(app, operations.session.retrieve, people.personOf, async ({ person }) => {
    if (!person) throw new Unauthenticated('Sign in first.')
    return { value: await people.sessionOf(person), headers: { 'cache-control': 'no-store' } }
  })
  app.use(operations.session.setup.path, limitBody(options.bodyLimit), limitExchange(limits, options.trustProxy))
  bindOpen(app, operations.session.setup, async () => null, async ({ body }) => ({ value: await setup.run(body), headers: { 'cache-control': 'no-store' } }))
  return app
}

/** Where better-auth sends browsers once it is done, by a name in the query or in the body. */
const LEADS = ['callbackURL', 'errorCallbackURL', 'newUserCallbackURL', 'redirectTo']
const refuseElsewhere = async (request: Request, publicUrl: string | null): Promise<void> => {
  const { searchParams, origin: asked } = new URL(request.url)
  const origin = publicUrl === null ? asked : new URL(publicUrl).origin
  const body: unknown = request.method === 'POST' ? await request.clone().json().catch(() => null) : null
  for (const name of LEADS) {
    for (const target of [...searchParams.getAll(name), (body as Record<string, unknown> | null)?.[name]]) {
      if (typeof target !== 'string') continue
      const url = URL.parse(target, origin)
      // A path that begins with two slashes would be read as another host's address.
      if (url?.origin !== origin || url.pathname.startsWith('//')) throw new AppError('origin_not_allowed', `${name} leads to another place than this server.`)
    }
  }
}

/** A new password ends every other sign-in of the person, whether or not the request asks for it: whoever knew the old one is out. */
const endingOthers = async (request: Request): Promise<Request> => {
  const body: unknown = await request.clone().json().catch(() => null)
  return typeof body === 'object' && body !== null ? new Request(request.url, { method: request.method, headers: withoutLength(request.headers), body: JSON.stringify({ ...body, revokeOtherSessions: true }) }) : request
}
const withoutLength = (headers: Headers): Headers => {
  const kept = new Headers(headers)
  kept.delete('content-length')
  return kept
}

const cookieGivenBy = (answer: Response): string | null => sessionCookieOf(answer.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; '))

/** Whose address a link would confirm; null: it is no link of better-auth's. */
const accountIn = (token: string): string | null => {
  try {
    const { email } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { email?: unknown }
    return typeof email === 'string' ? email.toLowerCase() : null
  } catch {
    return null
  }
}
