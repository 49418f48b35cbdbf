import type { AuditEntry } from '@flowstate-ai/sdk/contract'
import { sql } from 'drizzle-orm'
import { INSTANCE } from '../audit/audit.service.ts'
import { createAuditStore } from '../audit/audit.store.ts'
import { faultOf } from '../audit/chain.ts'
import { isPostgres, sqliteFile } from '../backup/backup.ts'
import { knownMigrations } from '../backup/manifest.ts'
import { inspectDatabase, type Inspected } from '../db/inspect.ts'
import { APP_ROLE } from '../db/isolation.ts'
import { createSystem } from '../db/system.ts'
import type { Database } from '../db/database.ts'
import { type Env, OWNER_LINE } from '../env.ts'
import { BUILT_IN_WORKER } from '../worker/worker.ts'
import { causeOf, type Finding, findingsOf, ok, unknown, warning, wrong } from './finding.ts'

const SKEW_MS = { warning: 2_000, wrong: 30_000 }
const HEAD_ENTRIES = 100

/** What lies in the database, looked at as it is. `served`: a server works on it, so that somebody must work on its tasks. */
export const databaseFindings = async (env: Env, served: boolean): Promise<Finding[]> => {
  const url = env.options.databaseUrl ?? ''
  let inspected: Inspected | null
  try {
    inspected = await inspectDatabase(url)
  } catch (error) {
    return [wrong('database', `It cannot be opened: ${causeOf(error)}.`, isPostgres(url) ? 'See that PostgreSQL runs, that DATABASE_URL names its host, port, database and user, and that the user may log in from here.' : `See that ${sqliteFile(url)} is a database of Flowstate's and can be read; a backup is put in its place by: flowstate restore FILE --force`)]
  }
  if (inspected === null) return [unknown('database', `There is no ${sqliteFile(url)} yet; the first start makes it.`)]
  const of = inspected
  try {
    const schema = await findingsOf('schema', () => schemaOf(of))
    const findings = [
      ok('database', isPostgres(url) ? `PostgreSQL answers, at ${new URL(url).host}.` : `${sqliteFile(url)} can be read.`), ...schema,
      ...await findingsOf('isolation', () => isolationOf(of, env)), ...await findingsOf('clock', () => clockOf(of)),
    ]
    // What is asked of a schema that is not this version's would only break off.
    if (schema.some(({ state }) => state !== 'ok')) return findings
    return [...findings, ...await findingsOf('owner', () => ownerOf(of, env)), ...await findingsOf('worker', () => workerOf(of, env, served)), ...await findingsOf('audit', () => auditOf(of))]
  } finally {
    await of.close()
  }
}

const schemaOf = async ({ dialect, migrations }: Inspected): Promise<Finding[]> => {
  const [applied, known] = [await migrations(), knownMigrations(dialect)]
  if (applied.some((hash, index) => known[index] !== hash)) return [wrong('schema', 'A newer Flowstate has worked on it, whose schema this one does not know.', 'Update Flowstate to that version or a later one, or restore a backup from before.')]
  const missing = known.length - applied.length
  return [missing === 0 ? ok('schema', `Up to date, ${applied.length} migrations.`) : warning('schema', `${missing} of ${known.length} migrations are to come.`, 'The next start applies them; to do so before: flowstate migrate')]
}

const isolationOf = async ({ isolation }: Inspected, { production }: Env): Promise<Finding[]> => {
  const found = await isolation()
  if (found === null) return []
  const { user, unheld, role, member, open } = found
  const grant = `As a superuser, once: ${role ? '' : `create role ${APP_ROLE} nologin; `}grant ${APP_ROLE} to ${user};`
  if (!role || !member) return [unheld && !production ? warning('isolation', `There is no role ${APP_ROLE} yet; the first start makes it.`, grant) : wrong('isolation', `${user} is no member of ${APP_ROLE}, the role that sees one workspace at a time.`, grant)]
  if (unheld) return [(production ? wrong : warning)('isolation', `${user} is a superuser or has BYPASSRLS: row-level security does not hold it${production ? ', and the server does not start' : ''}.`, `Let the server be a user of its own: create role crm login password '…'; grant ${APP_ROLE} to crm; alter database … owner to crm;`)]
  if (open.length > 0) return [wrong('isolation', `Row-level security does not stand on ${open.join(', ')}.`, 'Start the server again: it puts it there.')]
  return [ok('isolation', `Row-level security keeps workspaces apart, and holds ${user} too.`)]
}

