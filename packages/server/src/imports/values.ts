import type { DateOrder, DecimalSign } from '@flowstate-ai/sdk/contract'
import { fractionDigits } from '../csv/money.ts'
import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { CountryCode } from 'libphonenumber-js/min'

/** What a cell says, or why it says nothing that can be used. */
export type Parsed<Value> = { value: Value } | { fault: string }

const PATTERN = /^(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?:[T ,].*)?$/
const NAMED = [/^(?<day>\d{1,2})\.? (?<month>[a-z]{3,9})\.?,? (?<year>\d{4})(?:,?[T ].*)?$/i, /^(?<month>[a-z]{3,9})\.? (?<day>\d{1,2}),? (?<year>\d{4})(?:,?[T ].*)?$/i]
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const ORDERS: DateOrder[] = ['ymd', 'dmy', 'mdy']

/** The order of day, month and year that most cells of a column fit; a column of one format is never read in two. */
export const dateOrderOf = (counts: Record<DateOrder, number>): DateOrder =>
  ORDERS.reduce((best, order) => (counts[order] > counts[best] ? order : best), 'ymd' as DateOrder)

export const countDate = (counts: Record<DateOrder, number>, text: string): void => {
  for (const order of ORDERS) if ('value' in parseDate(text, order)) counts[order]++
}

export const parseDate = (text: string, order: DateOrder): Parsed<string> => {
  const fault = { fault: `"${short(text)}" is not a date such as ${{ ymd: '2026-12-31', dmy: '31-12-2026', mdy: '12/31/2026' }[order]}` }
  const named = NAMED.map((pattern) => pattern.exec(text)?.groups).find((groups) => groups !== undefined)
  const match = named ? null : PATTERN.exec(text)
  if (!match && !named) return fault
  const [first = '', second = '', third = ''] = match?.slice(1) ?? []
  const month = named ? String(MONTHS.indexOf((named.month ?? '').slice(0, 3).toLowerCase()) + 1) : order === 'mdy' ? first : second
  const year = named?.year ?? (order === 'ymd' ? first : third)
  const day = named?.day ?? (order === 'ymd' ? third : order === 'dmy' ? first : second)
  if (year.length !== 4 || day.length > 2 || month.length > 2 || month === '0') return fault
  // Date.UTC takes the years before 100 for those of the last century.
  const date = new Date(new Date(0).setUTCFullYear(Number(year), Number(month) - 1, Number(day)))
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return fault
  return { value: date.toISOString().slice(0, 10) }
}

/** A day with a time; without an offset the time is UTC, without a time it is midnight. */
export const parseInstant = (text: string, order: DateOrder): Parsed<string> => {
  const day = parseDate(text, order)
  if ('fault' in day) return day
  const time = /[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})\d*)?)?\s*([ap]m)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?$/i.exec(text)
  if (!time) return /\d:\d/.test(text) ? { fault: `"${short(text)}" is not a time` } : { value: `${day.value}T00:00:00.000Z` }
  const [hours = '', minutes = '', seconds = '00', fraction = '0', half, zone = 'Z'] = time.slice(1)
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0)
  const offset = /^[+-]/.test(zone) ? zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2') : 'Z'
  const at = new Date(`${day.value}T${String(hour).padStart(2, '0')}:${minutes}:${seconds}.${fraction.padEnd(3, '0')}${offset}`)
  return Number.isNaN(at.getTime()) ? { fault: `"${short(text)}" is not a time` } : { value: at.toISOString() }
}

/** Which sign stands before decimals, if the cell tells: `1.054,50` and `12,5` say comma; `1,054` says nothing. */
export const countDecimal = (counts: Record<DecimalSign, number>, text: string): void => {
  const number = text.replaceAll(/[^\d.,]/g, '')
  const last = Math.max(number.lastIndexOf(','), number.lastIndexOf('.'))
  if (last < 0) return
  const sign = number[last] as DecimalSign
  const other = sign === ',' ? '.' : ','
  const after = number.length - last - 1
  if (number.indexOf(sign) !== last) counts[other] += number.includes(other) ? 0 : 1
  else if (number.includes(other) || after !== 3) counts[sign]++
}
export const decimalOf = (counts: Record<DecimalSign, number>): DecimalSign | null => (counts[','] === 0 && counts['.'] === 0 ? null : counts[','] > counts['.'] ? ',' : '.')

/** By its digits, not through a fraction: `90071992547409.91` is more than a fraction can hold to the cent. What is finer than a minor unit is rounded. */
const minorUnits = (digits: string, places: number): number => {
  const [whole = '', fraction = ''] = digits.replace('-', '').split('.')
  const amount = Number(whole + fraction.slice(0, places).padEnd(places, '0')) + (Number(fraction[places] ?? '0') >= 5 ? 1 : 0)
  return digits.startsWith('-') && amount !== 0 ? -amount : amount
}

