import { randomFillSync } from 'node:crypto'
import { ID_PREFIX, type IdNoun } from '@flowstate-ai/sdk/contract'
import { monotonicFactory } from 'ulid'

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
