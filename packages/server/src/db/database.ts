import type { NodePgDatabase } from 'drizzle-orm/node-postgres'
import type { Ledger } from '../ledger/ledger.ts'
import type { Dialect } from './columns.ts'
import type { Counters } from './counters.ts'
import type { Tables } from './schema.ts'

/** drizzle's handle for reading; SQLite's is cast to this type once, so that stores are written once. Queries are awaited. */
export type Reader = NodePgDatabase

/** An open database. Stores read by `reader`; whatever writes goes through `ledger`. */
export interface Database {
  dialect: Dialect
  tables: Tables
  reader: Reader
  /** For what goes through much of the data beside the requests: imports, and what follows the feed. It holds little of it in memory. */
  background: Reader
  /** Sees every workspace: for the closed list of statements in system.ts and nobody else. */
  across: Reader
  ledger: Ledger
  /** null where one process alone may serve it. */
  counters: Counters | null
  close(): Promise<void>
}
