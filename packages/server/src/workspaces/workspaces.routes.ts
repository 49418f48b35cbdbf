import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { Unauthenticated } from '../errors.ts'
import { limitBody } from '../http/limits.ts'
import { limitExchange } from '../http/limit-exchange.ts'
import type { RateLimits } from '../http/rate-limits.ts'
import { type AppEnv, bind, bindOpen } from '../http/route.ts'
import type { PeopleService } from '../identities/people.service.ts'
import type { FoundingService } from './founding.service.ts'
import type { SettingsService } from './settings.service.ts'

export const workspaceRoutes = ({ settings }: { settings: SettingsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, operations.workspaces.retrieve, async ({ caller }) => ({ value: await settings.retrieve(caller.workspaceId) }))
  bind(app, operations.workspaces.update, async ({ caller, body }) => ({ stored: await settings.update(caller, body) }))
  return app
}

interface FoundingDeps { founding: FoundingService; people: PeopleService; limits: RateLimits; options: { bodyLimit: number; trustProxy: number } }

/** For a person who is in no workspace yet, or in another. */
export const foundingRoutes = ({ founding, people, limits, options }: FoundingDeps): Hono<AppEnv> => {
  const { create } = operations.workspaces
  const app = new Hono<AppEnv>().use(create.path, limitBody(options.bodyLimit), limitExchange(limits, options.trustProxy))
  return bindOpen(app, create, people.personOf, async ({ person, body, requestId }) => {
    if (!person) throw new Unauthenticated('Sign in first.')
    return { value: await founding.found(person, body, requestId), headers: { 'cache-control': 'no-store' } }
  })
}
