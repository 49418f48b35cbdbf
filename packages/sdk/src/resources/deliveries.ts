import type { Delivery, DELIVERY_LIST, DeliveryWithBody } from '../contract/webhooks.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type DeliveryQuery = ListQuery<typeof DELIVERY_LIST>

/** What was sent to webhooks, what waits, and what died. */
export class Deliveries extends Resource {
  list(query?: DeliveryQuery, options?: RequestOptions): Pager<Delivery> {
    return this.pages('/deliveries', query, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<DeliveryWithBody> {
    return this.get(`/deliveries/${segment(id)}`, options)
  }

  /** Sends it again: the same id and bytes, with a fresh set of tries; one that waits is tried at once. */
  replay(id: string, options?: RequestOptions): ApiPromise<Delivery> {
    return this.post(`/deliveries/${segment(id)}/replay`, undefined, options)
  }
}
