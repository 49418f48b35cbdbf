import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3'
import { prepareSteadily } from './steady.ts'

const MMAP_BYTES = 4 * 1024 ** 3
/** How long a write waits in its thread while another program holds the file; then it is refused, and its caller comes again. */
const WRITER_WAITS_MS = 2_000
/** Reads wait on the event loop, and only while another program recovers or rebuilds the file. */
const READER_WAITS_MS = 250
const BACKGROUND_CACHE_KB = 4_096

/** The connection that writes: WAL, synced at every commit, foreign keys enforced. */
export const openWriter = (file: string, { sync }: { sync: boolean }): Sqlite.Database => {
  mkdirSync(dirname(file), { recursive: true })
  const db = new Sqlite(file)
  db.pragma('journal_mode = WAL')
  // better-sqlite3 makes WAL connections NORMAL, which loses acknowledged writes in a power cut.
  db.pragma(`synchronous = ${sync ? 'FULL' : 'OFF'}`)
  // What is deleted or overwritten is zeroed, so that an erased person is in no free page; it costs no sync.
  db.pragma('secure_delete = ON')
  db.pragma('foreign_keys = ON')
  db.pragma(`busy_timeout = ${WRITER_WAITS_MS}`)
  prepareSteadily(db)
  return db
}

/** The connection that reads for requests, beside the writer: straight from the file's pages in memory. */
export const openReader = (file: string): Sqlite.Database => {
  const db = openToRead(file)
  db.pragma(`mmap_size = ${MMAP_BYTES}`)
  return db
}

/** One that goes through much of the file, and leaves its pages to the operating system. */
export const openBackground = (file: string): Sqlite.Database => {
  const db = openToRead(file)
  db.pragma(`cache_size = -${BACKGROUND_CACHE_KB}`)
  return db
}

const openToRead = (file: string): Sqlite.Database => {
  const db = new Sqlite(file, { readonly: true })
  db.pragma(`busy_timeout = ${READER_WAITS_MS}`)
  // What a query sorts aside stays in memory: a full disk must not end a read.
  db.pragma('temp_store = MEMORY')
  prepareSteadily(db)
  return db
}

/** Held while a process serves a file: the operating system lets go of it however the process ends. */
export const lockFile = (file: string): (() => void) => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const lock = new Sqlite(`${file}.lock`, { timeout: 0 })
  try {
    lock.pragma('journal_mode = DELETE')
    lock.prepare('begin exclusive').run()
  } catch (error) {
    lock.close()
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY')) {
      throw new Error(`${file} is in use by another process. Stop that one, or go through its server: a command given its --data does.`)
    }
    throw error
  }
  return () => lock.close()
}
