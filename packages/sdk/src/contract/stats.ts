import { z } from 'zod'
import { Instant } from './common.ts'
import { operation } from './operation.ts'

/** A workspace at a glance; what Godmode counts. Agents' freshness is not counted here: it follows from `lastSeenAt` and the clock. */
export const Stats = z.strictObject({
  agents: z.strictObject({ total: z.int(), working: z.int(), idle: z.int(), offline: z.int() }),
  tasks: z.strictObject({ scheduled: z.int(), queued: z.int(), running: z.int(), paused: z.int(), succeeded: z.int(), dead: z.int(), cancelled: z.int() }),
  /** Of the last 60 minutes. */
  lastHour: z.strictObject({ succeeded: z.int(), dead: z.int(), changes: z.int() }),
  crm: z.strictObject({ companies: z.int(), customers: z.int(), deals: z.int(), interactions: z.int(), openActions: z.int(), openReminders: z.int() }),
  at: Instant,
}).meta({ id: 'Stats' })
export type Stats = z.infer<typeof Stats>

export const stats = {
  retrieve: operation({ id: 'stats.retrieve', method: 'get', path: '/stats', summary: 'Counts agents, tasks and records', scope: 'agents:read', status: 200, answer: Stats }),
}
