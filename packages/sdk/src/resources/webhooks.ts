import type { Delivery, NewWebhook, Webhook, WEBHOOK_LIST, WebhookPatch, WebhookWithSecret } from '../contract/webhooks.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type WebhookQuery = ListQuery<typeof WEBHOOK_LIST>

/** Where changes are sent to. A receiver checks what it gets by `Flowstate.webhooks.verify`. */
export class Webhooks extends Resource {
  list(query?: WebhookQuery, options?: RequestOptions): Pager<Webhook> {
    return this.pages('/webhooks', query, options)
  }

  /**
   * Its answer is the only one that carries the secret; it is sent once, since the secret is not kept to be told again.
   *
   * @example
   * const { secret } = await flowstate.webhooks.create({ url, events: [{ noun: 'deals', fields: [{ field: 'stageId', to: won.id }] }] })
   */
  create(body: NewWebhook, options?: RequestOptions): ApiPromise<WebhookWithSecret> {
    return this.post('/webhooks', body, options, { repeatable: false })
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<Webhook> {
    return this.get(`/webhooks/${segment(id)}`, options)
  }

  /** Switched on again, it begins with the next change. */
  update(id: string, patch: WebhookPatch, options?: RequestOptions): ApiPromise<Webhook> {
    return this.patch(`/webhooks/${segment(id)}`, patch, options)
  }

  archive(id: string, options?: RequestOptions): ApiPromise<Webhook> {
    return this.delete(`/webhooks/${segment(id)}`, options)
  }

  /** A new secret; for 24 hours messages are signed by the old one too. */
  rotate(id: string, options?: RequestOptions): ApiPromise<WebhookWithSecret> {
    return this.post(`/webhooks/${segment(id)}/rotate`, undefined, options, { repeatable: false })
  }

  /** Sends a message of the type `webhooks.test`; what became of it is in `deliveries.retrieve`. */
  test(id: string, options?: RequestOptions): ApiPromise<Delivery> {
    return this.post(`/webhooks/${segment(id)}/test`, undefined, options)
  }
}
