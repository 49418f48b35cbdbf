import { type ChildProcess, fork, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Flowstate } from '@flowstate-ai/sdk'
import Sqlite from 'better-sqlite3'
import { Client } from 'pg'
import { startPostgres } from '../testing/postgres.ts'

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const WRITER = fileURLToPath(new URL('../testing/stamping-writer.ts', import.meta.url))
const CONDITIONS = '--conditions=flowstate-source'
const BACKUPS = 10
const WRITES_A_SECOND = 50
/** Paced above what is promised, so that what is promised is reached. */
const EACH_MS = 12
const RECORDS_BEFORE = 20_000

/**
 * Promise 19: ten backups beside a server under at least 50 acknowledged writes a second, each restored elsewhere and looked through: every
 * write that was acknowledged before it began, a feed without a hole, integrity, and a server that goes on answering.
 */
export const soak = async (args: readonly string[]): Promise<boolean> => {
  const postgres = args[args.indexOf('--database') + 1] === 'postgres' && args.includes('--database') ? await startPostgres() : null
  const root = mkdtempSync(join(tmpdir(), 'flowstate-soak-backup-'))
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const problems: string[] = []
  const check = (good: boolean, what: string) => { if (!good) problems.push(what) }
  const databaseEnv = async (name: string): Promise<Record<string, string>> => {
    if (!postgres) return {}
    const client = new Client({ connectionString: postgres.url })
    await client.connect()
    await client.query(`create database ${name}`)
    await client.end()
    return { DATABASE_URL: Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href }
  }
  const spawned = (command: string[], env: Record<string, string>) => spawn(process.execPath, [CONDITIONS, MAIN, ...command, '--json'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOG_LEVEL: 'error', ...env } })
  const run = <Document>(command: string[], env: Record<string, string>): Promise<Document> => new Promise((resolve, reject) => {
    const child = spawned(command, env)
    const said = { out: '', err: '' }
    child.stdout.on('data', (chunk) => { said.out += String(chunk) })
    child.stderr.on('data', (chunk) => { said.err += String(chunk) })
    child.once('close', (code) => (code === 0 ? resolve(JSON.parse(said.out) as Document) : reject(new Error(`${command.join(' ')} ended with ${code}: ${said.err}`))))
  })

  let server: ChildProcess | null = null
  let writer: ChildProcess | null = null
  try {
    const env = await databaseEnv('origin')
    const data = join(root, 'origin')
    await run(['workspace', 'create', 'acme', '--data', data], env)
    const { secret } = await run<{ secret: string }>(['keys', 'create', '--workspace', 'acme', '--scopes', 'crm:read,crm:write', '--data', data], env)
    const serving = spawned(['serve', '--data', data, '--port', '0'], env)
    server = serving
    const { url } = await new Promise<{ url: string }>((resolve, reject) => {
      serving.stdout.once('data', (line) => resolve(JSON.parse(String(line)) as { url: string }))
      serving.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
    })
    const flowstate = new Flowstate({ baseUrl: url, key: secret })
    await flowstate.companies.createMany(Array.from({ length: RECORDS_BEFORE }, (_, index) => ({ name: `Before ${index}`, description: 'x'.repeat(200) })))

    const log = join(root, 'acknowledged.log')
    let acknowledged = 0
    let slowest = 0
    const failed: string[] = []
    const began = performance.now()
    writer = fork(WRITER, [], { execArgv: [CONDITIONS], env: { ...process.env, WRITER_URL: url, WRITER_KEY: secret, WRITER_LOG: log, WRITER_EACH_MS: String(EACH_MS) } })
    writer.on('message', (said: { acknowledged?: number; slowest?: number; failed?: string }) => {
      acknowledged = said.acknowledged ?? acknowledged
      slowest = said.slowest ?? slowest
      if (said.failed !== undefined) failed.push(said.failed)
    })
    while (acknowledged < WRITES_A_SECOND) await new Promise((resolve) => setTimeout(resolve, 20))

    say(`${postgres ? 'PostgreSQL' : 'SQLite'}, ${RECORDS_BEFORE} companies, writes going on`)
    const files: { file: string; promised: string[] }[] = []
    for (let round = 0; round < BACKUPS; round++) {
      const promised = readFileSync(log, 'utf8').trim().split('\n')
      const file = join(root, `${round}.tar.gz`)
      const [before, at] = [acknowledged, performance.now()]
      await run(['backup', file, '--data', data], env)
      const seconds = (performance.now() - at) / 1_000
      say(`  backup ${round + 1}: ${promised.length} acknowledged before it, ${((acknowledged - before) / seconds).toFixed(0)} writes/s during its ${seconds.toFixed(1)} s`)
      check(acknowledged > before, `nothing was written during backup ${round + 1}`)
      files.push({ file, promised })
    }
    const rate = acknowledged / ((performance.now() - began) / 1_000)
    writer.kill('SIGKILL')
    check(rate >= WRITES_A_SECOND, `only ${rate.toFixed(0)} writes a second were acknowledged`)
    check(failed.length === 0, `${failed.length} writes failed: ${failed[0]}`)
    say(`  ${acknowledged} writes acknowledged, ${rate.toFixed(0)} a second, the slowest in ${slowest.toFixed(0)} ms, ${failed.length} failed`)

    for (const [round, { file, promised }] of files.entries()) {
      const [place, placeEnv] = [join(root, `place${round}`), await databaseEnv(`place${round}`)]
      const restored = await run<{ workspaces: { seq: number }[]; rows: Record<string, number> }>(['restore', file, '--data', place], placeEnv)
      const seen = await (postgres ? lookIntoPostgres(placeEnv.DATABASE_URL ?? '') : lookIntoSqlite(join(place, 'flowstate.db')))
      const names = new Set(seen.names)
      const lost = promised.filter((name) => !names.has(name))
      const seq = restored.workspaces[0]?.seq ?? -1
      check(lost.length === 0, `backup ${round + 1} lost ${lost.length}: ${lost[0]}`)
      check(names.size === seen.names.length, `backup ${round + 1} holds a write twice`)
      check(seen.feed === seq && seen.last === seq, `backup ${round + 1}: the feed has ${seen.feed} of ${seq}, the last ${seen.last}`)
      check(seen.feed === seen.names.length, `backup ${round + 1}: ${seen.feed} changes, ${seen.names.length} companies`)
      check(seen.integrity === 'ok', `backup ${round + 1}: ${seen.integrity}`)
      say(`  restored ${round + 1}: ${promised.length - lost.length} of ${promised.length} there, feed 1–${seen.last} without a hole, integrity ${seen.integrity}`)
    }
  } finally {
    writer?.kill('SIGKILL')
    if (server) {
      const over = new Promise((resolve) => server?.once('exit', resolve))
      server.kill('SIGTERM')
      await over
    }
    await postgres?.remove()
    if (existsSync(root)) rmSync(root, { recursive: true, force: true })
  }
  for (const problem of problems) say(`  ✗ ${problem}`)
  say(problems.length === 0 ? 'holds' : 'fails')
  return problems.length === 0
}

