import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import type { ActionsService } from './actions.service.ts'

export const actionRoutes = ({ actions }: { actions: ActionsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const of = operations.actions
  bind(app, of.list, async ({ caller, query }) => ({ json: pageJson(await actions.list(caller, query as ListQuery)) }))
  bind(app, of.generate, async ({ caller, body }) => ({ stored: await actions.generate(caller, body) }))
  bind(app, of.retrieve, async ({ caller, params: { id = '' } }) => ({ value: await actions.retrieve(caller, id) }))
  bind(app, of.receipt, async ({ caller, params: { id = '' } }) => ({ value: await actions.receipt(caller, id) }))
  bind(app, of.accept, async ({ caller, params: { id = '' } }) => ({ stored: await actions.accept(caller, id) }))
  bind(app, of.dismiss, async ({ caller, params: { id = '' }, body }) => ({ stored: await actions.dismiss(caller, id, body.reason ?? null) }))
  bind(app, of.snooze, async ({ caller, params: { id = '' }, body }) => ({ stored: await actions.snooze(caller, id, body.until) }))
  bind(app, of.outcome, async ({ caller, params: { id = '' }, body }) => ({ stored: await actions.outcome(caller, id, body.result, body.note ?? null) }))
  return app
}
