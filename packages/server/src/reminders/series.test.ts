import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RuleFault } from './rule.ts'
import { checkSeries, nextOccurrence, occurrencesOf, type Series } from './series.ts'
import { wallOf } from './wall-clock.ts'

const take = (series: Series, count: number, after?: string): string[] => {
  const taken: string[] = []
  for (const at of occurrencesOf(series, after)) {
    taken.push(at.replace(':00.000Z', 'Z'))
    if (taken.length === count) break
  }
  return taken
}

/** Where, what, and the instants that come of it; written down by hand from the zones' published changes. */
const TABLE: [name: string, series: Series, expected: string[]][] = [
  ['Berlin, daily at 02:30, into summer: the hour that is skipped comes an hour later by the clock', { timeZone: 'Europe/Berlin', recurrence: 'FREQ=DAILY', start: '2026-03-28T01:30:00.000Z' },
    ['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z', '2026-03-31T00:30Z']],
  ['Berlin, daily at 02:30, into winter: the hour that is repeated comes once, the first time', { timeZone: 'Europe/Berlin', recurrence: 'FREQ=DAILY', start: '2026-10-24T00:30:00.000Z' },
    ['2026-10-24T00:30Z', '2026-10-25T00:30Z', '2026-10-26T01:30Z', '2026-10-27T01:30Z']],
  ['New York, daily at 02:30, into summer', { timeZone: 'America/New_York', recurrence: 'FREQ=DAILY', start: '2026-03-07T07:30:00.000Z' }, ['2026-03-07T07:30Z', '2026-03-08T07:30Z', '2026-03-09T06:30Z']],
  ['New York, daily at 01:30, into winter', { timeZone: 'America/New_York', recurrence: 'FREQ=DAILY', start: '2026-10-31T05:30:00.000Z' }, ['2026-10-31T05:30Z', '2026-11-01T05:30Z', '2026-11-02T06:30Z']],
  ['Lord Howe, daily at 02:15, into summer by half an hour', { timeZone: 'Australia/Lord_Howe', recurrence: 'FREQ=DAILY', start: '2026-10-02T15:45:00.000Z' }, ['2026-10-02T15:45Z', '2026-10-03T15:45Z', '2026-10-04T15:15Z', '2026-10-05T15:15Z']],
  ['Lord Howe, daily at 01:45, into winter by half an hour', { timeZone: 'Australia/Lord_Howe', recurrence: 'FREQ=DAILY', start: '2026-04-03T14:45:00.000Z' }, ['2026-04-03T14:45Z', '2026-04-04T14:45Z', '2026-04-05T15:15Z']],
  ['Kathmandu, weekly on Monday at 09:00, a quarter off the hour', { timeZone: 'Asia/Kathmandu', recurrence: 'FREQ=WEEKLY;BYDAY=MO', start: '2026-03-23T03:15:00.000Z' }, ['2026-03-23T03:15Z', '2026-03-30T03:15Z', '2026-04-06T03:15Z']],
  ['monthly on the 31st, in the months that have one', { timeZone: 'Europe/Berlin', recurrence: 'FREQ=MONTHLY', start: '2026-01-31T08:00:00.000Z' }, ['2026-01-31T08:00Z', '2026-03-31T07:00Z', '2026-05-31T07:00Z', '2026-07-31T07:00Z', '2026-08-31T07:00Z', '2026-10-31T08:00Z']],
  ['the last Friday of a month', { timeZone: 'America/New_York', recurrence: 'FREQ=MONTHLY;BYDAY=-1FR', start: '2026-01-30T14:00:00.000Z' }, ['2026-01-30T14:00Z', '2026-02-27T14:00Z', '2026-03-27T13:00Z', '2026-04-24T13:00Z']],
  ['yearly on the leap day', { timeZone: 'Europe/Berlin', recurrence: 'FREQ=YEARLY', start: '2024-02-29T08:00:00.000Z' }, ['2024-02-29T08:00Z', '2028-02-29T08:00Z', '2032-02-29T08:00Z']],
  ['three times, and no more', { timeZone: 'UTC', recurrence: 'FREQ=DAILY;COUNT=3', start: '2026-01-01T08:00:00.000Z' }, ['2026-01-01T08:00Z', '2026-01-02T08:00Z', '2026-01-03T08:00Z']],
  ['a start that the rule does not name is the first of its COUNT', { timeZone: 'UTC', recurrence: 'FREQ=WEEKLY;BYDAY=MO;COUNT=3', start: '2026-11-26T08:00:00.000Z' }, ['2026-11-26T08:00Z', '2026-11-30T08:00Z', '2026-12-07T08:00Z']],
  ['what is excepted is counted', { timeZone: 'Europe/Berlin', recurrence: 'RRULE:FREQ=DAILY;COUNT=4\nEXDATE:20260102T090000', start: '2026-01-01T08:00:00.000Z' }, ['2026-01-01T08:00Z', '2026-01-03T08:00Z', '2026-01-04T08:00Z']],
  ['a day excepted, an instant excepted, and one besides', { timeZone: 'Europe/Berlin', recurrence: 'FREQ=DAILY;COUNT=4\r\nEXDATE;VALUE=DATE:20260102\r\nEXDATE:20260103T080000Z\r\nRDATE:20260110T120000', start: '2026-01-01T08:00:00.000Z' },
    ['2026-01-01T08:00Z', '2026-01-04T08:00Z', '2026-01-10T11:00Z']],
  ['until an instant, which is let in', { timeZone: 'Europe/Berlin', recurrence: 'FREQ=DAILY;UNTIL=20260330T003000Z', start: '2026-03-28T01:30:00.000Z' }, ['2026-03-28T01:30Z', '2026-03-29T01:30Z', '2026-03-30T00:30Z']],
  ['until a day, to its end where it hangs', { timeZone: 'America/New_York', recurrence: 'FREQ=DAILY;UNTIL=20260102', start: '2026-01-01T04:30:00.000Z' }, ['2026-01-01T04:30Z', '2026-01-02T04:30Z', '2026-01-03T04:30Z']],
  ['two times of a day, one of them in the hour that is skipped', { timeZone: 'Europe/Berlin', recurrence: 'FREQ=DAILY;BYHOUR=2,3;BYMINUTE=15,30', start: '2026-03-29T00:15:00.000Z' },
    ['2026-03-29T00:15Z', '2026-03-29T01:15Z', '2026-03-29T01:30Z', '2026-03-30T00:15Z']],
  ['Samoa, where a whole day was skipped', { timeZone: 'Pacific/Apia', recurrence: 'FREQ=DAILY', start: '2011-12-29T19:00:00.000Z' }, ['2011-12-29T19:00Z', '2011-12-30T19:00Z', '2011-12-31T19:00Z']],
]

