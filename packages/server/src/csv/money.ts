const digits = new Map<string, number>()

/** How many decimals a currency has: EUR 2, JPY 0, KWD 3 (ISO 4217 by Intl); one that nobody knows has two. */
export const fractionDigits = (currency: string): number => {
  const known = digits.get(currency)
  if (known !== undefined) return known
  let count = 2
  try { count = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2 } catch { /* an unknown currency has two */ }
  digits.set(currency, count)
  return count
}

/** Integer minor units as major ones, `-1234` of EUR as `-12.34`, by their digits and never through a fraction. */
export const majorUnits = (amount: number, currency: string): string => {
  const count = fractionDigits(currency)
  if (count === 0) return String(amount)
  const text = String(Math.abs(amount)).padStart(count + 1, '0')
  return `${amount < 0 ? '-' : ''}${text.slice(0, -count)}.${text.slice(-count)}`
}
