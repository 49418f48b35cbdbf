import { z } from 'zod'
import { ChangeOp, LedgeredNoun } from './changes.ts'
import { idOf, Instant, line, type ListSpec, listQuery, notEmpty, pageOf, recordFields, text } from './common.ts'
import { operation } from './operation.ts'
import { ActorRef } from './permissions.ts'

const MOST_FIELDS = 50
/** A field by its name as in a change: `stageId`, `customFields.region`, `tags.tag_…`. */
const FieldName = z.string().min(1).max(100)

/** A field that was changed, and, where they are said, the values it had before and has now. `null` is what is empty; a list means any of its values. */
export const FieldCondition = z.strictObject({ field: FieldName, from: z.json().optional(), to: z.json().optional() }).meta({ id: 'FieldCondition' })
export type FieldCondition = z.infer<typeof FieldCondition>

/** Changes of one noun; `ops` and `fields` narrow them. Of `fields` one must fit. */
export const WebhookEvent = z.strictObject({
  noun: LedgeredNoun,
  ops: z.array(ChangeOp).min(1).max(4).optional().describe('Default: all.'),
  fields: z.array(z.union([FieldName, FieldCondition])).min(1).max(MOST_FIELDS).optional().describe('Only changes of one of these fields; `{"field":"stageId","to":"stg_…"}` names the value that it must have come to.'),
}).meta({ id: 'WebhookEvent' })
export type WebhookEvent = z.infer<typeof WebhookEvent>

const fields = {
  url: text(2_000, 1).describe('An https:// address without a user name or password, of a host that is not private.'),
  description: line(200).nullable(),
  events: z.array(WebhookEvent).max(50).describe('What is sent; one must fit. Default: every change.'),
  enabled: z.boolean(),
}
/** Where changes are sent to, without its secret. */
export const Webhook = z.strictObject({
  id: idOf('webhooks'),
  ...fields,
  /** Why it is off: `gone` (the receiver answered 410), `failing` (too many deliveries died), or `off` (somebody switched it off). */
  disabledReason: z.enum(['gone', 'failing', 'off']).nullable(),
  disabledBy: ActorRef.nullable(),
  disabledAt: Instant.nullable(),
  /** The last change that was looked at for it. */
  seq: z.int(),
  /** Deliveries that died since the last that arrived. */
  failures: z.int(),
  lastDeliveredAt: Instant.nullable(),
  ...recordFields,
}).meta({ id: 'Webhook' })
export type Webhook = z.infer<typeof Webhook>
export const NewWebhook = z.strictObject(fields).partial().required({ url: true }).meta({ id: 'NewWebhook' })
export type NewWebhook = z.input<typeof NewWebhook>
export const WebhookPatch = notEmpty(z.strictObject(fields).partial()).meta({ id: 'WebhookPatch' })
export type WebhookPatch = z.input<typeof WebhookPatch>
/** The only answer that carries the secret: `whsec_…`. */
export const WebhookWithSecret = Webhook.extend({ secret: z.string() }).meta({ id: 'WebhookWithSecret' })
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>

export const DeliveryState = z.enum(['pending', 'delivered', 'dead'])
export type DeliveryState = z.infer<typeof DeliveryState>
/** One try: what was answered, at most 2,000 characters of it, or why nothing was. */
export const DeliveryAttempt = z.strictObject({
  at: Instant, durationMs: z.int().min(0), status: z.int().nullable(), error: z.string().nullable(), response: z.string().nullable(),
}).meta({ id: 'DeliveryAttempt' })
export type DeliveryAttempt = z.infer<typeof DeliveryAttempt>