interface Seen { names: string[]; feed: number; last: number; integrity: string }
const lookIntoSqlite = async (file: string): Promise<Seen> => {
  const db = new Sqlite(file, { readonly: true })
  const names = (db.prepare('select name from companies').all() as { name: string }[]).map(({ name }) => name)
  const { feed, last } = db.prepare('select count(distinct seq) as feed, max(seq) as last from changes').get() as { feed: number; last: number }
  const dangling = (db.pragma('foreign_key_check') as unknown[]).length
  const [first] = db.pragma('integrity_check') as { integrity_check: string }[]
  db.close()
  return { names, feed, last, integrity: dangling > 0 ? `${dangling} dangling links` : (first?.integrity_check ?? 'unknown') }
}
/** Its constraints hold what is in it: they were there before the rows. */
const lookIntoPostgres = async (url: string): Promise<Seen> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows: names } = await client.query<{ name: string }>('select name from companies')
  const { rows: [row] } = await client.query<{ feed: number; last: number }>('select count(distinct seq)::int as feed, max(seq)::int as last from changes')
  const { rows: invalid } = await client.query('select conname from pg_constraint where not convalidated')
  await client.end()
  return { names: names.map(({ name }) => name), feed: row?.feed ?? 0, last: row?.last ?? 0, integrity: invalid.length === 0 ? 'ok' : `${invalid.length} constraints do not hold` }
}
