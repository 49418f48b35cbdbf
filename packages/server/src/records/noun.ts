import type { LedgeredNoun } from '@flowstate-ai/sdk/contract'
import type { Caller } from '../http/caller.ts'
import type { Change, Fields, Statement } from '../ledger/ledger.ts'

/** What one request has looked up or decided so far: the places it gave away, the stages it read. Of a batch, shared by its items. */
export type Memory = Map<string, unknown>

/** What a noun adds to what all nouns share. */
export interface Noun {
  noun: LedgeredNoun
  /** Fields of a new record that the request leaves out. */
  defaults: Fields
  /** Fields that hold the id of another record, and its noun. */
  references: Record<string, LedgeredNoun>
  /** Fields by which a live record is known, each unique, and how two values are compared; the first that is given decides an upsert. */
  keys?: Record<string, (value: string) => string>
  /** Completes the fields of a new record: what follows from others, or has to be looked up. May refuse. */
  complete?(caller: Caller, fields: Fields, at: string, memory: Memory): Promise<Fields>
  /** Fields of the request that are no fields of the record, and the records of other nouns that they make: a pipeline's stages. */
  parts?(input: Fields, id: string): { fields: Fields; changes: Change[] }
  /** Completes a change in the light of the record as it is. May refuse. */
  amend?(caller: Caller, current: Fields, patch: Fields, at: string, memory: Memory): Promise<Fields>
  /** Refuses to archive what others still need. */
  beforeArchive?(caller: Caller, current: Fields): Promise<void>
  /** Refuses to bring back what would stand in something that is gone. */
  beforeRestore?(caller: Caller, current: Fields, memory: Memory): Promise<void>
  /** What the answer shows besides the record's own fields; `parts` are those of a new one. */
  embed?(caller: Caller, record: Fields, parts: Fields[] | null, memory: Memory): Promise<Fields>
  /** What is to be written in the same transaction, such as a task that follows from the record. */
  also?(caller: Caller, change: Change, after: Fields): Statement[]
}
