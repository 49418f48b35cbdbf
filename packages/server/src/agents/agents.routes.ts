import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import type { AgentsService } from './agents.service.ts'

export const agentRoutes = ({ agents }: { agents: AgentsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const { list, retrieve, register, heartbeat } = operations.agents
  bind(app, list, async ({ caller, query }) => ({ json: pageJson(await agents.list(caller, query as ListQuery)) }))
  bind(app, register, async ({ caller, body }) => ({ value: await agents.register(caller, body) }))
  bind(app, retrieve, async ({ caller, params: { id = '' } }) => ({ value: await agents.retrieve(caller, id) }))
  bind(app, heartbeat, async ({ caller, params: { id = '' }, body }) => ({ value: await agents.heartbeat(caller, id, body) }))
  return app
}
