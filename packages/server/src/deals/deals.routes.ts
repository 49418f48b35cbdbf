import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { recordRoutes, type RecordRoutesDeps } from '../records/record.routes.ts'
import type { DealsService } from './deals.service.ts'

export const dealRoutes = (deals: DealsService, deps: RecordRoutesDeps): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, operations.deals.summary, async ({ caller, query }) => ({ value: await deals.summary(caller, query as ListQuery) }))
  bind(app, operations.deals.move, async ({ caller, params: { id = '' }, body }) => ({ stored: await deals.move(caller, id, body) }))
  return app.route('/', recordRoutes(operations.deals, deals, deps))
}
