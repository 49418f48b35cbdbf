import type { Whoami as Caller } from '../contract/tokens.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

export class Whoami extends Resource {
  /** Who you are to the server, and what you may do. */
  retrieve(options?: RequestOptions): ApiPromise<Caller> {
    return this.get('/whoami', options)
  }
}
