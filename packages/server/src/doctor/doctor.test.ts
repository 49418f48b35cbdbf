import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, type Server } from 'node:http'
import { createServer, type Server as NetServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { getRequestListener } from '@hono/node-server'
import Sqlite from 'better-sqlite3'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { announce } from '../cli/instance.ts'
import { instanceRoutes } from '../cli/instance.routes.ts'
import { secretFile } from '../keyring/source.ts'
import { describeEachDatabase, type FreshDatabase, freshDatabase } from '../testing/databases.ts'
import { freePort } from '../testing/postgres.ts'
import { createTestServer } from '../testing/server.ts'
import { diagnose } from './doctor.ts'
import type { Finding } from './finding.ts'
import { LAST_BACKUP, nodeVersion } from './machine.ts'

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const PASSWORD = 'Sesame-0pen/here'
const SAFE = { NODE_ENV: 'production', FLOWSTATE_SECRET: 'k9mV2xQ7tL4wZ8pR1sN6yB3cF5hJ0dGa', PUBLIC_URL: 'https://crm.example.com', ALLOWED_ORIGINS: 'https://app.example.com', TRUST_PROXY: '1' }

const listening = async <Of extends Server | NetServer>(server: Of): Promise<{ port: number; close(): Promise<void> }> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()))
  const address = server.address()
  return { port: address && typeof address === 'object' ? address.port : 0, close: () => new Promise((resolve) => server.close(() => resolve())) }
}

