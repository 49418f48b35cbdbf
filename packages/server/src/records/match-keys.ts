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
