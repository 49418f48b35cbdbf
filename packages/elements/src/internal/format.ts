import type { Money } from '@flowstate-ai/sdk'

const formats = new Map<string, Intl.NumberFormat>()

/** Minor units as money of the locale, without cents that nobody reads on a board. */
export const formatMoney = ({ amount, currency }: Money, locale: string, compact = false): string => {
  const key = `${locale}/${currency}/${compact}`
  let format = formats.get(key)
  if (!format) {
    format = new Intl.NumberFormat(locale, { style: 'currency', currency, ...(compact ? { notation: 'compact', maximumFractionDigits: 1 } : { maximumFractionDigits: 0 }) })
    formats.set(key, format)
  }
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  return format.format(amount / 10 ** digits)
}

export const formatDay = (day: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC', ...(day.slice(0, 4) === String(new Date().getUTCFullYear()) ? {} : { year: 'numeric' }) }).format(new Date(`${day}T00:00:00Z`))

export const formatTime = (ms: number, locale: string): string => new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(new Date(ms))

/** How long ago, in the largest unit that fits. */
export const formatAgo = (ms: number, locale: string): string => formatSpan(-Math.max(0, ms), locale)

/** How long until then. */
export const formatUntil = (ms: number, locale: string): string => formatSpan(Math.max(0, ms), locale)

const formatSpan = (ms: number, locale: string): string => {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  const seconds = Math.round(ms / 1_000)
  const size = Math.abs(seconds)
  if (size < 60) return format.format(seconds, 'second')
  if (size < 3_600) return format.format(Math.round(seconds / 60), 'minute')
  return size < 86_400 ? format.format(Math.round(seconds / 3_600), 'hour') : format.format(Math.round(seconds / 86_400), 'day')
}

export const formatMoment = (ms: number, locale: string): string => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(ms))
