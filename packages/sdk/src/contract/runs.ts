import { z } from 'zod'
import { text } from './common.ts'

/**
 * The run of an agent that a request belongs to, sent as JSON in the header `Flowstate-Run` and kept with what the request
 * changes: so that each field can be traced to a prompt and its price. `cost` is in US dollars.
 */
export const Run = z.strictObject({
  taskId: text(64, 1),
  agentId: text(64, 1),
  promptVersion: text(100, 1),
  model: text(100, 1),
  cost: z.number().min(0).max(1_000_000),
}).partial().refine((run) => Object.keys(run).length > 0, 'must name at least one property').meta({ id: 'Run' })
export type Run = z.infer<typeof Run>
