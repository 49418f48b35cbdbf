import type { NewReminder, Occurrences, Reminder, REMINDER_LIST, ReminderPatch, SnoozeReminder } from '../contract/reminders.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { ListQuery } from '../core/query.ts'
import type { Outcome, RequestOptions, Transport, WriteOptions } from '../core/transport.ts'
import { segment } from './resource.ts'
import { UpsertingRecords } from './upserting.ts'

export type ReminderQuery = ListQuery<typeof REMINDER_LIST>

export class Reminders extends UpsertingRecords<Reminder, NewReminder, ReminderPatch, ReminderQuery, 'externalId'> {
  constructor(transport: Transport) {
    super(transport, 'reminders')
  }

  /** One that recurs moves on to its next occurrence; the last one, and one that does not recur, ends as done. */
  complete<Options extends WriteOptions = WriteOptions>(id: string, options?: Options): ApiPromise<Outcome<Options, Reminder>> {
    return this.post(`/reminders/${segment(id)}/complete`, undefined, options)
  }

  /** Moves on to the next occurrence without completing this one. */
  skip<Options extends WriteOptions = WriteOptions>(id: string, options?: Options): ApiPromise<Outcome<Options, Reminder>> {
    return this.post(`/reminders/${segment(id)}/skip`, undefined, options)
  }

  snooze<Options extends WriteOptions = WriteOptions>(id: string, to: SnoozeReminder, options?: Options): ApiPromise<Outcome<Options, Reminder>> {
    return this.post(`/reminders/${segment(id)}/snooze`, to, options)
  }

  /** When it is due next, and when it fires. */
  occurrences(id: string, query?: { limit?: number }, options?: RequestOptions): ApiPromise<Occurrences> {
    return this.get(`/reminders/${segment(id)}/occurrences`, options, query)
  }
}
