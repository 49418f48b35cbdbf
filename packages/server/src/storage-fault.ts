import { DrizzleQueryError } from 'drizzle-orm/errors'
import { AppError } from './errors.ts'

/** What keeps the storage from doing its part; no fault of the request's, and none of ours. */
export interface StorageFault {
  /** No room is left, or a limit on it was met; else it cannot be reached, is locked, or restarts. */
  full: boolean
  /** The database went away while it committed: it may have. */
  uncertain?: boolean
}

/** 507 or 503, with the mend. Nothing was written, but where it is `uncertain`. */
export class StorageError extends AppError {
  readonly fault: StorageFault

  constructor(fault: StorageFault, options: { cause?: unknown } = {}) {
    super(fault.full ? 'storage_full' : 'unavailable', sentenceOf(fault), { ...options, headers: { 'retry-after': fault.full ? '30' : '2' } })
    this.fault = fault
  }
}

const sentenceOf = ({ full, uncertain }: StorageFault): string => {
  if (uncertain) return 'The database went away while it committed, so that this may be written or not. Repeat the request with the same Idempotency-Key: it acts once. Without one, look first.'
  if (full) return 'The disk is full, or a limit on its use was met; nothing was written. Free some space and repeat the request: the server goes on without a restart.'
  return 'The database cannot be reached or is locked just now; nothing was written. Repeat the request in a moment. Should it last, see that the database runs and that no other program holds it.'
}

/** What kept the storage, where that is what an error says; null: it is another error. Of a database's own errors only those that came through a query count. */
export const storageFaultOf = (error: unknown): StorageFault | null => {
  if (error instanceof StorageError) return error.fault
  if (error instanceof DrizzleQueryError) return databaseFaultOf(error.cause)
  const code = codeOf(error)
  if (code.startsWith('SQLITE_')) return sqliteFaultOf(code)
  if (FILES_FULL.includes(code)) return { full: true }
  return FILES_AWAY.includes(code) ? { full: false } : null
}

/** The same of an error as a database's client throws it: there a refused connection is the database's, and nobody else's. */
export const databaseFaultOf = (error: unknown): StorageFault | null => {
  const fault = storageFaultOf(error)
  if (fault) return fault
  const [code, message] = [codeOf(error), error instanceof Error ? error.message : '']
  if (/^[0-9A-Z]{5}$/.test(code) && !NETWORK.includes(code)) return stateFaultOf(code, message)
  if (NETWORK.includes(code) || LOST.test(message)) return { full: false }
  // A socket of PostgreSQL's that is not there.
  return code === 'ENOENT' && (error as { syscall?: string }).syscall === 'connect' ? { full: false } : null
}

/** Which of SQLite's errors mean that nothing more fits; Linux reports some limits as failed writes. */
const SQLITE_FULL = /^SQLITE_(FULL|IOERR_(WRITE|FSYNC|DIR_FSYNC|TRUNCATE|SHMSIZE|SHMMAP|SHMOPEN))$/
const SQLITE_AWAY = /^SQLITE_(IOERR|BUSY|LOCKED|PROTOCOL|CANTOPEN|READONLY)/
const sqliteFaultOf = (code: string): StorageFault | null => (SQLITE_FULL.test(code) ? { full: true } : SQLITE_AWAY.test(code) ? { full: false } : null)

/** A file system without room, a quota, and the limit of a process on the size of a file. */
const FILES_FULL = ['ENOSPC', 'EDQUOT', 'EFBIG']
const FILES_AWAY = ['EROFS', 'EIO', 'EMFILE', 'ENFILE']

const DISK_FULL = '53100'
/** Connection, authorisation, read-only, no such database, resources, locks, operator, system; and what has to be tried again. */
const STATES_AWAY = /^(08|28|25006|3D000|40001|40P01|53|55P03|55006|57|58)/
const stateFaultOf = (code: string, message: string): StorageFault | null =>
  (code === DISK_FULL || (code.startsWith('58') && /No space left|quota/i.test(message)) ? { full: true } : STATES_AWAY.test(code) ? { full: false } : null)

const NETWORK = ['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']
/** node-postgres gives these no code. */
const LOST = /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout exceeded when trying to connect|timeout expired|Query read timeout)/

const codeOf = (error: unknown): string => (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '')