describe('flowstate doctor', () => {
  let home: FreshDatabase
  let port: number
  beforeEach(async () => {
    home = await freshDatabase('sqlite')
    port = await freePort()
  })
  afterEach(() => home.dispose())
  /** What it says of one thing, with everything else as it is on a new instance. */
  const said = async (check: string, env: Record<string, string> = {}): Promise<Finding[]> => (await diagnose({ PORT: String(port), ...env }, home.dir)).findings.filter((finding) => finding.check === check)
  const made = async (options: Parameters<typeof createTestServer>[1] = {}) => createTestServer({ ...home, url: pathToFileURL(join(home.dir, 'flowstate.db')).href }, { secret: secretFile(home.dir), ...options })

  it('finds nothing wrong with a new data directory, and with one that has served', async () => {
    expect(await diagnose({ PORT: String(port) }, join(home.dir, 'nowhere'))).toMatchObject({ healthy: true })
    await (await made()).close()
    const { healthy, findings } = await diagnose({ PORT: String(port) }, home.dir)
    expect(healthy, JSON.stringify(findings)).toBe(true)
    for (const check of ['node', 'settings', 'addresses', 'files', 'secret', 'disk', 'database', 'schema', 'worker', 'audit', 'storage', 'port', 'server', 'mail', 'sign-in', 'room']) expect(findings.find((finding) => finding.check === check), check).toMatchObject({ state: 'ok' })
  })

  it('names every setting that cannot stand, and not its value where that may be secret', async () => {
    const { healthy, findings } = await diagnose({ ...SAFE, FLOWSTATE_SECRTE: 'x', PORT: 'eighty', DATABASE_URL: `postgre://crm:${PASSWORD}@db/crm`, SMTP_URL: `smtp//crm:${PASSWORD}@mail`, OIDC_ISSUER: 'https://login.example.com', LOG_LEVEL: 'loud' }, home.dir)
    expect(healthy).toBe(false)
    const wrong = findings.filter(({ check, state }) => check === 'settings' && state === 'wrong').map(({ says }) => says.split(' ', 1)[0])
    expect(wrong.sort()).toEqual(['DATABASE_URL', 'FLOWSTATE_SECRTE', 'LOG_LEVEL', 'OIDC_ISSUER,', 'PORT', 'SMTP_URL'])
    expect(JSON.stringify(findings)).not.toContain('Sesame')
    expect(await said('settings', { NODE_ENV: 'production' })).toMatchObject([{ state: 'wrong', says: expect.stringContaining('PUBLIC_URL=https://'), mend: expect.stringContaining('--role owner') }])
  })

  it('knows settings that contradict each other', async () => {
    const about = async (env: Record<string, string>) => (await said('addresses', env)).map(({ state, says }) => `${state}: ${says}`).join('\n')
    expect(await about(SAFE)).toMatch(/^ok/)
    expect(await about({ PUBLIC_URL: 'https://example.com/crm', TRUST_PROXY: '1' })).toMatch(/^wrong: .*\/crm.*BASE_PATH/)
    expect(await about({ PUBLIC_URL: 'https://example.com/crm', BASE_PATH: '/crm', TRUST_PROXY: '1' })).toMatch(/^ok/)
    expect(await about({ PUBLIC_URL: 'http://crm.example.com', ALLOWED_ORIGINS: 'https://app.example.com' })).toMatch(/wrong: .*mixed content/)
    expect(await about({ PUBLIC_URL: 'https://crm.example.com', ALLOWED_ORIGINS: 'https://crm.example.com', TRUST_PROXY: '1' })).toMatch(/^warning: .*itself/)
    expect(await about({ PUBLIC_URL: 'https://crm.example.com' })).toMatch(/^warning: .*TRUST_PROXY=0/)
    expect(await about({ TRUST_PROXY: '2' })).toMatch(/^warning: .*X-Forwarded-For/)
  })

  it('knows who else may read what is secret', async () => {
    await (await made()).close()
    chmodSync(join(home.dir, 'secret'), 0o640)
    expect(await said('files')).toMatchObject([{ state: 'wrong', says: expect.stringContaining('0640'), mend: expect.stringContaining('chmod 600') }])
    chmodSync(join(home.dir, 'secret'), 0o600)
    chmodSync(home.dir, 0o777)
    expect(await said('files')).toMatchObject([{ state: 'wrong', mend: `chmod 700 ${home.dir}` }, { state: 'warning', says: expect.stringContaining('flowstate.db') }])
    chmodSync(home.dir, 0o700)
    expect(await said('files')).toMatchObject([{ state: 'ok' }])
  })

  it('knows a secret that is none', async () => {
    writeFileSync(join(home.dir, 'secret'), 'cut', { mode: 0o600 })
    expect(await said('secret')).toMatchObject([{ state: 'wrong', says: expect.stringContaining('32 characters') }])
    expect(await said('secret', { FLOWSTATE_SECRET: 'aaaabbbbaaaabbbbaaaabbbbaaaabbbbaaaabbbb' })).toMatchObject([{ state: 'wrong', mend: expect.stringContaining('secrets rotate') }])
    expect(await said('secret', { FLOWSTATE_SECRET: `${SAFE.FLOWSTATE_SECRET},${SAFE.FLOWSTATE_SECRET}` })).toMatchObject([{ state: 'ok', says: expect.stringContaining('1 from before') }])
  })

  it('knows a database that is none, is older, or is newer', async () => {
    await (await made()).close()
    const change = (statement: string) => {
      const db = new Sqlite(join(home.dir, 'flowstate.db'))
      db.prepare(statement).run()
      db.close()
    }
    change("insert into __drizzle_migrations (hash, created_at) values ('of tomorrow', 9999999999999)")
    expect(await said('schema')).toMatchObject([{ state: 'wrong', mend: expect.stringContaining('Update Flowstate') }])
    change('delete from __drizzle_migrations where created_at > (select created_at from __drizzle_migrations order by created_at limit 1 offset 3)')
    expect(await said('schema')).toMatchObject([{ state: 'warning', mend: expect.stringContaining('flowstate migrate') }])
    const other = join(home.dir, 'other.db')
    writeFileSync(other, 'no database at all, and long enough that it is read as one, which it is not'.repeat(20))
    expect(await said('database', { DATABASE_URL: pathToFileURL(other).href })).toMatchObject([{ state: 'wrong', says: expect.stringContaining('not a database'), mend: expect.stringContaining('flowstate restore') }])
  })

  it('knows that a port is taken, and a host is not here', async () => {
    const taken = await listening(createServer())
    expect(await said('port', { PORT: String(taken.port) })).toMatchObject([{ state: 'wrong', says: `Something else listens on 127.0.0.1:${taken.port}.` }])
    await taken.close()
    expect(await said('port', { PORT: String(taken.port) })).toMatchObject([{ state: 'ok' }])
    expect(await said('port', { ...SAFE, HOST: '192.0.2.1' })).toMatchObject([{ state: 'wrong', says: expect.stringContaining('no address of this machine') }])
  })

  it('knows a mail server that is away, or refuses, and keeps what it says of the password to itself', async () => {
    const url = (at: number) => `smtp://crm:${encodeURIComponent(PASSWORD)}@127.0.0.1:${at}?from=crm@example.com`
    expect(await said('mail', { SMTP_URL: url(port) })).toMatchObject([{ state: 'wrong', says: expect.stringContaining('ECONNREFUSED'), mend: expect.stringContaining('587') }])
    const server = await listening(createServer((socket) => {
      socket.write('220 ready\r\n')
      socket.on('error', () => undefined)
      socket.on('data', (chunk) => socket.write(String(chunk).startsWith('EHLO') ? '250-here\r\n250 AUTH PLAIN\r\n' : String(chunk).startsWith('AUTH') ? `535 ${PASSWORD} is not the password\r\n` : '221 bye\r\n'))
    }))
    const [refused] = await said('mail', { SMTP_URL: url(server.port) })
    await server.close()
    expect(refused).toMatchObject({ state: 'wrong', says: expect.stringContaining('[secret] is not the password'), mend: expect.stringContaining('%40') })
    expect(JSON.stringify(refused)).not.toContain('Sesame')
    expect(await said('mail', { SMTP_URL: 'smtp://crm@127.0.0.1:25' })).toMatchObject([{ state: 'wrong', says: expect.stringContaining('no sender') }])
  })

  it('knows an OpenID provider that is away, is none, or is another', async () => {
    let answer: { status: number; body: object } = { status: 404, body: {} }
    const provider = await listening(createHttp((_, response) => response.writeHead(answer.status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(answer.body))))
    const issuer = `http://127.0.0.1:${provider.port}`
    const env = { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'crm', OIDC_CLIENT_SECRET: PASSWORD }
    expect(await said('sign-in', env)).toMatchObject([{ state: 'wrong', says: expect.stringContaining('404') }])
    answer = { status: 200, body: { issuer: 'https://login.example.com' } }
    expect(await said('sign-in', env)).toMatchObject([{ state: 'wrong', mend: 'Set OIDC_ISSUER=https://login.example.com' }])
    answer = { status: 200, body: { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` } }
    expect(await said('sign-in', env)).toMatchObject([{ state: 'ok' }])
    await provider.close()
    expect(await said('sign-in', env)).toMatchObject([{ state: 'wrong', says: expect.stringContaining('ECONNREFUSED') }])
  })

  it('knows a room that is away, or has another secret', async () => {
    const room = await listening(createHttp((request, response) => response.writeHead(request.headers.authorization === `Bearer ${PASSWORD}` ? 200 : 403, { 'content-type': 'application/json', connection: 'close' }).end('{"answer":{"type":"unknown"}}')))
    const env = (secret: string) => ({ PARTYKIT_HOST: `http://127.0.0.1:${room.port}`, PARTYKIT_SECRET: secret })
    expect(await said('room', env(PASSWORD))).toMatchObject([{ state: 'ok' }])
    expect(await said('room', env('another one'))).toMatchObject([{ state: 'wrong', says: expect.stringContaining('403'), mend: expect.stringContaining('PARTYKIT_SECRET') }])
    await room.close()
    expect(await said('room', env(PASSWORD))).toMatchObject([{ state: 'wrong', says: expect.stringContaining('ECONNREFUSED') }])
  })

  it('knows a storage that keeps nothing', async () => {
    writeFileSync(join(home.dir, 'a-file'), '')
    expect(await said('storage', { STORAGE_URL: pathToFileURL(join(home.dir, 'a-file', 'below')).href })).toMatchObject([{ state: 'wrong', mend: expect.stringContaining('chown') }])
  })

  it('knows a worker that has stopped beside a server that has not', async () => {
    const first = await made({ workerConcurrency: 1, heartbeatMs: 100, sweepMs: 50 })
    await new Promise<void>((resolve) => {
      const stop = first.services.status.subscribe(() => { stop(); resolve() })
    })
    await first.close()
    const server = await made()
    const instance = instanceRoutes(server.services, 'x')
    const { port: at, close } = await listening(createHttp(getRequestListener((request) => (new URL(request.url).pathname.startsWith('/instance/') ? instance.fetch(request) : server.server.fetch(request)))))
    announce(home.dir, { url: `http://127.0.0.1:${at}`, pid: process.pid, secret: 'x' })
    expect(await said('server')).toMatchObject([{ state: 'ok', says: expect.stringContaining('ready') }])
    expect(await said('worker', { HEARTBEAT_MS: '100' })).toMatchObject([{ state: 'wrong', says: expect.stringContaining('not been heard of since'), mend: expect.stringContaining('flowstate worker') }])
    await close()
    await server.close()
    expect(await said('worker')).toMatchObject([{ state: 'ok' }])
  })

  it('knows how old the last backup is, and whether it is there', async () => {
    expect(await said('backup')).toMatchObject([{ state: 'warning', mend: expect.stringContaining('flowstate backup') }])
    await (await made()).close()
    const file = join(home.dir, 'crm.tar.gz')
    expect(await run(['backup', file, '--data', home.dir])).toMatchObject({ code: 0 })
    expect(await said('backup')).toMatchObject([{ state: 'ok', says: expect.stringContaining('within a day') }])
    writeFileSync(join(home.dir, LAST_BACKUP), JSON.stringify({ at: new Date(Date.now() - 9 * 86_400_000).toISOString(), file }))
    expect(await said('backup')).toMatchObject([{ state: 'warning', says: expect.stringContaining('9 days ago') }])
  }, 60_000)

  it('answers one document, exits with 1 when something is wrong, and is read by people', async () => {
    const good = await run(['doctor', '--json', '--data', home.dir], { PORT: String(port) })
    expect(good).toMatchObject({ code: 0, err: '' })
    expect(JSON.parse(good.out)).toMatchObject({ healthy: true })
    const taken = await listening(createServer())
    const bad = await run(['doctor', '--data', home.dir], { PORT: String(taken.port) })
    await taken.close()
    expect(bad.code).toBe(1)
    expect(bad.out).toMatch(/^WRONG {2}port .*\n {19}→ Stop it/m)
    expect(bad.out.trimEnd().split('\n').at(-1)).toBe('1 thing is wrong.')
  }, 60_000)

  it('asks for a Node that is new enough', () => {
    expect(nodeVersion('20.20.0')).toMatchObject({ state: 'wrong' })
    expect(nodeVersion()).toMatchObject({ state: 'ok' })
  })
})

describe('flowstate doctor, of PostgreSQL', () => {
  let home: FreshDatabase
  beforeEach(async () => { home = await freshDatabase('postgres') })
  afterEach(() => home.dispose())
  const said = async (check: string, env: Record<string, string> = {}) => (await diagnose({ PORT: '0', DATABASE_URL: home.url, ...env }, home.dir)).findings.filter((finding) => finding.check === check)
  const asSuperuser = async (...statements: string[]) => {
    const client = new Client({ connectionString: home.url })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }

  it('knows whom row-level security does not hold, where it does not stand, and which clock is off [postgres]', async () => {
    await (await createTestServer(home)).close()
    expect(await said('isolation')).toMatchObject([{ state: 'warning', says: expect.stringContaining('superuser') }])
    expect(await said('isolation', SAFE)).toMatchObject([{ state: 'wrong', mend: expect.stringContaining('create role crm login') }])
    const user = `crm_${home.url.slice(-6)}`
    await asSuperuser(`create role ${user} login password 'x' in role flowstate_app`, 'alter table companies no force row level security', `grant usage on schema drizzle to ${user}`, `grant select on all tables in schema drizzle to ${user}`)
    const url = new URL(home.url)
    url.username = user
    url.password = 'x'
    expect(await said('isolation', { DATABASE_URL: url.href })).toMatchObject([{ state: 'wrong', says: expect.stringContaining('companies') }])
    await asSuperuser('alter table companies force row level security', `alter role ${user} bypassrls`)
    expect(await said('isolation', { ...SAFE, DATABASE_URL: url.href })).toMatchObject([{ state: 'wrong', says: expect.stringContaining('BYPASSRLS') }])
    await asSuperuser(`alter role ${user} nobypassrls`)
    expect(await said('isolation', { ...SAFE, DATABASE_URL: url.href })).toMatchObject([{ state: 'ok' }])
    await asSuperuser(`revoke all on schema drizzle from ${user}`, `revoke all on all tables in schema drizzle from ${user}`, `drop role ${user}`)
    expect(await said('clock')).toMatchObject([{ state: 'ok' }])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 })
    try {
      expect(await said('clock')).toMatchObject([{ state: 'wrong', says: expect.stringContaining('behind this machine'), mend: expect.stringContaining('NTP') }])
    } finally {
      vi.useRealTimers()
    }
  }, 60_000)

  it('knows a database that does not answer, or lets nobody in, and says no password [postgres]', async () => {
    const away = new URL(home.url)
    away.port = String(await freePort())
    away.password = encodeURIComponent(PASSWORD)
    expect(await said('database', { DATABASE_URL: away.href })).toMatchObject([{ state: 'wrong', says: expect.stringContaining('ECONNREFUSED') }])
    const stranger = new URL(home.url)
    stranger.password = encodeURIComponent(PASSWORD)
    const refused = await diagnose({ PORT: '0', DATABASE_URL: stranger.href }, home.dir)
    expect(refused.findings).toContainEqual(expect.objectContaining({ check: 'database', state: 'wrong', says: expect.stringContaining('password authentication failed') }))
    expect(JSON.stringify(refused)).not.toContain('Sesame')
  })
})

