import { Temporal } from 'temporal-polyfill'

/**
 * What the wall clock of a zone shows at an instant, and the other way. A wall time is written as the milliseconds that UTC's clock
 * would need to show the same, so that rules can be worked out in it without thinking of summer time.
 */
export const wallOf = (ms: number, timeZone: string): number =>
  ms + Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone).offsetNanoseconds / 1_000_000

/** A time that clocks skip in spring is as late as the clock would be had it not been put forward; one they show twice in autumn is the first. */
export const instantOf = (wall: number, timeZone: string): number =>
  plainOf(wall).toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds

/** The same, but the second of two. */
export const lastInstantOf = (wall: number, timeZone: string): number =>
  plainOf(wall).toZonedDateTime(timeZone, { disambiguation: 'later' }).epochMilliseconds

const plainOf = (wall: number): Temporal.PlainDateTime => Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO('UTC').toPlainDateTime()
