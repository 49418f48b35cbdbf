import { Temporal } from 'temporal-polyfill'

/** A recurrence that cannot be; the message completes "recurrence …". */
export class RuleFault extends Error {}

/** A date or time as RFC 5545 writes it: with a Z an instant, without one a time on a wall, or a whole day. Milliseconds as in wall-clock. */
export interface Moment { kind: 'instant' | 'wall' | 'day'; ms: number; timeZone: string | null }
export interface Recurrence {
  /** The rule without its end, as the library takes it. */
  rule: string
  count: number | null
  until: Moment | null
  except: Moment[]
  besides: Moment[]
}

export const MOST_OCCURRENCES = 2_000
const MOST_DATES = 500
const FREQUENCIES = ['HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']
const DAY = /^([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)$/
/** The numbers that a part may hold; where `signed`, counted from the end too, and never 0. */
const NUMBERS: Record<string, { least: number; most: number; signed?: true }> = {
  BYHOUR: { least: 0, most: 23 }, BYMINUTE: { least: 0, most: 59 }, BYSECOND: { least: 0, most: 59 }, BYMONTH: { least: 1, most: 12 },
  BYMONTHDAY: { least: 1, most: 31, signed: true }, BYYEARDAY: { least: 1, most: 366, signed: true }, BYWEEKNO: { least: 1, most: 53, signed: true }, BYSETPOS: { least: 1, most: 366, signed: true },
}

/**
 * Reads RFC 5545's lines: one rule, with or without `RRULE:`, and any number of `EXDATE` and `RDATE`. Stricter than the library, which
 * passes over what it does not know: a misspelt part must not make another series.
 *
 * @throws RuleFault
 */
export const parseRecurrence = (text: string): Recurrence => {
  const found: Omit<Recurrence, 'rule' | 'count' | 'until'> & { rules: string[] } = { rules: [], except: [], besides: [] }
  // A line that begins with a blank goes on with the one before.
  for (const line of text.replaceAll(/\r?\n[ \t]/g, '').split(/\r?\n/).map((each) => each.trim()).filter((each) => each !== '')) {
    const [, name = 'RRULE', parameters = '', value = ''] = /^(?:([A-Za-z]+)((?:;[^:]*)?):)?(.*)$/.exec(line) ?? []
    switch (name.toUpperCase()) {
      case 'RRULE': found.rules.push(value.toUpperCase()); break
      case 'EXDATE': found.except.push(...datesOf('EXDATE', parameters, value)); break
      case 'RDATE': found.besides.push(...datesOf('RDATE', parameters, value)); break
      case 'DTSTART': throw new RuleFault('must not hold DTSTART: it begins at dueAt, in timeZone')
      default: throw new RuleFault(`holds ${name}, which is none of RRULE, EXDATE and RDATE`)
    }
  }
  const [rule, more] = found.rules
  if (rule === undefined) throw new RuleFault('must hold a rule such as FREQ=WEEKLY;BYDAY=MO')
  if (more !== undefined) throw new RuleFault('must hold one rule; it holds several')
  if (found.except.length + found.besides.length > MOST_DATES) throw new RuleFault(`must hold at most ${MOST_DATES} dates`)
  const { except, besides } = found
  return { ...partsOf(rule), except, besides }
}

const partsOf = (text: string): Pick<Recurrence, 'rule' | 'count' | 'until'> => {
  const parts = new Map<string, string>()
  for (const part of text.replace(/;$/, '').split(';')) {
    const [, name, value] = /^([A-Z]+)=(.+)$/.exec(part) ?? []
    if (name === undefined || value === undefined) throw new RuleFault(`must be made of parts such as FREQ=WEEKLY; “${part.slice(0, 40)}” is none`)
    if (parts.has(name)) throw new RuleFault(`names ${name} twice`)
    checkPart(name, value)
    parts.set(name, value)
  }
  if (!parts.has('FREQ')) throw new RuleFault('must name FREQ, such as FREQ=WEEKLY')
  const [count, until] = [parts.get('COUNT'), parts.get('UNTIL')]
  if (count !== undefined && until !== undefined) throw new RuleFault('must end by COUNT or by UNTIL, not by both')
  parts.delete('COUNT')
  parts.delete('UNTIL')
  return { rule: [...parts].map(([name, value]) => `${name}=${value}`).join(';'), count: count === undefined ? null : Number(count), until: until === undefined ? null : momentOf('UNTIL', until, null) }
}

const checkPart = (name: string, value: string): void => {
  if (name === 'FREQ') {
    if (!FREQUENCIES.includes(value)) throw new RuleFault(`must have a FREQ of ${FREQUENCIES.join(', ')}; a reminder cannot recur oftener`)
  } else if (name === 'INTERVAL') checkNumber(name, value, { least: 1, most: 1_000 })
  else if (name === 'COUNT') checkNumber(name, value, { least: 1, most: MOST_OCCURRENCES })
  else if (name === 'WKST') {
    if (!/^(MO|TU|WE|TH|FR|SA|SU)$/.test(value)) throw new RuleFault('must have a day such as MO as WKST')
  } else if (name === 'BYDAY') {
    for (const day of value.split(',')) {
      const [, nth] = DAY.exec(day) ?? []
      if (!DAY.test(day) || (nth !== undefined && (Number(nth) === 0 || Math.abs(Number(nth)) > 53))) throw new RuleFault(`must have days such as MO or -1FR as BYDAY, not ${day.slice(0, 20)}`)
    }
  } else if (NUMBERS[name]) for (const number of value.split(',')) checkNumber(name, number, NUMBERS[name])
  else if (name !== 'UNTIL') throw new RuleFault(`has the part ${name}, which RFC 5545 does not know`)
}

const checkNumber = (name: string, text: string, { least, most, signed = false }: { least: number; most: number; signed?: boolean }): void => {
  const value = /^[+-]?\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  const size = signed ? Math.abs(value) : value
  if (!(size >= least && size <= most)) throw new RuleFault(`must have ${signed ? `numbers from ${least} to ${most} or -${most} to -${least}` : `a number from ${least} to ${most}`} as ${name}, not ${text.slice(0, 20)}`)
}

const datesOf = (name: string, parameters: string, value: string): Moment[] => {
  const timeZone = /;TZID=([^;:]+)/i.exec(parameters)?.[1] ?? null
  if (timeZone !== null) checkZone(name, timeZone)
  return value.split(',').map((date) => momentOf(name, date.trim().toUpperCase(), timeZone))
}

const checkZone = (name: string, timeZone: string): void => {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone)
  } catch {
    throw new RuleFault(`names the time zone ${timeZone.slice(0, 40)} in ${name}, which is none`)
  }
}

const momentOf = (name: string, text: string, timeZone: string | null): Moment => {
  const [, year, month, day, time, hour = '0', minute = '0', second = '0', utc] = /^(\d{4})(\d{2})(\d{2})(T(\d{2})(\d{2})(\d{2})(Z)?)?$/.exec(text) ?? []
  try {
    const plain = Temporal.PlainDateTime.from({ year: Number(year), month: Number(month), day: Number(day), hour: Number(hour), minute: Number(minute), second: Number(second) }, { overflow: 'reject' })
    return { kind: time === undefined ? 'day' : utc ? 'instant' : 'wall', ms: plain.toZonedDateTime('UTC').epochMilliseconds, timeZone }
  } catch {
    throw new RuleFault(`must have a date such as 20261231 or 20261231T090000Z as ${name}, not ${text.slice(0, 20)}`)
  }
}
