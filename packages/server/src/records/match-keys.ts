import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

const FEWEST_DIGITS = 6

/** A phone number as it is compared: E.164 where the country is known, its digits otherwise; null where there are too few. */
export const phoneKey = (text: string): string | null => {
  // The parser throws inside for what holds no number, which costs more than all the rest.
  if (!/\d/.test(text)) return null
  const number = parsePhoneNumberFromString(text)
  if (number?.isPossible()) return number.number
  const digits = text.replaceAll(/\D/g, '')
  return digits.length >= FEWEST_DIGITS ? digits : null
}

/** An internet domain as it is compared: without scheme, `www.`, path and case. */
export const domainKey = (text: string): string =>
  text.trim().toLowerCase().replace(/^[a-z][a-z0-9+.-]*:\/\//, '').replace(/^[^/@]*@/, '').replace(/[/?#:].*$/, '').replace(/^www\./, '').replace(/\.$/, '')

const lower = (text: string): string => text.toLowerCase()

export interface MatchKey { field: string; column: string; keyOf: (text: string) => string | null }
/** Columns that follow from a field: by them records are compared, e-mail addresses without regard to case, phone numbers by their digits. */
export const MATCH_KEYS: Readonly<Record<string, readonly MatchKey[]>> = {
  customers: [{ field: 'email', column: 'emailKey', keyOf: lower }, { field: 'phone', column: 'phoneKey', keyOf: phoneKey }],
  tags: [{ field: 'name', column: 'nameKey', keyOf: (text) => lower(text.trim()) }],
}

/** What a table's match keys are for these fields; those of fields that are not among them are left out. */
export const matchKeysOf = (table: string, fields: Record<string, unknown>): Record<string, string | null> => {
  const keys: Record<string, string | null> = {}
  for (const { field, column, keyOf } of MATCH_KEYS[table] ?? []) {
    const value = fields[field]
    if (value !== undefined) keys[column] = typeof value === 'string' ? keyOf(value) : null
  }
  return keys
}