describe('a series', () => {
  it.each(TABLE)('%s', (_, series, expected) => {
    checkSeries(series)
    const all = take(series, expected.length + (/COUNT|UNTIL/.test(series.recurrence) ? 1 : 0))
    expect(all).toEqual(expected)
    for (const [index, at] of all.entries()) expect(nextOccurrence(series, at)?.replace(':00.000Z', 'Z') ?? null).toBe(take(series, index + 2)[index + 1] ?? null)
  })

  const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Casablanca', 'Pacific/Apia', 'UTC')
  const rule = fc.record({
    freq: fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY', 'HOURLY'), interval: fc.integer({ min: 1, max: 9 }), end: fc.constantFrom('', ';COUNT=7', ';UNTIL=20280101T000000Z', ';UNTIL=20270601'),
    days: fc.constantFrom('', ';BYDAY=MO', ';BYDAY=SU,SA', ';BYMONTH=3,10', ';BYHOUR=2;BYMINUTE=10,40'),
  }).map(({ freq, interval, end, days }) => `FREQ=${freq};INTERVAL=${interval}${days}${end}`)
  const start = fc.date({ min: new Date('2026-01-01T00:00:00Z'), max: new Date('2026-12-31T00:00:00Z'), noInvalidDate: true }).map((date) => `${date.toISOString().slice(0, 16)}:00.000Z`)

  it('comes strictly one after the other, from its start, and the same from wherever one looks', () => {
    fc.assert(fc.property(fc.record({ timeZone: zone, recurrence: rule, start }), (series) => {
      const all = take(series, 30)
      expect(all[0]).toBe(series.start.replace(':00.000Z', 'Z'))
      for (let index = 1; index < all.length; index++) expect(Date.parse(all[index] ?? '')).toBeGreaterThan(Date.parse(all[index - 1] ?? ''))
      const middle = all[Math.floor(all.length / 2)] ?? ''
      const rest = all.slice(Math.floor(all.length / 2) + 1)
      expect(take(series, rest.length || 1, middle).slice(0, rest.length)).toEqual(rest)
    }), { numRuns: 150 })
  })

  it('shows the same time on the wall all the year', () => {
    fc.assert(fc.property(zone, fc.integer({ min: 4 * 60, max: 23 * 60 }), (timeZone, minute) => {
      const midnight = Date.parse('2026-01-15T00:00:00Z')
      const series = { timeZone, recurrence: 'FREQ=WEEKLY', start: new Date(midnight + minute * 60_000 - (wallOf(midnight, timeZone) - midnight)).toISOString() }
      const times = new Set(take(series, 52).map((at) => new Date(wallOf(Date.parse(at), timeZone)).toISOString().slice(11, 16)))
      expect(times.size).toBe(1)
    }), { numRuns: 30 })
  })

  it.each([
    ['', 'must hold a rule'], ['FREQ=NEVER', 'must have a FREQ of HOURLY'], ['FREQ=MINUTELY', 'cannot recur oftener'], ['FREQ=DAILY;FOO=1', 'has the part FOO'], ['FREQ=DAILY;INTERVAL=0', 'as INTERVAL'],
    ['FREQ=DAILY;COUNT=2;UNTIL=20270101', 'by COUNT or by UNTIL'], ['BYDAY=MO', 'must name FREQ'], ['FREQ=DAILY;BYHOUR=25', 'as BYHOUR'], ['FREQ=WEEKLY;BYDAY=1MO', 'RFC 5545'], ['FREQ=DAILY;COUNT=0', 'as COUNT'],
    ['FREQ=DAILY;FREQ=WEEKLY', 'names FREQ twice'], ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'never comes to pass'], ['FREQ=DAILY;UNTIL=yesterday', 'as UNTIL'], ['FREQ=DAILY;UNTIL=20261331', 'as UNTIL'], ['FREQ=DAILY;UNTIL=20200101', 'before dueAt'],
    ['DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY', 'must not hold DTSTART'], ['FREQ=DAILY\nFREQ=WEEKLY', 'one rule'], ['FREQ=DAILY\nEXDATE;TZID=Mars/Olympus:20260101T000000', 'Mars/Olympus'], ['every day', 'made of parts'], ['FREQ=DAILY;BYSETPOS=2', 'RFC 5545'],
    ['BEGIN:VEVENT', 'BEGIN'],
  ])('refuses %j by name', (recurrence, said) => {
    const check = () => checkSeries({ recurrence, timeZone: 'Europe/Berlin', start: '2026-01-01T08:00:00.000Z' })
    expect(check).toThrow(RuleFault)
    expect(check).toThrow(said)
  })
})
