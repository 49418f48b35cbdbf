import { fileURLToPath } from 'node:url'
import { drizzle as drizzleSqlite } from 'drizzle-orm/better-sqlite3'
import { migrate as migrateSqlite } from 'drizzle-orm/better-sqlite3/migrator'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator'
import { createPostgresLedger } from '../ledger/postgres.ts'
import { createSqliteLedger } from '../ledger/sqlite.ts'
import { tellOfFailing } from '../ledger/tell-of-failing.ts'
import { type Log, silentLog } from '../log.ts'
import { countersOf, makeCounters } from './counters.ts'
import type { Database, Reader } from './database.ts'
import { APP_ROLE, isolate, refuseUnheld } from './isolation.ts'
import { openPool, readingWithin } from './postgres.ts'
import { tablesOf } from './schema.ts'
import { lockFile, openBackground, openReader, openWriter } from './sqlite.ts'
import { readByTurns } from './turn.ts'

export interface OpenOptions {
  /** `file:/path/flowstate.db` or `postgres://…`. */
  url: string
  log?: Log
  /** Refuses a user of PostgreSQL whom row-level security does not hold. */
  production?: boolean
  /** Acknowledges writes before they are on the disk. Only for the proof that the durability test can fail. */
  unsafeNoSync?: boolean
}

/** What looks across workspaces is short. */
const SYSTEM_CONNECTIONS = 4

const migrationsOf = (dialect: string): string => fileURLToPath(new URL(`../../migrations/${dialect}`, import.meta.url))

/** Opens a database, brings its schema up to date, and starts its ledger. The only way to a connection. */
export const openDatabase = async ({ url, log = silentLog, production = false, unsafeNoSync = false }: OpenOptions): Promise<Database> => {
  if (/^postgres(ql)?:/.test(url)) return openPostgres(url, log, production)
  if (url.startsWith('file:')) return openSqlite(url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length), !unsafeNoSync, log)
  throw new Error(`DATABASE_URL must begin with file: or postgres://, not ${url.split(':', 1)[0]}:`)
}

const openSqlite = async (file: string, sync: boolean, log: Log): Promise<Database> => {
  const unlock = lockFile(file)
  const first = openWriter(file, { sync })
  try {
    migrateSqlite(drizzleSqlite(first), { migrationsFolder: migrationsOf('sqlite') })
  } finally {
    first.close()
  }
  const connection = openReader(file)
  const turn = readByTurns(connection)
  const behind = openBackground(file)
  const readSeq = connection.prepare('select seq from workspaces where id = ?')
  const ledger = tellOfFailing(createSqliteLedger({
    file, sync, beforeAnswers: turn.leave, readSeq: (id) => (readSeq.get(id) as { seq: number } | undefined)?.seq ?? 0,
    onLost: (error) => log.error({ err: error }, 'The writer of the database ended; the next write starts another'),
  }), log)
  const reader = drizzleSqlite(connection) as unknown as Reader
  return {
    dialect: 'sqlite', tables: tablesOf('sqlite'), reader, across: reader, background: drizzleSqlite(behind) as unknown as Reader, ledger, counters: null,
    async close() {
      await ledger.close()
      connection.close()
      behind.close()
      unlock()
    },
  }
}

const openPostgres = async (url: string, log: Log, production: boolean): Promise<Database> => {
  const owner = openPool(url, log, { max: 1 })
  let counted: boolean
  try {
    if (production) await refuseUnheld(owner)
    await migratePostgres(drizzlePostgres(owner), { migrationsFolder: migrationsOf('postgres') })
    await isolate(owner)
    counted = await makeCounters(owner, log)
  } finally {
    await owner.end()
  }
  const [app, system] = [openPool(url, log, { role: APP_ROLE }), openPool(url, log, { max: SYSTEM_CONNECTIONS })]
  const ledger = tellOfFailing(createPostgresLedger({ app, system }), log)
  const reader = drizzlePostgres(readingWithin(app) as typeof app) as unknown as Reader
  return {
    dialect: 'postgres', tables: tablesOf('postgres'), reader, background: reader, across: drizzlePostgres(system) as unknown as Reader, ledger, counters: counted ? countersOf(system) : null,
    async close() {
      await ledger.close()
      await app.end()
      await system.end()
    },
  }
}
