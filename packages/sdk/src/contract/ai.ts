import { z } from 'zod'
import { GenerateActions } from './actions.ts'
import { FindDuplicates } from './duplicates.ts'
import { operation } from './operation.ts'
import { Task } from './tasks.ts'

/** The analyses that the built-in worker makes, each with the schema of its input. */
export const AI_KINDS = { 'next-best-actions': GenerateActions, 'find-duplicates': FindDuplicates } as const
export type AiKind = keyof typeof AI_KINDS

export const AiKindInfo = z.strictObject({ kind: z.string(), summary: z.string(), input: z.record(z.string(), z.unknown()).describe('JSON Schema of the body of `POST /ai/{kind}`.') }).meta({ id: 'AiKind' })
export const AiKinds = z.strictObject({ items: z.array(AiKindInfo) }).meta({ id: 'AiKinds' })
export type AiKinds = z.infer<typeof AiKinds>

export const ai = {
  kinds: operation({ id: 'ai.kinds', method: 'get', path: '/ai/kinds', summary: 'Lists the analyses with the schemas of their input', scope: 'agents:read', status: 200, answer: AiKinds }),
  run: operation({ id: 'ai.run', method: 'post', path: '/ai/{kind}', summary: 'Starts an analysis', scope: 'actions:decide', body: z.record(z.string(), z.unknown()), status: 202, answer: Task }),
}
