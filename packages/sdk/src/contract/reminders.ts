import { z } from 'zod'
import { CustomFields, idOf, Instant, line, type ListSpec, notEmpty, OwnerId, recordFields, Tags, text, TimeZone } from './common.ts'
import { crud, upsertable } from './crud.ts'
import { WriteQuery } from './modes.ts'
import { operation } from './operation.ts'

export const ReminderStatus = z.enum(['open', 'done', 'cancelled'])
export type ReminderStatus = z.infer<typeof ReminderStatus>

const fields = {
  title: line(),
  description: text(10_000).nullable(),
  dueAt: Instant.describe('Of a series: when the next of it is due. Setting it, `timeZone` or `recurrence` begins the series anew there.'),
  timeZone: TimeZone.describe('Where the wall clock hangs by which it recurs: 09:00 stays 09:00 when clocks change. Default: the workspace\'s.'),
  recurrence: text(4_000, 1).nullable().describe('An RFC 5545 rule such as `FREQ=WEEKLY;BYDAY=MO`, on lines of their own also `EXDATE:…` and `RDATE:…`; it begins at `dueAt`. Null: once.'),
  status: ReminderStatus,
  snoozedUntil: Instant.nullable(),
  customerId: idOf('customers').nullable(),
  companyId: idOf('companies').nullable(),
  dealId: idOf('deals').nullable(),
  ownerId: OwnerId,
  tags: Tags,
  externalId: text(200).nullable().describe('The record\'s id in the system it came from, unique among live reminders.'),
  customFields: CustomFields,
}

/** What somebody wants to be reminded of, once or by a rule. It fires at `remindAt`, once, while it is open. */
export const Reminder = z.strictObject({
  id: idOf('reminders'), ...fields,
  recurrenceStart: Instant.nullable().describe('Where the series began: its COUNT is counted from here. Null: it does not recur.'),
  completedAt: Instant.nullable().describe('When it was completed; of a series, the last time.'),
  remindAt: Instant.nullable().describe('When it fires: due, or snoozed until then, moved out of the workspace\'s quiet hours. Null: it is not open.'),
  remindedAt: Instant.nullable().describe('When it fired last.'),
  ...recordFields,
}).meta({ id: 'Reminder' })
export type Reminder = z.infer<typeof Reminder>
export const NewReminder = z.strictObject(fields).omit({ snoozedUntil: true }).partial().required({ title: true, dueAt: true }).meta({ id: 'NewReminder' })
export type NewReminder = z.input<typeof NewReminder>
export const ReminderPatch = notEmpty(z.strictObject(fields).partial()).describe('`status: cancelled` or `done` ends a whole series; `open` takes it up again. `snoozedUntil: null` ends a snooze.').meta({ id: 'ReminderPatch' })
export type ReminderPatch = z.input<typeof ReminderPatch>

export const SnoozeReminder = z.union([z.strictObject({ until: Instant }), z.strictObject({ minutes: z.int().min(1).max(527_040) })])
  .describe('`until` an instant to come, or for some `minutes` from now.').meta({ id: 'SnoozeReminder' })
export type SnoozeReminder = z.input<typeof SnoozeReminder>

export const OccurrencesQuery = z.strictObject({ limit: z.string().regex(/^\d{1,3}$/, 'must be a whole number from 1 to 100').transform(Number).pipe(z.int().min(1).max(100)).optional().describe('1 to 100, default 10.') })
export const Occurrences = z.strictObject({
  items: z.array(z.strictObject({ dueAt: Instant, remindAt: Instant })),
  complete: z.boolean().describe('False when the series goes on beyond these.'),
}).meta({ id: 'Occurrences' })
export type Occurrences = z.infer<typeof Occurrences>

export const REMINDER_LIST = {
  filters: {
    id: 'id', status: 'enum', customerId: 'id', companyId: 'id', dealId: 'id', ownerId: 'id', tags: 'tags', title: 'text', description: 'text', timeZone: 'text', recurrence: 'text', externalId: 'text',
    dueAt: 'instant', remindAt: 'instant', remindedAt: 'instant', snoozedUntil: 'instant', completedAt: 'instant', recurrenceStart: 'instant', createdAt: 'instant', updatedAt: 'instant',
  },
  sorts: ['dueAt', 'remindAt', 'createdAt', 'updatedAt', 'title', 'status', 'completedAt'], sort: 'dueAt', custom: true,
} as const satisfies ListSpec

const verb = <Body extends z.ZodType = z.ZodUndefined>(name: string, summary: string, body?: Body) =>
  operation({ id: `reminders.${name}`, method: 'post', path: `/reminders/{id}/${name}`, summary, scope: 'crm:write', query: WriteQuery, ...(body ? { body } : {}), status: 200, answer: Reminder, versioned: true, ledgered: true })

export const reminders = {
  ...crud({ noun: 'reminders', one: 'a reminder', item: Reminder, create: NewReminder, update: ReminderPatch, list: REMINDER_LIST }),
  ...upsertable({ noun: 'reminders', one: 'a reminder', item: Reminder, update: ReminderPatch, keys: 'externalId' }),
  complete: verb('complete', 'Completes a reminder; one that recurs moves on to its next occurrence, the last one ends as done'),
  skip: verb('skip', 'Moves a reminder on to its next occurrence without completing this one; the last one ends as cancelled'),
  snooze: verb('snooze', 'Puts a reminder off', SnoozeReminder),
  occurrences: operation({ id: 'reminders.occurrences', method: 'get', path: '/reminders/{id}/occurrences', summary: 'Shows when a reminder is due next, and when it fires', scope: 'crm:read', query: OccurrencesQuery, status: 200, answer: Occurrences }),
}
