import { AI_KINDS, type AiKind, operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import { bodySchema } from '../http/openapi.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { validateBody } from '../http/validate.ts'
import type { TasksService } from '../tasks/tasks.service.ts'

const SUMMARIES: Record<AiKind, string> = {
  'next-best-actions': 'Decides for each open deal what to do next, with a receipt for every decision.',
  'find-duplicates': 'Compares customers or companies with each other, and keeps the pairs that may be one, each with its score and reasons.',
}

/** The analyses of the built-in worker, each a kind of task. */
export const aiRoutes = ({ tasks }: { tasks: TasksService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, operations.ai.kinds, async () => ({
    value: { items: Object.entries(AI_KINDS).map(([kind, input]) => ({ kind, summary: SUMMARIES[kind as AiKind], input: bodySchema(input) })) },
  }))
  bind(app, operations.ai.run, async ({ caller, params: { kind = '' }, body }) => {
    requireWholeWorkspace(caller)
    const schema = Object.hasOwn(AI_KINDS, kind) ? AI_KINDS[kind as AiKind] : undefined
    if (!schema) throw new NotFound('analysis', kind)
    return { stored: await tasks.create(caller, { kind, payload: validateBody(schema, body) }, 202) }
  })
  return app
}
