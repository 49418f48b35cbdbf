import { randomInt } from 'node:crypto'
import { generateKeyBetween } from 'fractional-indexing'

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/**
 * A fractional index between two others (null: the beginning, the end), with two random digits, so that two who drop a card into
 * the same gap at the same moment get places of their own.
 */
export const positionBetween = (after: string | null, before: string | null): string => {
  const plain = generateKeyBetween(after, before !== null && after !== null && before <= after ? null : before)
  // The last digit is never 0: a fraction must not end in one.
  const jittered = `${plain}${DIGITS[randomInt(DIGITS.length)]}${DIGITS[1 + randomInt(DIGITS.length - 1)]}`
  return before !== null && jittered >= before ? plain : jittered
}
