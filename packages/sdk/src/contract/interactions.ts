import { z } from 'zod'
import { CustomFields, idOf, Instant, type ListSpec, notEmpty, recordFields, Tags, text } from './common.ts'
import { crud, upsertable } from './crud.ts'

export const InteractionKind = z.enum(['call', 'email', 'meeting', 'note', 'message'])
export type InteractionKind = z.infer<typeof InteractionKind>

/** Who took part: a customer, a member of the workspace, or an address. */
export const Participant = z.strictObject({
  customerId: idOf('customers').optional(),
  memberId: idOf('members').optional(),
  email: z.email().max(254).optional(),
  name: text(200, 1).optional(),
  role: z.enum(['from', 'to', 'cc', 'organizer', 'attendee']).optional(),
}).refine(({ customerId, memberId, email }) => customerId !== undefined || memberId !== undefined || email !== undefined, 'must name a customerId, a memberId or an email').meta({ id: 'Participant' })
export type Participant = z.infer<typeof Participant>

const fields = {
  kind: InteractionKind,
  direction: z.enum(['inbound', 'outbound']).nullable(),
  subject: text(500).nullable(),
  body: text(100_000).nullable(),
  occurredAt: Instant,
  durationMinutes: z.int().min(0).max(100_000).nullable(),
  customerId: idOf('customers').nullable(),
  companyId: idOf('companies').nullable(),
  dealId: idOf('deals').nullable(),
  tags: Tags,
  externalId: text(200).nullable().describe('The record\'s id in the system it came from, unique among live interactions.'),
  customFields: CustomFields,
  participants: z.array(Participant).max(100),
  attachments: z.array(idOf('files')).max(100).refine((ids) => new Set(ids).size === ids.length, 'must name each file once').describe('Files from `POST /files`, in the order in which they are shown.'),
}

/** Something that happened with a customer, company or deal. A customer's timeline is `?customerId=…&sort=-occurredAt`. */
export const Interaction = z.strictObject({ id: idOf('interactions'), ...fields, ...recordFields }).meta({ id: 'Interaction' })
export type Interaction = z.infer<typeof Interaction>
export const NewInteraction = z.strictObject(fields).partial().required({ kind: true })
  .refine((body) => body.customerId != null || body.companyId != null || body.dealId != null, { message: 'must name a customer, a company or a deal', path: ['customerId'] })
  .describe('`occurredAt` defaults to now.').meta({ id: 'NewInteraction' })
export type NewInteraction = z.input<typeof NewInteraction>
export const InteractionPatch = notEmpty(z.strictObject(fields).partial()).meta({ id: 'InteractionPatch' })
export type InteractionPatch = z.input<typeof InteractionPatch>

export const INTERACTION_LIST = {
  filters: { id: 'id', kind: 'enum', direction: 'enum', customerId: 'id', companyId: 'id', dealId: 'id', subject: 'text', body: 'text', durationMinutes: 'number', tags: 'tags', externalId: 'text', occurredAt: 'instant', createdAt: 'instant', updatedAt: 'instant' },
  sorts: ['occurredAt', 'createdAt', 'updatedAt', 'kind', 'durationMinutes'], sort: '-occurredAt', custom: true,
} as const satisfies ListSpec
export const interactions = {
  ...crud({ noun: 'interactions', one: 'an interaction', item: Interaction, create: NewInteraction, update: InteractionPatch, list: INTERACTION_LIST }),
  ...upsertable({ noun: 'interactions', one: 'an interaction', item: Interaction, update: InteractionPatch, keys: 'externalId' }),
}
