import type { ActorRef, Change as FeedChange, LedgeredNoun, Run, Source } from '@flowstate-ai/sdk/contract'

/** A record's fields as on the wire: `{ title: 'x', value: { amount: 1, currency: 'EUR' } }`. */
export type Fields = Record<string, unknown>

/**
 * One planned change: plain data. `set` holds wire fields; `before` the values they replace, for the diff. `expect` is the
 * version the plan was made on: if the record has moved on, the change set is refused and the service plans anew. `keys` are the match
 * keys of `set` by their columns (`matchKeysOf`), where the planner has them; those that it does not bring are found when it is written.
 */
export type Change =
  | { verb: 'create'; noun: LedgeredNoun; id: string; set: Fields; keys?: Fields }
  | { verb: 'update' | 'archive' | 'restore'; noun: LedgeredNoun; id: string; expect: number; before: Fields; set: Fields; keys?: Fields }

/** A planned change set, or one part of a long one (`part`). Order matters: what others point to comes first. */
export interface PlannedSet {
  id: string
  workspaceId: string
  actor: ActorRef
  source: Source
  /** ISO instant, from the service's clock: `updatedAt` of what changes, `createdAt` of what is created. */
  at: string
  changes: Change[]
  reverts?: string
  /** The agent's run that it belongs to. */
  run?: Run
  /** It applies a proposal, whose row exists: who decided so. Its first part is refused (`not_proposed`) when that was decided already. */
  decidedBy?: ActorRef
  /** `first` opens the set in `applying`, `last` closes it as `applied`; alone it is both. At most 500 changes a part. */
  part?: { first: boolean; last: boolean }
  once?: Once
  /** Other writes of the same transaction: tasks enqueued by the decision, an import's checkpoint. Run after the changes. */
  also?: Statement[]
}

/** Rows of tables that are not ledgered; SQL compiled from drizzle by `compileWrite`, dialect's own. */
export interface Statement {
  sql: string
  params: unknown[]
  /** How many rows it must touch (or return); else the whole batch is rolled back with this refusal. */
  expect?: { rows: number | 'some'; otherwise: string }
  /** It changes the schema, which on PostgreSQL the owner of the tables alone may do. */
  asOwner?: true
}

export interface Batch { workspaceId: string | null; statements: Statement[]; once?: Once }

/** Part of an answer's body: text as it stands, or the `json` column of the rows that a statement returned, joined by commas. */
export type BodyPart = string | { statement: number }
export interface Answer { status: number; headers: Record<string, string>; body: BodyPart[] }

/** Idempotency: `key` is the hash of principal, method, path, query and the client's key. Stored in the transaction of the effect. */
export interface Once { key: string; bodyHash: string; answer: Answer; expiresAt: string }
export interface StoredAnswer { status: number; headers: Record<string, string>; body: string }

export type Row = Record<string, unknown>

/** Why a write did not happen; nothing of it was kept. */
export type Refusal =
  /** The records that were not at the expected version any more (or do not exist). */
  | { reason: 'moved'; records: { noun: LedgeredNoun; id: string }[] }
  /** A unique key is held by another live record. `field` as on the wire. */
  | { reason: 'unique'; noun: string; field: string; id: string }
  /** Something pointed to does not exist. */
  | { reason: 'reference'; noun: string; id: string }
  /** A statement touched another number of rows than it had to. */
  | { reason: 'expectation'; otherwise: string }
  /** The idempotency key was used with another body. */
  | { reason: 'mismatch' }
  /** Disk full, database locked or gone: 507 or 503. */
  | StorageRefusal

/** `message` is the storage's own, for the log; `uncertain`: it may have been written all the same. */
export interface StorageRefusal { reason: 'storage'; full: boolean; uncertain?: boolean; message: string }

export type Outcome =
  | { state: 'committed'; seq: { from: number; to: number } | null; rows: Row[][] }
  | { state: 'replayed'; answer: StoredAnswer }
  | { state: 'refused'; refusal: Refusal }

/**
 * The only way in which anything is written. Writes that arrive while a group is being synced become the next group, so one
 * sync serves many; each is a unit of its own and can be refused alone. Resolves after the sync. One suite, two adapters.
 */
export interface Ledger {
  commit(set: PlannedSet): Promise<Outcome>
  /** Writes of tables that are not ledgered, in one transaction. `rows[i]` are the rows of statement i. */
  run(batch: Batch): Promise<Outcome>
  /** Called after a group's answer with each workspace whose feed has grown. */
  onCommit(listener: (workspaceId: string, seq: number) => void): () => void
  /** How the storage refuses writes now; null when it takes them, as far as is known. */
  failing(): StorageRefusal | null
  /** The last committed seq of a workspace: what list ETags stand on. */
  seqOf(workspaceId: string): Promise<number>
  /** What was overwritten or deleted is gone from the files too: SQLite's log is folded in and emptied. PostgreSQL vacuums by itself. */
  forget(): Promise<void>
  /** Waits for what is under way, then closes. */
  close(): Promise<void>
}

/** One database's side of the port. */
export type LedgerAdapter = Omit<Ledger, 'failing'>

export type { FeedChange }
