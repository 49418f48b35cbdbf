import type { QuietHours, Weekday } from '@flowstate-ai/sdk/contract'
import { Temporal } from 'temporal-polyfill'
import { instant } from '../clock.ts'

const WEEKDAYS: readonly Weekday[] = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
/** A week of quiet days in a row, each ending where the next begins, and one more to see that it is over. */
const MOST_MOVES = 9

/** An instant that falls into quiet hours is moved to their end, by the wall clock of the zone; any other stays. */
export const outOfQuietHours = (at: string, quietHours: QuietHours | null, timeZone: string): string => {
  if (!quietHours) return at
  let moved = Date.parse(at)
  for (let moves = 0; moves < MOST_MOVES; moves++) {
    const end = endOfQuiet(moved, quietHours, timeZone)
    if (end === null) break
    moved = end
  }
  return instant(moved)
}

/** When the quiet hours end that hold an instant; null: none does. Those that began yesterday may last into today. */
const endOfQuiet = (ms: number, { from, to, days = [...WEEKDAYS] }: QuietHours, timeZone: string): number | null => {
  const today = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone).toPlainDate()
  for (const day of [today.subtract({ days: 1 }), today]) {
    if (!days.includes(WEEKDAYS[day.dayOfWeek - 1] as Weekday)) continue
    const begins = instantAt(day, from, timeZone)
    const ends = to === '24:00' ? instantAt(day.add({ days: 1 }), '00:00', timeZone) : instantAt(to > from ? day : day.add({ days: 1 }), to, timeZone)
    if (begins <= ms && ms < ends) return ends
  }
  return null
}

const instantAt = (day: Temporal.PlainDate, time: string, timeZone: string): number =>
  day.toZonedDateTime({ timeZone, plainTime: Temporal.PlainTime.from(time) }).epochMilliseconds
