import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, bind } from '../http/route.ts'
import { recordRoutes, type RecordRoutesDeps } from '../records/record.routes.ts'
import type { RemindersService } from './reminders.service.ts'

export const reminderRoutes = (reminders: RemindersService, deps: RecordRoutesDeps): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const { complete, skip, snooze, occurrences } = operations.reminders
  bind(app, complete, async ({ caller, params: { id = '' } }) => ({ stored: await reminders.complete(caller, id) }))
  bind(app, skip, async ({ caller, params: { id = '' } }) => ({ stored: await reminders.skip(caller, id) }))
  bind(app, snooze, async ({ caller, params: { id = '' }, body }) => ({ stored: await reminders.snooze(caller, id, body) }))
  bind(app, occurrences, async ({ caller, params: { id = '' }, query }) => ({ value: await reminders.occurrences(caller, id, query.limit) }))
  return app.route('/', recordRoutes(operations.reminders, reminders, deps))
}
