import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type Clock, instant } from '../clock.ts'
import type { System } from '../db/system.ts'
import { Unauthenticated } from '../errors.ts'
import { type AppEnv, bind } from '../http/route.ts'
import type { Tickets } from '../realtime/tickets.ts'
import type { EmbedsService } from './embeds.service.ts'

/** What a page needs before it can do anything: a token, a ticket for the socket, and who it is. */
export const embedRoutes = ({ embeds, tickets, system, clock }: { embeds: EmbedsService; tickets: Tickets; system: System; clock: Clock }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, operations.embedTokens.create, async ({ caller, body }) => ({ value: await embeds.mint(caller, body), headers: NO_STORE }))
  bind(app, operations.realtime.ticket, async ({ caller }) => ({ value: await tickets.issue(caller), headers: NO_STORE }))
  bind(app, operations.whoami.retrieve, async ({ caller: { actor, workspaceId, scopes, records, expiresAt } }) => {
    const workspace = await system.workspace({ id: workspaceId })
    if (!workspace) throw new Unauthenticated('The workspace of this token is gone.')
    return { value: { actor, workspaceId, workspaceSlug: workspace.slug, scopes: [...scopes], records, expiresAt, now: instant(clock()) }, headers: NO_STORE }
  })
  return app
}

const NO_STORE = { 'cache-control': 'no-store' }
