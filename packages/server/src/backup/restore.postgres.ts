import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { Client } from 'pg'
import { openDatabase } from '../db/open.ts'
import { type Manifest, migrationsFolder } from './manifest.ts'
import { quoted, type Table, tablesIn } from './postgres.ts'

const connected = async <Answer>(url: string, work: (client: Client) => Promise<Answer>): Promise<Answer> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

/** What a database holds that nobody would want to lose, in words; null when there is nothing, or our tables without a workspace. */
export const postgresHolds = (url: string): Promise<string | null> => connected(url, async (client) => {
  const tables = (await tablesIn(client)).map(({ name }) => name)
  if (tables.length === 0) return null
  if (!tables.includes('workspaces')) return `tables that are not Flowstate's (${tables.slice(0, 3).join(', ')})`
  const { rows: [row] } = await client.query<{ count: number }>('select count(*)::int as count from workspaces')
  return row?.count === 0 ? null : `${row?.count} ${row?.count === 1 ? 'workspace' : 'workspaces'}`
})

interface RestoreInto { url: string; staged: string; manifest: Manifest; stamp: string; onProgress(share: number, words: string): void }

/**
 * Fills a database from a checked backup: the schema as the backup knew it, then its rows in one transaction, then what migrations came
 * since. What was there keeps its tables under another schema; when anything fails, it comes back.
 */
export const restorePostgres = async ({ url, staged, manifest, stamp, onProgress }: RestoreInto): Promise<{ rows: Record<string, number>; movedAside: string[] }> => {
  const holds = await postgresHolds(url)
  const suffix = `before_${stamp.toLowerCase()}`
  await connected(url, async (client) => {
    const { rows: [others] } = await client.query<{ count: number }>("select count(*)::int as count from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'")
    if (others && others.count > 0) throw new Error(`${others.count} other ${others.count === 1 ? 'connection is' : 'connections are'} open to this database. Stop its servers and workers, and restore then.`)
    await client.query('begin')
    await moveAside(client, suffix)
    await client.query('commit')
  })
  try {
    await migrateTo(url, staged, manifest.migrations.length)
    const rows = await connected(url, (client) => fill(client, staged, manifest, onProgress))
    const whole = await openDatabase({ url })
    await whole.close()
    if (!holds) await connected(url, (client) => client.query(`drop schema if exists ${quoted(suffix)}, ${quoted(`drizzle_${suffix}`)} cascade`))
    return { rows, movedAside: holds ? [`schema ${suffix}`] : [] }
  } catch (error) {
    await connected(url, (client) => moveBack(client, suffix))
    throw error
  }
}

const schemas = async (client: Client): Promise<Set<string>> => new Set((await client.query<{ name: string }>('select nspname as name from pg_namespace')).rows.map(({ name }) => name))

const moveAside = async (client: Client, suffix: string): Promise<void> => {
  const known = await schemas(client)
  if (known.has('public')) await client.query(`alter schema public rename to ${quoted(suffix)}`)
  if (known.has('drizzle')) await client.query(`alter schema drizzle rename to ${quoted(`drizzle_${suffix}`)}`)
  await client.query('create schema public')
  await moveExtensions(client, suffix, 'public')
}
const moveBack = async (client: Client, suffix: string): Promise<void> => {
  await client.query('begin')
  const known = await schemas(client)
  if (known.has(suffix)) {
    await moveExtensions(client, 'public', suffix)
    await client.query('drop schema public cascade')
    await client.query(`alter schema ${quoted(suffix)} rename to public`)
  }
  await client.query('drop schema if exists drizzle cascade')
  if (known.has(`drizzle_${suffix}`)) await client.query(`alter schema ${quoted(`drizzle_${suffix}`)} rename to drizzle`)
  await client.query('commit')
}
/** Extensions are there once in a database, and both the old tables and the new need them. */
const moveExtensions = async (client: Client, from: string, to: string): Promise<void> => {
  const { rows } = await client.query<{ name: string }>('select e.extname as name from pg_extension e join pg_namespace n on n.oid = e.extnamespace where n.nspname = $1', [from])
  for (const { name } of rows) await client.query(`alter extension ${quoted(name)} set schema ${quoted(to)}`)
}

/** The schema as it was after so many migrations. */
const migrateTo = async (url: string, staged: string, count: number): Promise<void> => {
  const folder = join(staged, 'migrations')
  cpSync(migrationsFolder('postgres'), folder, { recursive: true })
  const file = join(folder, 'meta', '_journal.json')
  const journal = JSON.parse(readFileSync(file, 'utf8')) as { entries: unknown[] }
  mkdirSync(join(folder, 'meta'), { recursive: true })
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }))
  await connected(url, (client) => migrate(drizzle(client), { migrationsFolder: folder }))
}

const fill = async (client: Client, staged: string, manifest: Manifest, onProgress: RestoreInto['onProgress']): Promise<Record<string, number>> => {
  await client.query("set timezone = 'UTC'")
  await client.query('begin')
  const known = new Map((await tablesIn(client)).map((table) => [table.name, table]))
  const whole = Math.max(1, manifest.tables.reduce((sum, { rows }) => sum + rows, 0))
  const counts: Record<string, number> = {}
  let done = 0
  for (const { name, columns, rows } of manifest.tables) {
    const table = known.get(name)
    if (!table) throw new Error(`This backup has a table ${name} that its schema does not know.`)
    let filled = 0
    for (const lines of partsOf(staged, name)) {
      filled += await insert(client, table, columns, lines)
      onProgress((done + filled) / whole, `filling ${name}`)
    }
    if (filled !== rows) throw new Error(`This backup should hold ${rows} rows of ${name} and holds ${filled}.`)
    done += filled
    counts[name] = filled
  }
  await client.query('commit')
  return counts
}

function* partsOf(staged: string, name: string): Generator<string[]> {
  const folder = join(staged, 'tables', name)
  let files: string[] = []
  try { files = readdirSync(folder).sort() } catch { /* an empty table has no part */ }
  for (const file of files) yield readFileSync(join(folder, file), 'utf8').split('\n').filter((line) => line !== '')
}

const insert = async (client: Client, { name, columns }: Table, given: readonly string[], lines: readonly string[]): Promise<number> => {
  const typed = given.map((column, index) => {
    const found = columns.find((each) => each.name === column)
    if (!found) throw new Error(`This backup has a column ${name}.${column} that its schema does not know.`)
    return `(v ->> ${index})::${found.type}`
  })
  const { rowCount } = await client.query(`insert into ${quoted(name)} (${given.map(quoted).join(', ')}) select ${typed.join(', ')} from jsonb_array_elements($1::jsonb) as v`, [`[${lines.join(',')}]`])
  return rowCount ?? 0
}
