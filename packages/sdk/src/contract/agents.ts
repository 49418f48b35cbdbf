import { z } from 'zod'
import { idOf, Instant, line, type ListSpec, listQuery, pageOf, recordFields, text } from './common.ts'
import { operation } from './operation.ts'

export const TaskKindName = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, 'must be lower-case words joined by hyphens, such as score-leads')

/** What an agent says of itself. `offline` is a sign-off; an agent that merely vanished is `stale`, which is derived: `now − lastSeenAt > 2 × heartbeat`. */
export const AgentStatus = z.enum(['idle', 'working', 'offline'])
export type AgentStatus = z.infer<typeof AgentStatus>

const fields = {
  name: line(100).describe('Unique in the workspace.'),
  kinds: z.array(TaskKindName).min(1).max(50).describe('The kinds of task that it takes.'),
  description: text(1_000).nullable(),
}
export const Agent = z.strictObject({
  id: idOf('agents'), ...fields, status: AgentStatus, message: text(500).nullable(), lastSeenAt: Instant, stale: z.boolean(), ...recordFields,
}).meta({ id: 'Agent' })
export type Agent = z.infer<typeof Agent>

export const AgentRegistration = z.strictObject(fields).partial({ description: true }).meta({ id: 'AgentRegistration' })
export type AgentRegistration = z.input<typeof AgentRegistration>
export const RegisteredAgent = z.strictObject({ agent: Agent, heartbeatMs: z.int().describe('How often the agent must be heard of; unheard for twice as long it is stale.'), leaseMs: z.int() }).meta({ id: 'RegisteredAgent' })
export type RegisteredAgent = z.infer<typeof RegisteredAgent>

export const AgentBeat = z.strictObject({ message: text(500).nullable(), status: AgentStatus }).partial().meta({ id: 'AgentBeat' })
export type AgentBeat = z.input<typeof AgentBeat>

export const AGENT_LIST = { filters: { name: 'text', status: 'enum' }, sorts: ['createdAt', 'name', 'lastSeenAt'], sort: 'name', archivable: false } as const satisfies ListSpec
export const agents = {
  list: operation({ id: 'agents.list', method: 'get', path: '/agents', summary: 'Lists agents with their freshness', scope: 'agents:read', query: listQuery(AGENT_LIST), status: 200, answer: pageOf(Agent) }),
  retrieve: operation({ id: 'agents.retrieve', method: 'get', path: '/agents/{id}', summary: 'Reads an agent', scope: 'agents:read', status: 200, answer: Agent }),
  register: operation({ id: 'agents.register', method: 'post', path: '/agents', summary: 'Registers an agent, or signs a known one on again by its name', scope: 'tasks:work', body: AgentRegistration, status: 200, answer: RegisteredAgent }),
  heartbeat: operation({ id: 'agents.heartbeat', method: 'post', path: '/agents/{id}/heartbeat', summary: 'Says that an agent is alive; status offline signs it off', scope: 'tasks:work', body: AgentBeat, status: 200, answer: Agent }),
}