/** One message to one webhook. Its id is the `webhook-id` header, the same at every try. */
export const Delivery = z.strictObject({
  id: idOf('deliveries'),
  webhookId: idOf('webhooks'),
  type: z.string(),
  /** Of the change that it tells; null for a test. */
  seq: z.int().nullable(),
  changeSetId: z.string().nullable(),
  noun: LedgeredNoun.nullable(),
  recordId: z.string().nullable(),
  taskId: z.string(),
  state: DeliveryState,
  /** Tries since it was made or replayed. */
  tries: z.int().min(0),
  /** The latest tries, oldest first. */
  attempts: z.array(DeliveryAttempt),
  nextAttemptAt: Instant.nullable(),
  deliveredAt: Instant.nullable(),
  /** Why it is dead. */
  error: z.string().nullable(),
  ...recordFields,
}).meta({ id: 'Delivery' })
export type Delivery = z.infer<typeof Delivery>
/** With the bytes that are sent. */
export const DeliveryWithBody = Delivery.extend({ body: z.string() }).meta({ id: 'DeliveryWithBody' })
export type DeliveryWithBody = z.infer<typeof DeliveryWithBody>

/** How deliveries are sent: figures that are promises. */
export const DELIVERY = { tries: 10, timeoutMs: 20_000, rotationMs: 24 * 60 * 60 * 1_000, deadBeforeDisabled: 10 } as const

export const WEBHOOK_LIST = { filters: { enabled: 'boolean', url: 'text', createdAt: 'instant' }, sorts: ['createdAt', 'updatedAt'], sort: '-createdAt' } as const satisfies ListSpec
export const DELIVERY_LIST = {
  filters: { webhookId: 'id', state: 'enum', type: 'text', noun: 'enum', recordId: 'id', changeSetId: 'id', seq: 'number', createdAt: 'instant', nextAttemptAt: 'instant' },
  sorts: ['createdAt', 'updatedAt', 'seq'], sort: '-createdAt', archivable: false,
} as const satisfies ListSpec

export const webhooks = {
  list: operation({ id: 'webhooks.list', method: 'get', path: '/webhooks', summary: 'Lists webhooks, without their secrets', scope: 'admin', query: listQuery(WEBHOOK_LIST), status: 200, answer: pageOf(Webhook) }),
  create: operation({ id: 'webhooks.create', audited: true, method: 'post', path: '/webhooks', summary: 'Creates a webhook, which begins with the next change; its secret is shown this once', scope: 'admin', body: NewWebhook, status: 201, answer: WebhookWithSecret, unrepeatable: true }),
  retrieve: operation({ id: 'webhooks.retrieve', method: 'get', path: '/webhooks/{id}', summary: 'Reads a webhook', scope: 'admin', status: 200, answer: Webhook }),
  update: operation({ id: 'webhooks.update', audited: true, method: 'patch', path: '/webhooks/{id}', summary: 'Changes a webhook; switched on again, it begins with the next change', scope: 'admin', body: WebhookPatch, status: 200, answer: Webhook }),
  archive: operation({ id: 'webhooks.archive', audited: true, method: 'delete', path: '/webhooks/{id}', summary: 'Removes a webhook; nothing more is sent to it', scope: 'admin', status: 200, answer: Webhook }),
  rotate: operation({ id: 'webhooks.rotate', audited: true, method: 'post', path: '/webhooks/{id}/rotate', summary: 'Makes a new secret; for 24 hours messages are signed by the old one too', scope: 'admin', status: 200, answer: WebhookWithSecret, unrepeatable: true }),
  test: operation({ id: 'webhooks.test', method: 'post', path: '/webhooks/{id}/test', summary: 'Sends a message of the type webhooks.test', scope: 'admin', status: 202, answer: Delivery }),
}
export const deliveries = {
  list: operation({ id: 'deliveries.list', method: 'get', path: '/deliveries', summary: 'Lists what was sent to webhooks, and what waits', scope: 'admin', query: listQuery(DELIVERY_LIST), status: 200, answer: pageOf(Delivery) }),
  retrieve: operation({ id: 'deliveries.retrieve', method: 'get', path: '/deliveries/{id}', summary: 'Reads a delivery with its body and its tries', scope: 'admin', status: 200, answer: DeliveryWithBody }),
  replay: operation({ id: 'deliveries.replay', method: 'post', path: '/deliveries/{id}/replay', summary: 'Sends a delivery again: the same id and bytes, with a fresh set of tries', scope: 'admin', status: 202, answer: Delivery }),
}
