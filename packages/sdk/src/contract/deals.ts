import { z } from 'zod'
import { CalendarDate, CustomFields, idOf, Instant, line, type ListSpec, listQuery, Money, notEmpty, OwnerId, recordFields, Tags, text } from './common.ts'
import { crud, upsertable } from './crud.ts'
import { WriteQuery } from './modes.ts'
import { operation } from './operation.ts'
import { StageKind } from './pipelines.ts'

const fields = {
  title: line(),
  companyId: idOf('companies').nullable(),
  customerId: idOf('customers').nullable(),
  value: Money.nullable(),
  expectedCloseDate: CalendarDate.nullable(),
  wonReason: text(1_000).nullable(),
  lostReason: text(1_000).nullable(),
  description: text(10_000).nullable(),
  ownerId: OwnerId,
  tags: Tags,
  externalId: text(200).nullable().describe('The record\'s id in the system it came from, unique among live deals.'),
  customFields: CustomFields,
}

/** A chance of business. `status` follows from its stage's kind; within a stage deals stand in the order of (`position`, `id`). */
export const Deal = z.strictObject({
  id: idOf('deals'), pipelineId: idOf('pipelines'), stageId: idOf('stages'), position: z.string(), status: StageKind,
  ...fields, closedAt: Instant.nullable(), stageEnteredAt: Instant.nullable().describe('Since when it stands in its stage.'), ...recordFields,
  weightedValue: Money.nullable().describe('The value weighed by the stage\'s probability, rounded to minor units. Follows the stage, and leaves the version as it is.'),
  rotting: z.boolean().describe('Open, and longer in its stage than the stage\'s `rottingDays`.'),
}).meta({ id: 'Deal' })
export type Deal = z.infer<typeof Deal>

export const NewDeal = z.strictObject({ pipelineId: idOf('pipelines'), stageId: idOf('stages'), closedAt: Instant, ...fields }).partial().required({ title: true })
  .describe('Without `stageId`: the first stage of `pipelineId`, or of the workspace\'s first pipeline. `closedAt` is for deals that were closed before they came here.').meta({ id: 'NewDeal' })
export type NewDeal = z.input<typeof NewDeal>
export const DealPatch = notEmpty(z.strictObject({ ...fields, stageId: idOf('stages') }).partial()).describe('A `stageId` moves the deal to the end of that stage.').meta({ id: 'DealPatch' })
export type DealPatch = z.input<typeof DealPatch>

/** Between two neighbours; with `afterId` alone directly after it, with `beforeId` alone directly before it, with neither at the end. */
export const DealMove = z.strictObject({ stageId: idOf('stages'), afterId: idOf('deals').nullish(), beforeId: idOf('deals').nullish() }).meta({ id: 'DealMove' })
export type DealMove = z.input<typeof DealMove>

export const DEAL_LIST = {
  filters: {
    id: 'id', pipelineId: 'id', stageId: 'id', companyId: 'id', customerId: 'id', ownerId: 'id', tags: 'tags', status: 'enum', rotting: 'boolean', title: 'text', description: 'text', wonReason: 'text', lostReason: 'text', externalId: 'text',
    value: 'money', expectedCloseDate: 'date', closedAt: 'instant', stageEnteredAt: 'instant', createdAt: 'instant', updatedAt: 'instant',
  },
  sorts: ['createdAt', 'updatedAt', 'title', 'value', 'expectedCloseDate', 'closedAt', 'stageEnteredAt', 'status', 'position'], sort: '-createdAt', custom: true,
} as const satisfies ListSpec

const Totals = { count: z.int(), value: z.array(Money).describe('One sum for each currency.'), weighted: z.array(Money).describe('Sums weighed by the stages\' probabilities, rounded to minor units.') }
export const DealSummary = z.strictObject({ ...Totals, stages: z.array(z.strictObject({ stageId: z.string(), ...Totals })) }).meta({ id: 'DealSummary' })
export type DealSummary = z.infer<typeof DealSummary>

export const deals = {
  ...crud({ noun: 'deals', one: 'a deal', item: Deal, create: NewDeal, update: DealPatch, list: DEAL_LIST }),
  ...upsertable({ noun: 'deals', one: 'a deal', item: Deal, update: DealPatch, keys: 'externalId' }),
  move: operation({ id: 'deals.move', method: 'post', path: '/deals/{id}/move', summary: 'Moves a deal to a place in a stage', scope: 'crm:write', query: WriteQuery, body: DealMove, status: 200, answer: Deal, versioned: true, ledgered: true }),
  summary: operation({ id: 'deals.summary', method: 'get', path: '/deals/summary', summary: 'Counts deals and sums their values without loading them', scope: 'crm:read', query: listQuery(DEAL_LIST, { paged: false }), status: 200, answer: DealSummary }),
}
