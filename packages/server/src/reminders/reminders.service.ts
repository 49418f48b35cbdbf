import type { Occurrences, SnoozeReminder } from '@flowstate-ai/sdk/contract'
import { instant } from '../clock.ts'
import { Conflict, Invalid } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'
import type { Written } from '../ledger/writes.ts'
import { createRecordService, type RecordDeps } from '../records/record.service.ts'
import { amended, begun, movedOn, remindAtOf, type ReminderSettings, seriesOf } from './plan.ts'
import { occurrencesOf } from './series.ts'

/** The workspace's time zone and quiet hours as they are now. */
export type SettingsOf = (workspaceId: string) => Promise<ReminderSettings>

const MINUTE_MS = 60_000
const DEFAULT_OCCURRENCES = 10

/** Reminders. When one fires is planned here and stands in `remindAt`; that it fires is `firing.service`'s. */
export const createRemindersService = (deps: RecordDeps, settingsOf: SettingsOf) => {
  const records = createRecordService(deps, {
    noun: 'reminders',
    defaults: { status: 'open', tags: [], customFields: {} },
    keys: { externalId: (id) => id },
    references: { customerId: 'customers', companyId: 'companies', dealId: 'deals' },

    /** A reminder about a deal is about the deal's customer too, unless the request says otherwise. */
    async complete(caller, fields, at) {
      const planned = begun(fields, await settingsOf(caller.workspaceId), at)
      if (typeof fields.dealId !== 'string' || (fields.customerId !== undefined && fields.companyId !== undefined)) return planned
      const deal = await deps.scoped.find(caller, 'deals', fields.dealId)
      if (!deal) return planned
      const { customerId, companyId } = JSON.parse(deal.json) as Fields
      return { customerId, companyId, ...planned }
    },

    amend: async (caller, current, patch, at) => amended(current, patch, await settingsOf(caller.workspaceId), at),
  })

  const change = (caller: Caller, id: string, verb: string, plan: (current: Fields, settings: ReminderSettings, at: string) => Fields): Promise<Written> =>
    records.amend(caller, id, async (current, at) => {
      if (current.status !== 'open') throw new Conflict('invalid_state', `A reminder that is ${String(current.status)} cannot be ${verb}; open it first: PATCH {"status":"open"}.`)
      return plan(current, await settingsOf(caller.workspaceId), at)
    })

  return {
    ...records,

    complete: (caller: Caller, id: string): Promise<Written> =>
      change(caller, id, 'completed', (current, settings, at) => ({ ...movedOn(current, { status: 'done' }, settings), completedAt: at })),

    skip: (caller: Caller, id: string): Promise<Written> =>
      change(caller, id, 'skipped', (current, settings) => {
        if (current.recurrence === null) throw new Conflict('invalid_state', 'This reminder does not recur, so there is no next one to skip to; complete it, or cancel it by PATCH {"status":"cancelled"}.')
        return movedOn(current, { status: 'cancelled' }, settings)
      }),

    snooze: (caller: Caller, id: string, to: SnoozeReminder): Promise<Written> =>
      change(caller, id, 'snoozed', (current, settings, at) => {
        const snoozedUntil = 'until' in to ? to.until : instant(Date.parse(at) + to.minutes * MINUTE_MS)
        if (snoozedUntil <= at) throw new Invalid([{ pointer: '/until', code: 'invalid_value', detail: `must lie ahead; it is ${at} now` }])
        return { snoozedUntil, remindAt: remindAtOf({ ...current, snoozedUntil }, settings) }
      }),

    /** The one that is due now, as it is planned, and those that follow by the rule. */
    async occurrences(caller: Caller, id: string, limit = DEFAULT_OCCURRENCES): Promise<Occurrences> {
      const current = JSON.parse((await records.retrieve(caller, id)).json) as Fields
      if (current.status !== 'open') return { items: [], complete: true }
      const settings = await settingsOf(caller.workspaceId)
      const items = [{ dueAt: String(current.dueAt), remindAt: String(remindAtOf(current, settings)) }]
      if (typeof current.recurrence === 'string') {
        for (const dueAt of occurrencesOf(seriesOf(current), String(current.dueAt))) {
          if (items.length === limit) return { items, complete: false }
          items.push({ dueAt, remindAt: String(remindAtOf({ status: 'open', dueAt }, settings)) })
        }
      }
      return { items, complete: true }
    },
  }
}
export type RemindersService = ReturnType<typeof createRemindersService>
