import type { Agent } from '../contract/agents.ts'
import type { Page } from '../contract/common.ts'
import type { Stats } from '../contract/stats.ts'
import type { Task } from '../contract/tasks.ts'
import type { Transport } from '../core/transport.ts'
import type { SnapshotEvent } from './feed.ts'

/** The room's snapshot, put together over HTTP while there is no socket. */
export const pollStatus = async (transport: Transport, heartbeatMs: number, signal: AbortSignal): Promise<SnapshotEvent> => {
  const get = async <T>(path: string, query?: object) => (await transport.run<T>({ method: 'GET', path, query, signal })).data
  const [agents, active, finished, stats] = await Promise.all([
    get<Page<Agent>>('/agents', { limit: 200 }),
    get<Page<Task>>('/tasks', { state: { in: ['running', 'paused'] }, limit: 200 }),
    get<Page<Task>>('/tasks', { state: { in: ['succeeded', 'dead', 'cancelled'] }, sort: '-updatedAt', limit: 20 }),
    get<Stats>('/stats'),
  ])
  return {
    type: 'snapshot', at: stats.at, heartbeatMs, stats,
    agents: agents.items.map(({ stale: _, ...agent }) => agent),
    tasks: [...active.items, ...finished.items].map(({ payload: _, result: __, ...task }) => task),
  }
}
