import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { Flowstate } from '../../../packages/sdk/src/index.ts'
import { peopleCsv, personOf } from '../../../packages/server/src/testing/people.ts'
import { flag, median, option, report } from '../table.ts'
import { startPostgres } from './postgres.ts'
import { readWhile } from './reads.ts'

/**
 * 100,000 customers from CSV, with their companies and the ledger, while reads go on. Limit: better-sqlite3 inserting the same rows into the
 * same tables with the same indexes, nothing parsed, nothing looked up, no ledger.
 */
const MAIN = fileURLToPath(new URL('../../../packages/server/dist/cli/main.js', import.meta.url))
const ROWS = option('rows', 100_000)
const QUIET_SECONDS = option('seconds', 5)
const ROUNDS = option('rounds', 3)
const postgres = process.argv.includes('postgres') ? await startPostgres() : null

/** What a server with an empty database of its own makes of the file. */
interface Round { ours: number; limit: number; seconds: number; busy: number; quiet: number; reads: number; peak: number; idle: number; anonymous: number; changed: number; unchanged: number; created: number }
const memoryOf = (pid: number | undefined) => (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024

const bare = (dir: string): number => {
  const file = join(dir, 'bare.db')
  const db = new Database(file)
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  const folder = fileURLToPath(new URL('../../../packages/server/migrations/sqlite/', import.meta.url))
  const { entries } = JSON.parse(readFileSync(join(folder, 'meta/_journal.json'), 'utf8')) as { entries: { tag: string }[] }
  for (const { tag } of entries) for (const statement of readFileSync(join(folder, `${tag}.sql`), 'utf8').split('--> statement-breakpoint')) db.exec(statement)
  const company = db.prepare("insert into companies (workspace_id, id, name, tags, custom_fields, version, created_at, updated_at) values ('w', ?, ?, '[]', '{}', 1, ?, ?)")
  const customer = db.prepare("insert into customers (workspace_id, id, name, email, email_key, phone, phone_key, title, company_id, tags, external_id, custom_fields, version, created_at, updated_at) values ('w', ?, ?, ?, ?, ?, ?, ?, ?, '[]', ?, '{}', 1, ?, ?)")
  const at = new Date().toISOString()
  const people = Array.from({ length: ROWS }, (_, index) => personOf(index))
  const started = performance.now()
  db.transaction(() => {
    let last = ''
    people.forEach((person, index) => {
      if (person.company !== last) company.run(`com_${person.company}`, person.company, at, at)
      last = person.company
      const phone = person.phone.replaceAll(' ', '')
      customer.run(`cus_${String(index).padStart(26, '0')}`, `${person.firstName} ${person.lastName}`, person.email, person.email.toLowerCase(), phone, phone, person.title, `com_${person.company}`, person.id, at, at)
    })
  })()
  const perSecond = ROWS / ((performance.now() - started) / 1_000)
  db.close()
  return perSecond
}

const p99 = (sorted: number[]): number => sorted[Math.floor(sorted.length * 0.99)] ?? 0

const importAll = async (flowstate: Flowstate) => {
  const { id } = await flowstate.imports.upload(peopleStream(), { noun: 'customers', name: 'people.csv' })
  return flowstate.imports.wait(id, { every: 200 })
}
async function* peopleStream() {
  yield* peopleCsv(ROWS)
}

const round = async (number: number): Promise<Round> => {
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-bench-'))
  const env = { ...process.env, LOG_LEVEL: 'error', ...(postgres ? { DATABASE_URL: postgres.url } : {}) }
  const cli = (...args: string[]) => JSON.parse(execFileSync(process.execPath, [MAIN, ...args, '--data', dir, '--json'], { encoding: 'utf8', env })) as { secret: string; id: string }
  const slug = `bench-${number}`
  cli('workspace', 'create', slug)
  const { secret } = cli('keys', 'create', '--workspace', slug, '--scopes', 'crm:read,crm:write,agents:read')
  const profile = flag('profile') ? ['--cpu-prof', `--cpu-prof-dir=${process.env.PROFILE_DIR ?? dir}`] : []
  const child = spawn(process.execPath, [...profile, MAIN, 'serve', '--data', dir, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'], env })
  try {
    const { url } = JSON.parse(await new Promise<string>((resolve) => child.stdout.once('data', (line) => resolve(String(line))))) as { url: string }
    const flowstate = new Flowstate({ baseUrl: url, key: secret, timeout: 600_000 })
    const memory = memoryOf(child.pid)
    await flowstate.customers.createMany(Array.from({ length: 200 }, (_, index) => ({ name: `Old ${index}`, email: `old.${index}@people.example` })))
    const quiet = await readWhile({ url, secret }, new Promise((resolve) => setTimeout(resolve, QUIET_SECONDS * 1_000)))
    const idle = memory('VmRSS')
    const idleAnonymous = memory('RssAnon')
    let peak = 0
    let anonymous = 0
    const watch = setInterval(() => {
      peak = Math.max(peak, memory('VmRSS'))
      anonymous = Math.max(anonymous, memory('RssAnon'))
    }, 50)
    const started = performance.now()
    const work = importAll(flowstate)
    const busy = await readWhile({ url, secret }, work)
    const { counts } = await work
    const seconds = (performance.now() - started) / 1_000
    clearInterval(watch)
    const again = (await importAll(flowstate)).counts
    return {
      ours: ROWS / seconds, limit: bare(dir), seconds, busy: p99(busy), quiet: p99(quiet), reads: busy.length, peak, idle, anonymous: anonymous - idleAnonymous,
      created: counts.created, unchanged: again.unchanged, changed: again.created + again.updated + again.merged,
    }
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
    rmSync(dir, { recursive: true, force: true })
  }
}

try {
  const rounds: Round[] = []
  for (let number = 1; number <= ROUNDS; number++) rounds.push(await round(number))
  const of = (measure: (each: Round) => number): number => median(rounds.map(measure))
  const all = (measure: (each: Round) => number, digits: number): string => rounds.map((each) => measure(each).toFixed(digits)).join(', ')
  report(`Import of ${ROWS.toLocaleString('en')} customers on ${postgres ? 'PostgreSQL' : 'SQLite'}, medians of ${ROUNDS} rounds (limit: better-sqlite3, the same rows into the same tables)`, [
    { what: 'rows', ours: of(({ ours }) => ours), limit: of(({ limit }) => limit), unit: '/s', goal: '≥ 0.15', more: `${all(({ seconds }) => seconds, 1)} s (goal < 60), ${rounds.map(({ created }) => created).join(', ')} created` },
    { what: 'reads beside it, p99', ours: of(({ busy }) => busy), limit: of(({ quiet }) => quiet), unit: 'ms', goal: '≤ 3', more: `${all(({ busy, quiet }) => busy / quiet, 2)} of ${rounds.map(({ reads }) => reads).join(', ')} reads` },
    { what: 'memory', ours: of(({ peak }) => peak), limit: of(({ idle }) => idle), unit: 'MB', goal: '≤ +150 MB', more: `+${all(({ peak, idle }) => peak - idle, 0)} MB; +${all(({ anonymous }) => anonymous, 0)} MB without mapped files` },
    { what: 'the same file again', ours: of(({ unchanged }) => unchanged), limit: ROWS, unit: 'rows unchanged', goal: '1', more: `${rounds.map(({ changed }) => changed).join(', ')} changed` },
  ])
} finally {
  await postgres?.stop()
}
