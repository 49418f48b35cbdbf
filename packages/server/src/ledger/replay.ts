import type { Change as FeedChange, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { customKeyOf, inTagOrder, tagOf } from './field-values.ts'
import type { Fields } from './ledger.ts'

/** A record as the ledger tells it: what its table must hold. `seq` is that of the last change in it. */
export interface ReplayedRecord {
  noun: LedgeredNoun
  id: string
  seq: number
  version: number
  createdAt: string
  updatedAt: string
  archivedAt: string | null
  fields: Fields
}
export type Replayable = Pick<FeedChange, 'seq' | 'noun' | 'id' | 'op' | 'version' | 'fields' | 'at'>

/** The record after a change, purely; what is in it already (a snapshot's) is left out. Throws where the ledger has a hole. */
export const replay = (record: ReplayedRecord | null, change: Replayable): ReplayedRecord => {
  const { seq, noun, id, op, version, at } = change
  if (record && seq <= record.seq) return record
  if (op === 'create' ? record !== null : record === null || version !== record.version + 1) throw new Error(`The ledger has a hole: ${noun} ${id} at seq ${seq} (${op} to version ${version}) does not follow ${record ? `version ${record.version}` : 'nothing'}.`)
  return {
    noun, id, seq, version, createdAt: record?.createdAt ?? at, updatedAt: at,
    archivedAt: op === 'archive' ? at : op === 'restore' ? null : (record?.archivedAt ?? null),
    fields: withDiff(record?.fields ?? beginning(noun), change.fields),
  }
}

const withDiff = (fields: Fields, diff: FeedChange['fields']): Fields => {
  const { tags, customFields, ...after } = { ...fields } as Fields & { tags?: string[]; customFields?: Fields }
  const [carried, custom] = [new Set(tags), new Map(Object.entries(customFields ?? {}))]
  for (const [name, { to }] of Object.entries(diff)) {
    const [key, tag] = [customKeyOf(name), tagOf(name)]
    if (key !== null && (to === null || to === undefined)) custom.delete(key)
    else if (key !== null) custom.set(key, to)
    else if (tag !== null && to === true) carried.add(tag)
    else if (tag !== null) carried.delete(tag)
    else after[name] = to ?? null
  }
  return { ...after, ...(tags ? { tags: inTagOrder([...carried]) } : {}), ...(customFields ? { customFields: Object.fromEntries(custom) } : {}) }
}

/** What a record of a noun holds before its first change has named anything. */
const beginning = (noun: LedgeredNoun): Fields =>
  (noun === 'companies' || noun === 'customers' || noun === 'deals' || noun === 'interactions' ? { tags: [], customFields: {} } : {})

/** All records that the changes tell of, by id, beginning with those of a snapshot. */
export const replayAll = (changes: Iterable<Replayable>, records: Map<string, ReplayedRecord> = new Map()): Map<string, ReplayedRecord> => {
  for (const change of changes) records.set(change.id, replay(records.get(change.id) ?? null, change))
  return records
}
