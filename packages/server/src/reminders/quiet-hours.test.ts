import type { QuietHours } from '@flowstate-ai/sdk/contract'
import { expect, it } from 'vitest'
import { outOfQuietHours } from './quiet-hours.ts'

const NIGHT: QuietHours = { from: '22:00', to: '07:00' }
it.each<[name: string, at: string, quietHours: QuietHours, timeZone: string, expected: string]>([
  ['Berlin, by day: it stays', '2026-06-10T10:00:00.000Z', NIGHT, 'Europe/Berlin', '2026-06-10T10:00:00.000Z'],
  ['Berlin, at their first minute', '2026-06-10T20:00:00.000Z', NIGHT, 'Europe/Berlin', '2026-06-11T05:00:00.000Z'],
  ['Berlin, at their end: it stays', '2026-06-11T05:00:00.000Z', NIGHT, 'Europe/Berlin', '2026-06-11T05:00:00.000Z'],
  ['Berlin, after midnight, in the night that clocks are put forward', '2026-03-29T00:30:00.000Z', NIGHT, 'Europe/Berlin', '2026-03-29T05:00:00.000Z'],
  ['Berlin, in the night that clocks are put back', '2026-10-24T21:00:00.000Z', NIGHT, 'Europe/Berlin', '2026-10-25T06:00:00.000Z'],
  ['Berlin, until a time that clocks skip', '2026-03-29T00:10:00.000Z', { from: '00:00', to: '02:30' }, 'Europe/Berlin', '2026-03-29T01:30:00.000Z'],
  ['Lord Howe, in the night of the half hour', '2026-10-03T14:00:00.000Z', NIGHT, 'Australia/Lord_Howe', '2026-10-03T20:00:00.000Z'],
  ['Kathmandu', '2026-06-10T17:00:00.000Z', NIGHT, 'Asia/Kathmandu', '2026-06-11T01:15:00.000Z'],
  ['New York, on a weekend', '2026-06-13T15:00:00.000Z', { from: '00:00', to: '24:00', days: ['SA', 'SU'] }, 'America/New_York', '2026-06-15T04:00:00.000Z'],
  ['New York, on a Friday before one: it stays', '2026-06-12T15:00:00.000Z', { from: '00:00', to: '24:00', days: ['SA', 'SU'] }, 'America/New_York', '2026-06-12T15:00:00.000Z'],
  ['a night that began on a quiet day lasts into one that is not', '2026-06-13T03:00:00.000Z', { from: '22:00', to: '07:00', days: ['FR'] }, 'UTC', '2026-06-13T07:00:00.000Z'],
  ['a night that began on a day that is not quiet', '2026-06-12T03:00:00.000Z', { from: '22:00', to: '07:00', days: ['FR'] }, 'UTC', '2026-06-12T03:00:00.000Z'],
])('%s', (_, at, quietHours, timeZone, expected) => {
  expect(outOfQuietHours(at, quietHours, timeZone)).toBe(expected)
})
