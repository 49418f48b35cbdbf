import type { AgentPresence, TaskStatus } from '../contract/room.ts'
import type { Stats } from '../contract/stats.ts'
import type { FeedEvent } from './feed.ts'

const FINISHED = new Set(['succeeded', 'dead', 'cancelled'])
/** Finished tasks that are kept to be shown. */
const KEEP_FINISHED = 50

/** What the status channel says, put together: hand it every event and read it. */
export class StatusBoard {
  readonly agents: Map<string, AgentPresence> = new Map()
  readonly tasks: Map<string, TaskStatus> = new Map()
  stats: Stats | null = null
  heartbeatMs = 10_000

  /** Answers whether anything here was concerned. */
  apply(event: FeedEvent): boolean {
    if (event.type === 'snapshot') {
      this.agents.clear()
      this.tasks.clear()
      this.heartbeatMs = event.heartbeatMs
    } else if (event.type !== 'status') return false
    for (const agent of event.agents ?? []) this.agents.set(agent.id, agent)
    for (const task of event.tasks ?? []) this.tasks.set(task.id, task)
    if (event.stats !== undefined) this.stats = event.stats
    if (event.tasks?.some(({ state }) => FINISHED.has(state))) this.#forgetOldest()
    return true
  }

  /** Not heard of for two heartbeats. `now` is `feed.now()`. An agent that signed off is not stale. */
  isStale(agent: AgentPresence, now: number): boolean {
    return agent.status !== 'offline' && now - Date.parse(agent.lastSeenAt) > 2 * this.heartbeatMs
  }

  #forgetOldest() {
    const finished = [...this.tasks.values()].filter(({ state }) => FINISHED.has(state))
    finished.sort((a, b) => (b.finishedAt ?? b.updatedAt).localeCompare(a.finishedAt ?? a.updatedAt))
    for (const { id } of finished.slice(KEEP_FINISHED)) this.tasks.delete(id)
  }
}
