import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type Clock, instant } from '../clock.ts'
import type { System } from '../db/system.ts'
import { Unauthenticated } from '../errors.ts'
import type { ListQuery } from '../db/list.ts'
import { limitBody } from '../http/limits.ts'
import { limitExchange } from '../http/limit-exchange.ts'
import type { RateLimits } from '../http/rate-limits.ts'
import { cors, isOwnOrigin } from '../http/origins.ts'
import { type AppEnv, bind, bindOpen } from '../http/route.ts'
import type { PeopleService } from '../identities/people.service.ts'
import { pageJson } from '../records/record.routes.ts'
import type { Tickets } from '../realtime/tickets.ts'
import type { EmbedsService } from './embeds.service.ts'
import type { SignInService } from './sign-in.service.ts'

/** What a page needs before it can do anything: a token, a ticket for the socket, and who it is. */
export const embedRoutes = ({ embeds, tickets, system, clock }: { embeds: EmbedsService; tickets: Tickets; system: System; clock: Clock }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, operations.embedTokens.create, async ({ caller, body }) => ({ value: await embeds.mint(caller, body), headers: NO_STORE }))
  bind(app, operations.embedTokens.list, async ({ caller, query }) => ({ json: pageJson(await embeds.list(caller, query as ListQuery)) }))
  bind(app, operations.embedTokens.revoke, async ({ caller, params: { id = '' } }) => ({ value: await embeds.revoke(caller, id) }))
  bind(app, operations.embedTokens.revokeAll, async ({ caller }) => {
    await embeds.revokeAll(caller)
    return { empty: true }
  })
  bind(app, operations.realtime.ticket, async ({ caller }) => {
    // Whoever was ended just now comes back at once, and a socket is for long.
    await caller.still?.(true)
    return { value: await tickets.issue(caller), headers: NO_STORE }
  })
  bind(app, operations.whoami.retrieve, async ({ caller: { actor, workspaceId, scopes, records, expiresAt } }) => {
    const workspace = await system.workspace({ id: workspaceId })
    if (!workspace) throw new Unauthenticated('The workspace of this token is gone.')
    return { value: { actor, workspaceId, workspaceSlug: workspace.slug, scopes: [...scopes], records, expiresAt, now: instant(clock()) }, headers: NO_STORE }
  })
  return app
}

const NO_STORE = { 'cache-control': 'no-store' }

interface SignInDeps { signIn: SignInService; people: PeopleService; limits: RateLimits; options: { trustProxy: number; bodyLimit: number; allowedOrigins: readonly string[]; publicUrl: string | null } }
const { code, exchange, refresh, end } = operations.embedTokens

/** For a page without a server of its own: a person signs in, and the page gets a token. */
export const signInRoutes = ({ signIn, people, limits, options }: SignInDeps): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const originOf = ({ headers }: { headers: { get(name: string): string | null } }) => headers.get('origin')
  for (const { path } of [exchange, refresh, end]) app.use(path, cors(options.allowedOrigins, options.publicUrl))
  for (const { path } of [code, exchange, refresh, end]) app.use(path, limitBody(options.bodyLimit), limitExchange(limits, options.trustProxy))
  const nobody = async () => null
  bindOpen(app, code, people.personOf, async ({ person, body, request }) => {
    if (!person) throw new Unauthenticated('Sign in first.')
    return { value: await signIn.code(person, body, isOwnOrigin(body.origin, request, options.publicUrl)), headers: NO_STORE }
  })
  bindOpen(app, exchange, nobody, async ({ body, request }) => ({ value: await signIn.exchange(originOf(request), body), headers: NO_STORE }))
  bindOpen(app, refresh, nobody, async ({ body, request }) => ({ value: await signIn.refresh(originOf(request), body.refresh), headers: NO_STORE }))
  bindOpen(app, end, nobody, async ({ body, request }) => {
    await signIn.end(originOf(request), body.refresh)
    return { empty: true }
  })
  return app
}
