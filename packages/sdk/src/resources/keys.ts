import type { Key, KEY_LIST, KeyWithSecret, NewKey } from '../contract/keys.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type KeyQuery = ListQuery<typeof KEY_LIST>

export class Keys extends Resource {
  list(query?: KeyQuery, options?: RequestOptions): Pager<Key> {
    return this.pages('/keys', query, options)
  }

  /** Its answer is the only one that carries the secret; it is sent once, since the secret is not kept to be told again. */
  create(body: NewKey, options?: RequestOptions): ApiPromise<KeyWithSecret> {
    return this.post('/keys', body, options, { repeatable: false })
  }

  /** Ends the key, and the embed tokens it minted, within a second. */
  revoke(id: string, options?: RequestOptions): ApiPromise<Key> {
    return this.delete(`/keys/${segment(id)}`, options)
  }
}
