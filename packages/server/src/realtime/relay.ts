import type { AgentPresence, RelayAnswer, RelayMessage, Stats, TaskStatus } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import { within } from '../db/within.ts'
import type { Tail } from '../ledger/tail.ts'
import type { Log } from '../log.ts'
import type { StatusBus } from '../tasks/status.ts'

export interface RelaySnapshot { agents: AgentPresence[]; tasks: TaskStatus[]; stats: Stats | null }
/** Where a room hears the relay: in this process, or over HTTP on PartyKit. Messages in order. */
export type RelayTarget = (workspaceId: string, messages: RelayMessage[]) => Promise<RelayAnswer>

interface RelayOptions {
  tail: Tail
  status: StatusBus
  target: RelayTarget
  snapshot(workspaceId: string): Promise<RelaySnapshot>
  stats(workspaceId: string): Promise<Stats>
  heartbeatMs: number
  clock: Clock
  log: Log
}

const BATCH = 500
const STATUS_EVERY_MS = 100
const STATS_EVERY_MS = 1_000
const AGAIN_MS = 1_000

interface Follower {
  /** The last seq the room has; null until it answered the baseline. */
  seq: number | null
  work: Promise<void>
  pumping: boolean
  agents: Map<string, AgentPresence>
  tasks: Map<string, TaskStatus>
  flushing: NodeJS.Timeout | undefined
  counting: NodeJS.Timeout | undefined
  retrying: NodeJS.Timeout | undefined
}

/**
 * Carries the tail of the ledger and the status of agents and tasks to the rooms in which somebody listens. Changes are read from
 * the ledger, in order, so that none is missed whatever happens to the room; status is the newest state of each, in batches.
 */
export const createRelay = ({ tail, status, target, snapshot, stats, heartbeatMs, clock, log }: RelayOptions) => {
  const followers = new Map<string, Follower>()

  /** One thing at a time for each room, so that frames keep their order. */
  const queue = (workspaceId: string, follower: Follower, step: () => Promise<void>): void => {
    follower.work = follower.work.then(() => within(workspaceId, step)).catch((error) => {
      if (followers.get(workspaceId) !== follower) return
      log.warn({ err: error, workspaceId }, 'The room could not be told; it will be told anew')
      follower.seq = null
      follower.retrying ??= setTimeout(() => {
        follower.retrying = undefined
        queue(workspaceId, follower, () => begin(workspaceId, follower))
      }, AGAIN_MS)
    })
  }

  const begin = async (workspaceId: string, follower: Follower): Promise<void> => {
    // The seq first: what is committed while the rest is read comes again as changes, which the room tells apart.
    const seq = await tail.seqOf(workspaceId)
    const [state, trimmed] = [await snapshot(workspaceId), await tail.trimmedOf(workspaceId)]
    const answer = await target(workspaceId, [{ type: 'baseline', at: instant(clock()), seq, trimmed, heartbeatMs, ...state }])
    follower.seq = answer.type === 'missing' ? answer.since : answer.type === 'ok' ? answer.seq : null
    await pump(workspaceId, follower)
  }

  const pump = async (workspaceId: string, follower: Follower): Promise<void> => {
    follower.pumping = false
    while (follower.seq !== null && followers.get(workspaceId) === follower) {
      const items = await tail.since(workspaceId, follower.seq, BATCH)
      const [first, to] = [items[0]?.seq, items.at(-1)?.seq]
      if (to === undefined) return
      // What the room has not heard was compacted away: it is told to begin anew.
      if (first !== follower.seq + 1) return begin(workspaceId, follower)
      const answer = await target(workspaceId, [{ type: 'changes', at: instant(clock()), from: follower.seq + 1, to, items }])
      // A room that has begun anew knows nothing: it gets its baseline first.
      if (answer.type === 'unknown') return begin(workspaceId, follower)
      follower.seq = answer.type === 'missing' ? answer.since : answer.seq
    }
  }

  const flush = async (workspaceId: string, follower: Follower): Promise<void> => {
    const [agents, tasks] = [[...follower.agents.values()], [...follower.tasks.values()]]
    follower.agents.clear()
    follower.tasks.clear()
    if (follower.seq === null || (agents.length === 0 && tasks.length === 0)) return
    const answer = await target(workspaceId, [{ type: 'status', at: instant(clock()), agents, tasks }])
    if (answer.type === 'unknown') await begin(workspaceId, follower)
  }

  const count = async (workspaceId: string, follower: Follower): Promise<void> => {
    if (follower.seq === null) return
    await target(workspaceId, [{ type: 'status', at: instant(clock()), stats: await stats(workspaceId) }])
  }

  const recount = (workspaceId: string, follower: Follower) => {
    follower.counting ??= setTimeout(() => {
      follower.counting = undefined
      queue(workspaceId, follower, () => count(workspaceId, follower))
    }, STATS_EVERY_MS)
  }

  const stopTail = tail.onCommit((workspaceId) => {
    const follower = followers.get(workspaceId)
    if (!follower) return
    if (!follower.pumping) {
      follower.pumping = true
      queue(workspaceId, follower, () => pump(workspaceId, follower))
    }
    recount(workspaceId, follower)
  })

  const stopStatus = status.subscribe((workspaceId, { agents = [], tasks = [] }) => {
    const follower = followers.get(workspaceId)
    if (!follower) return
    for (const agent of agents) follower.agents.set(agent.id, agent)
    for (const task of tasks) follower.tasks.set(task.id, task)
    follower.flushing ??= setTimeout(() => {
      follower.flushing = undefined
      queue(workspaceId, follower, () => flush(workspaceId, follower))
    }, STATUS_EVERY_MS)
    recount(workspaceId, follower)
  })

  const stop = (workspaceId: string) => {
    const follower = followers.get(workspaceId)
    if (!follower) return
    for (const timer of [follower.flushing, follower.counting, follower.retrying]) clearTimeout(timer)
    followers.delete(workspaceId)
  }

  return {
    /** Somebody listens in this room now. Beginning again is harmless. */
    follow(workspaceId: string): void {
      if (followers.has(workspaceId)) return
      const follower: Follower = { seq: null, work: Promise.resolve(), pumping: false, agents: new Map(), tasks: new Map(), flushing: undefined, counting: undefined, retrying: undefined }
      followers.set(workspaceId, follower)
      queue(workspaceId, follower, () => begin(workspaceId, follower))
    },
    /** Nobody does any more. */
    leave: stop,
    /** Closes the sockets of a revoked principal; null: everyone's. */
    async revoke(workspaceId: string, principal: string | null): Promise<void> {
      await target(workspaceId, [{ type: 'revoke', at: instant(clock()), principal }])
    },
    async close(): Promise<void> {
      stopTail()
      stopStatus()
      const works = [...followers.values()].map(({ work }) => work)
      for (const workspaceId of [...followers.keys()]) stop(workspaceId)
      await Promise.all(works)
    },
  }
}
export type Relay = ReturnType<typeof createRelay>
