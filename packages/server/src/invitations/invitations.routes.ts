import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { limitBody } from '../http/limits.ts'
import { limitExchange } from '../http/limit-exchange.ts'
import type { RateLimits } from '../http/rate-limits.ts'
import { type AppEnv, bind, bindOpen } from '../http/route.ts'
import type { PeopleService } from '../identities/people.service.ts'
import { pageJson } from '../records/record.routes.ts'
import type { InvitationsService } from './invitations.service.ts'

const { list, create, revoke, accept } = operations.invitations
const NO_STORE = { 'cache-control': 'no-store' }

export const invitationRoutes = ({ invitations }: { invitations: InvitationsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, list, async ({ caller, query }) => ({ json: pageJson(await invitations.list(caller, query as ListQuery)) }))
  bind(app, create, async ({ caller, body, request }) => ({ value: await invitations.create(caller, body, request), headers: NO_STORE }))
  bind(app, revoke, async ({ caller, params: { id = '' } }) => ({ value: await invitations.revoke(caller, id) }))
  return app
}

/** For who is no member yet. */
export const acceptRoutes = ({ invitations, people, limits, options }: { invitations: InvitationsService; people: PeopleService; limits: RateLimits; options: { bodyLimit: number; trustProxy: number } }): Hono<AppEnv> =>
  bindOpen(new Hono<AppEnv>().use(accept.path, limitBody(options.bodyLimit), limitExchange(limits, options.trustProxy)), accept, people.personOf, async ({ person, body }) => ({ value: await invitations.accept(person, body), headers: NO_STORE }))
