import type { Ticket } from '../contract/tokens.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

export class Realtime extends Resource {
  /** A ticket for one connection to the room; `subscribe` fetches its own. */
  ticket(options?: RequestOptions): ApiPromise<Ticket> {
    return this.post('/realtime/ticket', undefined, options, { repeatable: false })
  }
}
