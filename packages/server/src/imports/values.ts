import { fractionDigits } from '../csv/money.ts'

/** What a cell says, or why it says nothing that can be used. */
export type Parsed<Value> = { value: Value } | { fault: string }

export type DateOrder = 'ymd' | 'dmy' | 'mdy'
const PATTERN = /^(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?:[T ].*)?$/

/** The order of day, month and year that most cells of a column fit; a column of one format is never read in two. */
export const dateOrderOf = (counts: Record<DateOrder, number>): DateOrder =>
  (['ymd', 'dmy', 'mdy'] as const).reduce((best, order) => (counts[order] > counts[best] ? order : best), 'ymd' as DateOrder)

export const countDate = (counts: Record<DateOrder, number>, text: string): void => {
  for (const order of ['ymd', 'dmy', 'mdy'] as const) if ('value' in parseDate(text, order)) counts[order]++
}

/** A calendar day as `2026-12-31`. */
export const parseDate = (text: string, order: DateOrder): Parsed<string> => {
  const fault = { fault: `"${short(text)}" is not a date such as ${{ ymd: '2026-12-31', dmy: '31-12-2026', mdy: '12/31/2026' }[order]}` }
  const match = PATTERN.exec(text)
  if (!match) return fault
  const [first = '', second = '', third = ''] = match.slice(1)
  const [year, month, day] = order === 'ymd' ? [first, second, third] : order === 'dmy' ? [third, second, first] : [third, first, second]
  if (year.length !== 4 || day.length > 2) return fault
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return fault
  return { value: date.toISOString().slice(0, 10) }
}

/** An amount in major units, `1,054.50` or `1.054,50`, to integer minor units of its currency. */
export const parseMoney = (text: string, currency: string): Parsed<{ amount: number; currency: string }> => {
  if (!/^[A-Z]{3}$/.test(currency)) return { fault: `"${short(currency)}" is not a currency such as EUR` }
  const number = parseNumber(text.replaceAll(/[€$£\s]|^[A-Z]{3}|[A-Z]{3}$/g, ''))
  if ('fault' in number) return { fault: `"${short(text)}" is not an amount such as 1054.50` }
  if (number.value < 0) return { fault: `"${short(text)}" is less than nothing` }
  const amount = Math.round(number.value * 10 ** fractionDigits(currency))
  return Number.isSafeInteger(amount) ? { value: { amount, currency } } : { fault: `"${short(text)}" is too large` }
}

export const parseNumber = (text: string): Parsed<number> => {
  const plain = /^-?\d{1,3}(\.\d{3})+(,\d+)?$/.test(text) ? text.replaceAll('.', '').replace(',', '.') : /^-?\d+,\d{1,2}$/.test(text) ? text.replace(',', '.') : text.replaceAll(/,(?=\d{3}(\D|$))/g, '')
  return /^-?\d+(\.\d+)?$/.test(plain) ? { value: Number(plain) } : { fault: `"${short(text)}" is not a number` }
}

export const parseWhole = (text: string): Parsed<number> => {
  const number = parseNumber(text)
  return 'value' in number && Number.isSafeInteger(number.value) && number.value >= 0 ? number : { fault: `"${short(text)}" is not a whole number` }
}

export const parseInstant = (text: string, order: DateOrder): Parsed<string> => {
  const day = parseDate(text, order)
  const time = /[T ](\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)\s*(Z|[+-]\d{2}:?\d{2})?$/.exec(text)
  if ('fault' in day) return day
  if (!time) return { value: `${day.value}T00:00:00.000Z` }
  const at = new Date(`${day.value}T${(time[1] ?? '').padStart(5, '0')}${time[2] ?? 'Z'}`)
  return Number.isNaN(at.getTime()) ? { fault: `"${short(text)}" is not a time` } : { value: at.toISOString() }
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
