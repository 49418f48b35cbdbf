import type { Ticket } from '../contract/tokens.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import type { Feed, SubscribeOptions } from '../realtime/feed.ts'
import { subscribe } from '../realtime/subscribe.ts'
import { Resource } from './resource.ts'

export class Realtime extends Resource {
  /** A ticket for one connection to the room; `subscribe` fetches its own. */
  ticket(options?: RequestOptions): ApiPromise<Ticket> {
    return this.post('/realtime/ticket', undefined, options, { repeatable: false })
  }

  /**
   * Follows the workspace live: over a socket, or by polling where none is to be had. Reconnects by itself; changes come in order,
   * none missed and none twice.
   *
   * @example
   * const feed = flowstate.realtime.subscribe({ channels: ['changes'], onEvent: (event) => { if (event.type === 'change') apply(event.change) } })
   */
  subscribe(options: SubscribeOptions): Feed {
    return subscribe(this.transport, options)
  }
}
