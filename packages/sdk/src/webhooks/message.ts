import type { Change } from '../contract/changes.ts'
import type { Company } from '../contract/companies.ts'
import type { Customer } from '../contract/customers.ts'
import type { Deal } from '../contract/deals.ts'
import type { Field } from '../contract/fields.ts'
import type { Interaction } from '../contract/interactions.ts'
import type { Pipeline, Stage } from '../contract/pipelines.ts'
import type { Tag } from '../contract/tags.ts'
import type { View } from '../contract/views.ts'

interface Records { companies: Company; customers: Customer; deals: Deal; pipelines: Pipeline; stages: Stage; interactions: Interaction; fields: Field; tags: Tag; views: View }
type Told<Noun extends string> = `${Noun}.${'created' | 'updated' | 'archived' | 'restored'}`
type RecordMessage<Noun extends string, Item> = {
  type: Told<Noun>
  /** When it was changed. */
  timestamp: string
  /** The change with old and new values, and the record as it was when the message was made. */
  data: { change: Change; record: Item | null }
}
interface TestMessage { type: 'webhooks.test'; timestamp: string; data: { webhookId: string } }
/** What a webhook is sent; `type` tells what `data.record` is. */
export type WebhookMessage = { [Noun in keyof Records]: RecordMessage<Noun, Records[Noun]> }[keyof Records] | TestMessage
