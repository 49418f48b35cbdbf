import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { drizzle as drizzleSqlite } from 'drizzle-orm/better-sqlite3'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { silentLog } from '../log.ts'
import type { Database, Reader } from './database.ts'
import { APP_ROLE } from './isolation.ts'
import { openPool } from './postgres.ts'
import { tablesOf } from './schema.ts'
import { openReader } from './sqlite.ts'

/** How PostgreSQL keeps workspaces apart. */
export interface Isolation { user: string; unheld: boolean; role: boolean; member: boolean; open: string[] }
/** A database as it is: nothing is brought up to date, written or locked, so that it can be looked at beside a server. */
export interface Inspected {
  dialect: Database['dialect']
  database: Pick<Database, 'dialect' | 'reader' | 'across' | 'tables'>
  /** Hashes of the migrations that it has been through, in their order. */
  migrations(): Promise<string[]>
  /** null on SQLite, which serves one process. */
  isolation(): Promise<Isolation | null>
  /** Milliseconds since 1970 by its own clock; null where that is this machine's. */
  now(): Promise<number | null>
  close(): Promise<void>
}

/** null: there is none yet. @throws as the database's client does where it cannot be reached. */
export const inspectDatabase = async (url: string): Promise<Inspected | null> => (/^postgres(ql)?:/.test(url) ? inspectPostgres(url) : inspectSqlite(url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length)))

const inspectSqlite = (file: string): Inspected | null => {
  if (!existsSync(file)) return null
  const connection = openReader(file)
  try {
    // A file that is no database shows when it is read.
    connection.prepare('select count(*) from sqlite_master').get()
  } catch (error) {
    connection.close()
    throw error
  }
  const reader = drizzleSqlite(connection) as unknown as Reader
  return {
    dialect: 'sqlite', database: { dialect: 'sqlite', reader, across: reader, tables: tablesOf('sqlite') },
    async migrations() {
      const known = connection.prepare("select 1 from sqlite_master where name = '__drizzle_migrations'").get() !== undefined
      return known ? (connection.prepare('select hash from __drizzle_migrations order by created_at').all() as { hash: string }[]).map(({ hash }) => hash) : []
    },
    isolation: async () => null,
    now: async () => null,
    close: async () => { connection.close() },
  }
}

const inspectPostgres = async (url: string): Promise<Inspected> => {
  const pool = openPool(url, silentLog, { max: 1 })
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    throw error
  }
  const reader = drizzlePostgres(pool) as unknown as Reader
  return {
    dialect: 'postgres', database: { dialect: 'postgres', reader, across: reader, tables: tablesOf('postgres') },
    async migrations() {
      const { rows: [known] } = await pool.query<{ there: boolean }>("select to_regclass('drizzle.__drizzle_migrations') is not null as there")
      return known?.there ? (await pool.query<{ hash: string }>('select hash from drizzle.__drizzle_migrations order by created_at')).rows.map(({ hash }) => hash) : []
    },
    async isolation() {
      const { rows: [user] } = await pool.query<Omit<Isolation, 'open'>>(
        `select quote_ident(current_user) as user, u.rolsuper or u.rolbypassrls as unheld, r.oid is not null as role, coalesce(pg_has_role(current_user, r.oid, 'member'), false) as member
         from pg_roles u left join pg_roles r on r.rolname = $1 where u.rolname = current_user`, [APP_ROLE])
      const { rows } = await pool.query<{ name: string }>(
        `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
         where n.nspname = current_schema() and c.relkind in ('r', 'p') and a.attname = 'workspace_id' and not a.attisdropped
         and not (c.relrowsecurity and c.relforcerowsecurity and exists (select from pg_policy where polrelid = c.oid and polname = 'one_workspace')) order by 1`)
      return { ...(user ?? { user: '', unheld: false, role: false, member: false }), open: rows.map(({ name }) => name) }
    },
    async now() {
      const { rows: [row] } = await pool.query<{ ms: number }>('select (extract(epoch from clock_timestamp()) * 1000)::double precision as ms')
      return row?.ms ?? null
    },
    close: () => pool.end(),
  }
}
