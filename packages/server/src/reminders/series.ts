import { RRuleTemporal } from 'rrule-temporal'
import { Temporal } from 'temporal-polyfill'
import { instant } from '../clock.ts'
import { type Moment, parseRecurrence, type Recurrence, RuleFault } from './rule.ts'
import { instantOf, lastInstantOf, wallOf } from './wall-clock.ts'

/** What recurs: by which rule, on which wall's clock, and where it began. */
export interface Series { start: string; timeZone: string; recurrence: string }

const DAY_MS = 86_400_000
/** Clocks were never put forward by more than a day: what lies so far apart on the wall is in the same order in time. */
const REORDER_MS = DAY_MS + 3_600_000
const SECOND_MS = 1_000

/**
 * Everything that a series brings after an instant, in order and each once. It is worked out on the wall clock and told in time: 09:00
 * stays 09:00 when clocks change. What falls into the hour that clocks skip comes as much later; what falls into the one they repeat
 * comes once, the first time. The start is always its first occurrence and counts as one, as RFC 5545 has it for COUNT.
 */
export function* occurrencesOf(series: Series, after: string | null = null): Generator<string> {
  const recurrence = parseRecurrence(series.recurrence)
  const start = Date.parse(series.start)
  const than = after === null ? start - 1 : Date.parse(after)
  const until = recurrence.until ? endOf(recurrence.until, series.timeZone) : Number.POSITIVE_INFINITY
  const except = exceptionsOf(recurrence.except, series.timeZone)
  let last = Number.NEGATIVE_INFINITY
  for (const at of inOrder(series, recurrence, start, than)) {
    if (at <= than || at === last || except(at)) continue
    if (at > until && !recurrence.besides.some((moment) => instantsOf(moment, series.timeZone, start).includes(at))) continue
    last = at
    yield instant(at)
  }
}

/** The first occurrence after an instant; null: the series is over. */
export const nextOccurrence = (series: Series, after: string): string | null => {
  const { value, done } = occurrencesOf(series, after).next()
  return done ? null : value
}

/** @throws RuleFault with what is wrong with a rule, or that it never comes to pass. */
export const checkSeries = (series: Series): void => {
  const recurrence = parseRecurrence(series.recurrence)
  if (recurrence.until && endOf(recurrence.until, series.timeZone) < Date.parse(series.start)) throw new RuleFault('ends, by its UNTIL, before dueAt')
  ruleOf(recurrence, 0)
  const start = Date.parse(series.start)
  const walls = wallsOf(series, recurrence, start, start, (fault) => { throw fault })
  if (walls.next().done && (recurrence.count ?? 2) > 1 && recurrence.besides.length === 0) throw new RuleFault('never comes to pass after dueAt')
}

/** The rule's occurrences from a while before `than` on, and the dates named besides, by the instant. */
function* inOrder(series: Series, recurrence: Recurrence, start: number, than: number): Generator<number> {
  const until = recurrence.until ? endOf(recurrence.until, series.timeZone) : Number.POSITIVE_INFINITY
  const waiting = [start, ...recurrence.besides.flatMap((moment) => instantsOf(moment, series.timeZone, start))].filter((at) => at >= start)
  for (const wall of wallsOf(series, recurrence, start, than, () => undefined)) {
    const at = instantOf(wall, series.timeZone)
    if (at > until + REORDER_MS) break
    if (at > start) waiting.push(at)
    waiting.sort((a, b) => a - b)
    while (waiting[0] !== undefined && waiting[0] < at - REORDER_MS) yield waiting.shift() as number
  }
  yield* waiting.sort((a, b) => a - b)
}

/** The rule's own occurrences on the wall, after the start's. Where the library gives up looking, the series is over. */
function* wallsOf({ timeZone }: Series, recurrence: Recurrence, start: number, than: number, gaveUp: (fault: RuleFault) => void): Generator<number> {
  const wallStart = wallOf(start, timeZone)
  const rule = ruleOf(recurrence, wallStart)
  try {
    if (recurrence.count !== null) {
      const matches = rule.next(new Date(wallStart), true)?.epochMilliseconds === wallStart
      const left = recurrence.count - (matches ? 0 : 1)
      if (left > 0) yield* ruleOf(recurrence, wallStart, left).all().map((at) => at.epochMilliseconds).filter((wall) => wall > wallStart)
      return
    }
    for (let cursor = Math.max(wallStart, wallOf(than, timeZone) - REORDER_MS); ;) {
      const next = rule.next(new Date(cursor))
      if (!next) return
      cursor = next.epochMilliseconds
      yield cursor
    }
  } catch (error) {
    if (!/maximum|exceeded/i.test(error instanceof Error ? error.message : '')) throw error
    gaveUp(new RuleFault('never comes to pass after dueAt'))
  }
}

const ruleOf = ({ rule }: Recurrence, wallStart: number, count?: number): RRuleTemporal => {
  try {
    return new RRuleTemporal({ rruleString: count === undefined ? rule : `${rule};COUNT=${count}`, dtstart: Temporal.Instant.fromEpochMilliseconds(wallStart).toZonedDateTimeISO('UTC'), strict: true, cache: false })
  } catch (error) {
    throw new RuleFault(`is none that RFC 5545 knows: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const zoneOf = (moment: Moment, timeZone: string): string => moment.timeZone ?? timeZone

/** The last instant that an UNTIL lets in. */
const endOf = (moment: Moment, timeZone: string): number => {
  if (moment.kind === 'instant') return moment.ms
  return moment.kind === 'wall' ? lastInstantOf(moment.ms, zoneOf(moment, timeZone)) : instantOf(moment.ms + DAY_MS, zoneOf(moment, timeZone)) - 1
}

/** A day alone takes the time of day of the start. */
const instantsOf = (moment: Moment, timeZone: string, start: number): number[] => {
  if (moment.kind === 'instant') return [moment.ms]
  const wall = moment.kind === 'wall' ? moment.ms : moment.ms + (((wallOf(start, timeZone) % DAY_MS) + DAY_MS) % DAY_MS)
  return [instantOf(wall, zoneOf(moment, timeZone))]
}

/** To the second, for RFC 5545 has no smaller; a time that clocks show twice excepts both. */
const exceptionsOf = (moments: Moment[], timeZone: string): ((at: number) => boolean) => {
  const seconds = new Set<number>()
  const days = new Set<number>()
  for (const moment of moments) {
    if (moment.kind === 'day') days.add(moment.ms)
    else if (moment.kind === 'instant') seconds.add(moment.ms / SECOND_MS)
    else for (const at of [instantOf(moment.ms, zoneOf(moment, timeZone)), lastInstantOf(moment.ms, zoneOf(moment, timeZone))]) seconds.add(at / SECOND_MS)
  }
  return (at) => {
    if (seconds.has(Math.floor(at / SECOND_MS))) return true
    return days.size > 0 && days.has(Math.floor(wallOf(at, timeZone) / DAY_MS) * DAY_MS)
  }
}
