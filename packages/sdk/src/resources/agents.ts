import type { Agent, AGENT_LIST, AgentBeat, AgentRegistration, RegisteredAgent } from '../contract/agents.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type AgentQuery = ListQuery<typeof AGENT_LIST>

export class Agents extends Resource {
  list(query?: AgentQuery, options?: RequestOptions): Pager<Agent> {
    return this.pages('/agents', query, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<Agent> {
    return this.get(`/agents/${segment(id)}`, options)
  }

  /** Signs an agent on; a known name is the same agent again. `flowstate.agent(…).work(…)` does it for you. */
  register(body: AgentRegistration, options?: RequestOptions): ApiPromise<RegisteredAgent> {
    return this.post('/agents', body, options)
  }

  heartbeat(id: string, body: AgentBeat = {}, options?: RequestOptions): ApiPromise<Agent> {
    return this.post(`/agents/${segment(id)}/heartbeat`, body, options)
  }
}
