import { randomFillSync } from 'node:crypto'
import { createHash } from 'node:crypto'
import { ID_PREFIX, type IdNoun } from '@flowstate-ai/sdk/contract'
import { encodeTime, monotonicFactory } from 'ulid'

/** Randomness by the page: a ULID takes it byte by byte, and asking the system for each costs more than the id. */
const page = new Uint8Array(4_096)
let used = page.length
const random = (): number => {
  if (used === page.length) {
    randomFillSync(page)
    used = 0
  }
  return (page[used++] ?? 0) / 256
}
const ulid = monotonicFactory(random)

/** A new id; ids of one process sort in the order in which they were made. */
export const newId = (noun: IdNoun, now?: number): string => `${ID_PREFIX[noun]}_${ulid(now).toLowerCase()}`

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'
const CHANCE_LENGTH = 16

/** The id of what may be made but once: whoever makes it of the same `key` and time comes to the same id. */
export const fixedId = (noun: IdNoun, time: number, key: string): string =>
  `${ID_PREFIX[noun]}_${encodeTime(Math.max(0, time)).toLowerCase()}${[...createHash('sha256').update(key).digest().subarray(0, CHANCE_LENGTH)].map((byte) => DIGITS[byte % DIGITS.length]).join('')}`
