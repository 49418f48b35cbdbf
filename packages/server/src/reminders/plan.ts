import type { QuietHours } from '@flowstate-ai/sdk/contract'
import { Invalid } from '../errors.ts'
import type { Fields } from '../ledger/ledger.ts'
import { outOfQuietHours } from './quiet-hours.ts'
import { RuleFault } from './rule.ts'
import { checkSeries, nextOccurrence } from './series.ts'

/** What of a workspace's settings reminders go by. */
export interface ReminderSettings { timeZone: string; quietHours: QuietHours | null }

/** When a reminder fires, by its other fields; null: it does not. */
export const remindAtOf = ({ status, dueAt, snoozedUntil }: Fields, { timeZone, quietHours }: ReminderSettings): string | null =>
  status === 'open' ? outOfQuietHours(String(snoozedUntil ?? dueAt), quietHours, timeZone) : null

/** A new reminder with what follows from what was said of it. */
export const begun = (fields: Fields, settings: ReminderSettings, at: string): Fields => {
  const timeZone = fields.timeZone ?? settings.timeZone
  const whole = { ...fields, timeZone, recurrence: fields.recurrence ?? null, snoozedUntil: null, completedAt: fields.status === 'done' ? at : null, remindedAt: null }
  return { ...whole, recurrenceStart: startOf(whole), remindAt: remindAtOf(whole, settings) }
}

/** A patch with what follows from it. A series whose time or rule is set begins anew; what is due at another time is snoozed no more. */
export const amended = (current: Fields, patch: Fields, settings: ReminderSettings, at: string): Fields => {
  const after = { ...current, ...patch }
  const differs = (name: string) => patch[name] !== undefined && patch[name] !== current[name]
  const follows: Fields = {}
  if (differs('dueAt') || differs('timeZone') || differs('recurrence')) follows.recurrenceStart = startOf(after)
  if (differs('dueAt') && patch.snoozedUntil === undefined) follows.snoozedUntil = null
  if (differs('status')) {
    follows.completedAt = after.status === 'done' ? at : after.status === 'open' ? null : current.completedAt
    if (after.status !== 'open') follows.snoozedUntil = null
  }
  const whole = { ...after, ...follows }
  return { ...patch, ...follows, remindAt: remindAtOf(whole, settings) }
}

/** Where it goes from here, by its rule; the last occurrence, and one alone, ends in `end`. */
export const movedOn = (current: Fields, end: Fields, settings: ReminderSettings): Fields => {
  const next = typeof current.recurrence === 'string' ? nextOccurrence(seriesOf(current), String(current.dueAt)) : null
  const patch = next === null ? { ...end, snoozedUntil: null } : { dueAt: next, snoozedUntil: null }
  return { ...patch, remindAt: remindAtOf({ ...current, ...patch }, settings) }
}

export const seriesOf = ({ recurrence, recurrenceStart, dueAt, timeZone }: Fields) =>
  ({ recurrence: String(recurrence), start: String(recurrenceStart ?? dueAt), timeZone: String(timeZone) })

/** The start of its series, whose rule is checked; null where it does not recur. */
const startOf = (fields: Fields): string | null => {
  if (typeof fields.recurrence !== 'string') return null
  try {
    checkSeries(seriesOf({ ...fields, recurrenceStart: null }))
  } catch (error) {
    if (!(error instanceof RuleFault)) throw error
    throw new Invalid([{ pointer: '/recurrence', code: 'invalid_format', detail: error.message }])
  }
  return String(fields.dueAt)
}
