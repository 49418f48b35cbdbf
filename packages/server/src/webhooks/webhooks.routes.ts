import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import type { DeliveriesService } from './deliveries.service.ts'
import type { WebhooksService } from './webhooks.service.ts'

export const webhookRoutes = ({ webhooks, deliveries }: { webhooks: WebhooksService; deliveries: DeliveriesService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const of = operations.webhooks
  bind(app, of.list, async ({ caller, query }) => ({ json: pageJson(await webhooks.list(caller, query as ListQuery)) }))
  bind(app, of.create, async ({ caller, body }) => ({ value: await webhooks.create(caller, body), headers: NO_STORE }))
  bind(app, of.retrieve, async ({ caller, params: { id = '' } }) => ({ value: await webhooks.retrieve(caller, id) }))
  bind(app, of.update, async ({ caller, params: { id = '' }, body }) => ({ stored: await webhooks.update(caller, id, body) }))
  bind(app, of.archive, async ({ caller, params: { id = '' } }) => ({ stored: await webhooks.archive(caller, id) }))
  bind(app, of.rotate, async ({ caller, params: { id = '' } }) => ({ value: await webhooks.rotate(caller, id), headers: NO_STORE }))
  bind(app, of.test, async ({ caller, params: { id = '' } }) => ({ stored: await webhooks.test(caller, id) }))
  bind(app, operations.deliveries.list, async ({ caller, query }) => ({ json: pageJson(await deliveries.list(caller, query as ListQuery)) }))
  bind(app, operations.deliveries.retrieve, async ({ caller, params: { id = '' } }) => ({ value: await deliveries.retrieve(caller, id) }))
  bind(app, operations.deliveries.replay, async ({ caller, params: { id = '' } }) => ({ stored: await deliveries.replay(caller, id) }))
  return app
}

const NO_STORE = { 'cache-control': 'no-store' }