/** An amount in major units, `1,054.50` or `1.054,50`, to integer minor units of its currency, which the cell may name itself. */
export const parseMoney = (text: string, currency: string, decimal?: DecimalSign | null, { owed = false } = {}): Parsed<{ amount: number; currency: string }> => {
  const own = /^([A-Z]{3})\s*[-\d]|\d\s*([A-Z]{3})$/.exec(text)
  const code = own?.[1] ?? own?.[2] ?? SIGNS[/[€£¥₹]/.exec(text)?.[0] ?? ''] ?? currency
  if (!/^[A-Z]{3}$/.test(code)) return { fault: `"${short(code)}" is not a currency such as EUR` }
  const number = digitsOf(text.replaceAll(/[€$£¥₹\s]|^[A-Z]{3}|[A-Z]{3}$/g, ''), decimal)
  if ('fault' in number) return { fault: `"${short(text)}" is not an amount such as 1054.50` }
  if (number.value < 0 && !owed) return { fault: `"${short(text)}" is less than nothing` }
  if (!/^[-\d.]+$/.test(number.digits)) return { fault: `"${short(text)}" is not an amount such as 1054.50` }
  const amount = minorUnits(number.digits, fractionDigits(code))
  return Number.isSafeInteger(amount) ? { value: { amount, currency: code } } : { fault: `"${short(text)}" is too large` }
}
const SIGNS: Record<string, string> = { '€': 'EUR', '£': 'GBP', '¥': 'JPY', '₹': 'INR' }

const WITH: Record<DecimalSign, RegExp> = { '.': /^-?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$/, ',': /^-?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?$/ }

export const parseNumber = (text: string, decimal?: DecimalSign | null): Parsed<number> => {
  const read = digitsOf(text, decimal)
  return 'fault' in read ? read : { value: read.value }
}

const digitsOf = (given: string, decimal?: DecimalSign | null): { value: number; digits: string } | { fault: string } => {
  const text = given.replaceAll(/[\s'’]/g, '')
  // As programs write what is very large or very small.
  if (/^-?\d(?:\.\d+)?e[+-]\d{1,3}$/i.test(text)) return { value: Number(text), digits: text }
  const sign = decimal ?? (/^-?\d{1,3}(\.\d{3})+,\d+$/.test(text) || /^-?\d+,\d{1,2}$/.test(text) || /^-?\d{1,3}(\.\d{3}){2,}$/.test(text) ? ',' : '.')
  if (!WITH[sign].test(text)) return { fault: `"${short(given)}" is not a number` }
  const digits = sign === ',' ? text.replaceAll('.', '').replace(',', '.') : text.replaceAll(',', '')
  return { value: Number(digits), digits }
}

export const parseWhole = (text: string, decimal?: DecimalSign | null): Parsed<number> => {
  const number = parseNumber(text, decimal)
  return 'value' in number && Number.isSafeInteger(number.value) && number.value >= 0 ? number : { fault: `"${short(text)}" is not a whole number` }
}

const TRUTHS = new Map([...['true', 'yes', 'y', '1', 'x', 'ja', 'oui', 'si', 'sí'].map((word) => [word, true] as const), ...['false', 'no', 'n', '0', 'nein', 'non'].map((word) => [word, false] as const)])
export const parseBoolean = (text: string): Parsed<boolean> => {
  const value = TRUTHS.get(text.toLowerCase())
  return value === undefined ? { fault: `"${short(text)}" is neither yes nor no` } : { value }
}

/** E.164 where the number is whole: with its country code, or with the country it is dialled in. Otherwise as it is. */
export const phoneOf = (text: string, country: string | undefined): string => {
  const number = parsePhoneNumberFromString(text, country as CountryCode | undefined)
  return number?.isPossible() ? number.number : text
}

/** `Ada Byron <ada@x.example>`, `Ada Byron (ada@x.example)`, `mailto:ada@x.example` and the bare address. */
export const emailOf = (text: string): string => (/[<(]([^<>()]+@[^<>()]+)[>)]\s*$/.exec(text)?.[1] ?? text).replace(/^mailto:/i, '').trim()

/** How a deal ended, as other systems keep it beside its stage, and the stage in which such deals stand here. */
export type End = 'open' | 'Won' | 'Lost'
export const endOf = (text: string): End | null => (/^(open|in progress)$/i.test(text) ? 'open' : /^(closed )?won$/i.test(text) ? 'Won' : /^(closed )?lost$/i.test(text) ? 'Lost' : null)

/** Several values in one cell: `a@x.example; b@x.example`, or a list as JSON. */
export const severalOf = (text: string): string[] => listOf(text) ?? text.split(/[;,|\n]/).map((part) => part.trim()).filter((part) => part !== '')

const listOf = (text: string): string[] | null => {
  if (!text.startsWith('[')) return null
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) && list.every((item) => typeof item === 'string') ? list : null
  } catch {
    return null
  }
}

export const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
