import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import type { KeysService } from './keys.service.ts'

export const keyRoutes = (keys: KeysService): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, operations.keys.list, async ({ caller, query }) => ({ json: pageJson(await keys.list(caller, query as ListQuery)) }))
  bind(app, operations.keys.create, async ({ caller, body }) => ({ value: await keys.create(caller, body), headers: NO_STORE }))
  bind(app, operations.keys.createForAgent, async ({ caller, params: { id = '' }, body }) => ({ value: await keys.createForAgent(caller, id, body), headers: NO_STORE }))
  bind(app, operations.keys.rotate, async ({ caller, params: { id = '' }, body }) => ({ value: await keys.rotate(caller, id, body), headers: NO_STORE }))
  bind(app, operations.keys.revoke, async ({ caller, params: { id = '' } }) => ({ value: await keys.revoke(caller, id) }))
  return app
}

const NO_STORE = { 'cache-control': 'no-store' }