describeEachDatabase('flowstate doctor, of the audit log', (fresh, dialect) => {
  it('knows one that was tampered with, and who owns the instance', async () => {
    const home = await fresh()
    const test = await createTestServer(home)
    await test.flowstate.keys.create({ name: 'One', scopes: ['crm:read'] })
    await test.flowstate.keys.create({ name: 'Two', scopes: ['crm:read'] })
    await test.close()
    mkdirSync(home.dir, { recursive: true })
    const said = async (check: string, env: Record<string, string> = {}) => (await diagnose({ PORT: '0', DATABASE_URL: home.url, ...env }, home.dir)).findings.filter((finding) => finding.check === check)
    expect(await said('owner', SAFE)).toMatchObject([{ state: 'wrong', mend: expect.stringContaining('members add') }])
    expect(await said('audit')).toMatchObject([{ state: 'ok', says: expect.stringMatching(/acme 2:[0-9a-f]{12}/) }])
    const tamper = "update audit set event = 'keys.list' where seq = 2"
    if (dialect === 'sqlite') {
      const db = new Sqlite(fileURLToPath(home.url))
      db.prepare(tamper).run()
      db.close()
    } else {
      const client = new Client({ connectionString: home.url })
      await client.connect()
      await client.query(tamper)
      await client.end()
    }
    expect(await said('audit')).toMatchObject([{ state: 'wrong', says: expect.stringContaining('entry 2 is not as it was written'), mend: expect.stringContaining('flowstate audit verify') }])
    await home.dispose()
  }, 60_000)
})

const run = (args: string[], env: Record<string, string> = {}): Promise<{ code: number | null; out: string; err: string }> => new Promise((resolve) => {
  const child = spawn(process.execPath, ['--conditions=flowstate-source', MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOG_LEVEL: 'error', ...env } })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => { said.out += String(chunk) })
  child.stderr.on('data', (chunk) => { said.err += String(chunk) })
  child.once('close', (code) => resolve({ code, ...said }))
})