const clockOf = async ({ now }: Inspected): Promise<Finding[]> => {
  const before = Date.now()
  const theirs = await now()
  if (theirs === null) return []
  const skew = theirs - (before + Date.now()) / 2
  const said = `The database's clock is ${Math.abs(skew) < 1_000 ? 'the same as this machine\'s' : `${(Math.abs(skew) / 1_000).toFixed(1)} seconds ${skew > 0 ? 'ahead of' : 'behind'} this machine's`}, to within ${Math.max(1, Math.round((Date.now() - before) / 2))} ms`
  const mend = 'Let both be set by NTP (timedatectl set-ntp true): tokens, leases and reminders go by them.'
  if (Math.abs(skew) >= SKEW_MS.wrong) return [wrong('clock', `${said}.`, mend)]
  return [Math.abs(skew) >= SKEW_MS.warning ? warning('clock', `${said}.`, mend) : ok('clock', `${said}.`)]
}

const ownerOf = async ({ database }: Inspected, { exposed }: Env): Promise<Finding[]> => {
  if (await createSystem(database as Database).hasOwner()) return [ok('owner', 'Somebody owns it.')]
  return [exposed ? wrong('owner', 'Nobody owns it, and it does not start in front of others before somebody does.', OWNER_LINE) : warning('owner', 'Nobody owns it yet.', 'Open the link that flowstate serve prints when it starts, or: ' + OWNER_LINE)]
}

const DEFAULT_HEARTBEAT_MS = 10_000
const LATE_MS = 5 * 60_000
const workerOf = async ({ database: { reader, tables: { agents, tasks } } }: Inspected, env: Env, served: boolean): Promise<Finding[]> => {
  const rows = await reader.select({ name: agents.name, status: agents.status, lastSeenAt: agents.lastSeenAt }).from(agents)
  const stale = (at: string) => Date.now() - Date.parse(at) > 2 * (env.options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS)
  const own = rows.filter(({ name }) => name === BUILT_IN_WORKER)
  const [waiting] = await reader.select({ count: sql<number>`count(*)`, since: sql<string | null>`min(${tasks.runAt})` }).from(tasks).where(sql`${tasks.state} in ('queued', 'scheduled') and ${tasks.runAt} <= ${new Date(Date.now() - LATE_MS).toISOString()}`)
  const late = Number(waiting?.count ?? 0)
  const silent = rows.filter(({ name, status, lastSeenAt }) => name !== BUILT_IN_WORKER && status !== 'offline' && stale(lastSeenAt)).map(({ name }) => name)
  const others = silent.length === 0 ? [] : [warning('worker', `Agents that have gone silent without signing off: ${silent.join(', ')}.`, 'See whether their processes run; flowstate agents list tells when each was last heard of.')]
  if (own.some(({ status, lastSeenAt }) => status !== 'offline' && !stale(lastSeenAt))) {
    return [late === 0 ? ok('worker', 'It was heard of just now, and no task is late.') : warning('worker', `It was heard of just now, and ${late} tasks have waited for more than 5 minutes.`, 'Let more hands work: flowstate worker --concurrency 8 (on PostgreSQL), or see in Godmode what holds them.'), ...others]
  }
  if (!served) return [ok('worker', 'None works, for no server runs here; it starts with the server.'), ...others]
  if (own.length === 0) return [unknown('worker', 'None has worked yet: there is no workspace to work in, or the server has just started.'), ...others]
  return [wrong('worker', `It has not been heard of since ${own.map(({ lastSeenAt }) => lastSeenAt).sort().at(-1)}; ${late} tasks wait.`, 'Start the server again; its log says why the worker stopped. Where servers run without workers, start one: flowstate worker'), ...others]
}

const auditOf = async ({ database }: Inspected): Promise<Finding[]> => {
  const store = createAuditStore(database as Database)
  const logs = [{ id: INSTANCE, slug: INSTANCE }, ...await createSystem(database as Database).workspaces()]
  const heads: string[] = []
  for (const { id, slug } of logs) {
    const last = await store.last(id)
    if (last === null) continue
    let before: AuditEntry | null = null
    for (const entry of await store.between(id, { since: Math.max(0, last.seq - HEAD_ENTRIES), limit: HEAD_ENTRIES })) {
      const fault = before === null && entry.seq > 1 ? null : faultOf(id, before, entry)
      if (fault !== null) return [wrong('audit', `The log of ${slug} is not as it was written: ${fault}.`, 'Find out who can write to the database besides the server. flowstate audit verify goes through all of it; a backup has it as it was.')]
      before = entry
    }
    heads.push(`${slug} ${last.seq}:${last.hash.slice(0, 12)}`)
  }
  return [ok('audit', heads.length === 0 ? 'Nothing is in it yet.' : `The last entries are as they were written; heads to keep elsewhere: ${heads.join(', ')}.`)]
}
