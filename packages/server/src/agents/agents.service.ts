import type { Agent, AgentBeat, AgentPresence, AgentRegistration, RegisteredAgent } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Ledger, Row } from '../ledger/ledger.ts'
import { settled } from '../ledger/settled.ts'
import type { StatusBus } from '../tasks/status.ts'
import { requireOwnAgent, requireOwnKinds } from './own.ts'
import type { AgentsStore } from './agents.store.ts'

interface AgentsDeps { store: AgentsStore; scoped: Scoped; ledger: Ledger; clock: Clock; status: StatusBus; heartbeatMs: number; leaseMs: number }

/** A sign of life is written at most this often. */
const WRITE_SEEN_EVERY_MS = 1_000

/** Agents: who works on tasks, and when they were last heard of. Stale is derived, never stored. */
export const createAgentsService = ({ store, scoped, ledger, clock, status, heartbeatMs, leaseMs }: AgentsDeps) => {
  const seen = new Map<string, { at: number; presence: AgentPresence }>()
  const withFreshness = (agent: AgentPresence): Agent => ({ ...agent, stale: agent.status !== 'offline' && clock() - Date.parse(agent.lastSeenAt) > 2 * heartbeatMs })

  const remember = (workspaceId: string, rows: Row[] | undefined, id: string): AgentPresence => {
    const json = rows?.[0]?.json
    if (typeof json !== 'string') throw new NotFound('agents', id)
    const presence = JSON.parse(json) as AgentPresence
    seen.set(`${workspaceId}/${presence.id}`, { at: clock(), presence })
    status.publish(workspaceId, { agents: [presence] })
    return presence
  }

  return {
    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      const page = await scoped.list(caller, 'agents', query)
      return { ...page, items: page.items.map((json) => JSON.stringify(withFreshness(JSON.parse(json) as AgentPresence))) }
    },

    async retrieve(caller: Caller, id: string): Promise<Agent> {
      requireWholeWorkspace(caller)
      const found = await scoped.find(caller, 'agents', id)
      if (!found) throw new NotFound('agents', id)
      return withFreshness(JSON.parse(found.json) as AgentPresence)
    },

    async register(caller: Caller, { name, kinds, description = null }: AgentRegistration): Promise<RegisteredAgent> {
      requireWholeWorkspace(caller)
      if (caller.kind === 'agent' && caller.agent.name !== name) requireOwnAgent(caller, null)
      requireOwnKinds(caller, kinds)
      const id = newId('agents')
      const rows = settled(await ledger.run({ workspaceId: caller.workspaceId, statements: [store.register(caller.workspaceId, { id, name, kinds, description, at: instant(clock()) })] }))
      return { agent: withFreshness(remember(caller.workspaceId, rows[0], id)), heartbeatMs, leaseMs }
    },

    async heartbeat(caller: Caller, id: string, beat: AgentBeat): Promise<Agent> {
      requireWholeWorkspace(caller)
      requireOwnAgent(caller, id)
      const rows = settled(await ledger.run({ workspaceId: caller.workspaceId, statements: [store.touch(caller.workspaceId, id, instant(clock()), beat)] }))
      return withFreshness(remember(caller.workspaceId, rows[0], id))
    },

    /** A sign of life by the way: who claims is alive. */
    async heardOf(caller: Caller, id: string): Promise<AgentPresence> {
      const known = seen.get(`${caller.workspaceId}/${id}`)
      if (known && clock() - known.at < WRITE_SEEN_EVERY_MS) return known.presence
      const rows = settled(await ledger.run({ workspaceId: caller.workspaceId, statements: [store.touch(caller.workspaceId, id, instant(clock()), {})] }))
      return remember(caller.workspaceId, rows[0], id)
    },
  }
}
export type AgentsService = ReturnType<typeof createAgentsService>
