import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { AgentsService } from '../agents/agents.service.ts'
import { Forbidden } from '../errors.ts'
import type { ListQuery } from '../db/list.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import { refuseUnlessWorker, type TasksService, type TaskVerb } from './tasks.service.ts'

export const taskRoutes = ({ tasks, agents }: { tasks: TasksService; agents: AgentsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const { list, create, retrieve, claim, heartbeat, complete, fail, ...verbs } = operations.tasks
  bind(app, list, async ({ caller, query }) => ({ json: pageJson(await tasks.list(caller, query as ListQuery)) }))
  bind(app, create, async ({ caller, body }) => {
    if (body.kind === 'compact') throw new Forbidden('What was compacted cannot be undone any more; only the machine\'s owner may: flowstate compact --keep 90d.')
    return { stored: await tasks.create(caller, body) }
  })
  bind(app, claim, async ({ caller, body, request }) => {
    refuseUnlessWorker(caller)
    const agent = await agents.heardOf(caller, body.agentId)
    return { value: { tasks: await tasks.claim(caller, { ...body, kinds: body.kinds ?? agent.kinds }, request.signal) } }
  })
  bind(app, retrieve, async ({ caller, params: { id = '' } }) => ({ json: await tasks.retrieve(caller, id) }))
  bind(app, heartbeat, async ({ caller, params: { id = '' }, body }) => ({ value: await tasks.heartbeat(caller, id, body) }))
  bind(app, complete, async ({ caller, params: { id = '' }, body }) => ({ stored: await tasks.complete(caller, id, body) }))
  bind(app, fail, async ({ caller, params: { id = '' }, body }) => ({ stored: await tasks.fail(caller, id, body) }))
  for (const [verb, operation] of Object.entries(verbs)) {
    bind(app, operation, async ({ caller, params: { id = '' } }) => ({ stored: await tasks.operate(caller, id, verb as TaskVerb) }))
  }
  return app
}
