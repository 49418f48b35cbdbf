import type { Key, KEY_LIST, KeyRotation, KeyWithSecret, NewAgentToken, NewKey } from '../contract/keys.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type KeyQuery = ListQuery<typeof KEY_LIST>

/** A secret is not kept to be told again, so what makes one is sent once. */
const ONCE = { repeatable: false }

export class Keys extends Resource {
  list(query?: KeyQuery, options?: RequestOptions): Pager<Key> {
    return this.pages('/keys', query, options)
  }

  /** Its answer is the only one that carries the secret. */
  create(body: NewKey, options?: RequestOptions): ApiPromise<KeyWithSecret> {
    return this.post('/keys', body, options, ONCE)
  }

  /** A token `fsa_…` that is one agent, for some of its kinds of task. */
  createForAgent(agentId: string, body: NewAgentToken = {}, options?: RequestOptions): ApiPromise<KeyWithSecret> {
    return this.post(`/agents/${segment(agentId)}/tokens`, body, options, ONCE)
  }

  /** A key of the same name and scopes; the old one works on for a while. */
  rotate(id: string, body: KeyRotation = {}, options?: RequestOptions): ApiPromise<KeyWithSecret> {
    return this.post(`/keys/${segment(id)}/rotate`, body, options, ONCE)
  }

  /** Ends the key, and the embed tokens it minted, within a second. */
  revoke(id: string, options?: RequestOptions): ApiPromise<Key> {
    return this.delete(`/keys/${segment(id)}`, options)
  }
}
