import type { LedgeredNoun } from '@flowstate-ai/sdk/contract'
import type { Dialect } from '../db/columns.ts'
import { recordJson } from '../db/wire.ts'
import type { Fields } from '../ledger/ledger.ts'

/** A record as a read would give it, byte for byte, so that an answer to a write can be made before it is committed. */
export type RecordJson = (noun: LedgeredNoun, record: Fields, embedded?: Fields) => string

export const recordJsonOf = (dialect: Dialect): RecordJson => (noun, record, embedded = {}) => {
  const text = recordJson(dialect, noun, record)
  const more = Object.entries(embedded)
  return more.length === 0 ? text : `${text.slice(0, -1)},${JSON.stringify(Object.fromEntries(more)).slice(1)}`
}
