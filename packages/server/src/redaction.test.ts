import { spawn, spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import type { PageToken } from '@flowstate-ai/sdk/contract'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { censored, sayingOf } from './censor.ts'
import { lineWithoutSecrets } from './log.ts'
import { consoleMail } from './mail/mail.ts'
import { type FreshDatabase, freshDatabase } from './testing/databases.ts'
import { freePort } from './testing/postgres.ts'
import { ended } from './testing/processes.ts'
import { createReceiver, type Receiver } from './testing/receiver.ts'

const MAIN = fileURLToPath(new URL('./cli/main.ts', import.meta.url))
const PAGE = 'https://intranet.example'

/** Secrets that stand nowhere else by chance. */
const PLANTED = {
  instance: `Instance${randomBytes(24).toString('hex')}`, database: `Database${randomBytes(8).toString('hex')}`, mail: `Mail${randomBytes(8).toString('hex')}`, oidc: `Oidc${randomBytes(8).toString('hex')}`,
  room: `Room${randomBytes(8).toString('hex')}`, password: `Password${randomBytes(8).toString('hex')}`, wrongPassword: `Wrong${randomBytes(8).toString('hex')}`, nextPassword: `Next${randomBytes(8).toString('hex')}`,
}

describe('secrets', () => {
  let home: FreshDatabase
  let receiver: Receiver
  let role: string
  let env: Record<string, string>
  const owner = async (...statements: string[]) => {
    const client = new Client({ connectionString: home.url })
    await client.connect()
    for (const statement of statements) await client.query(statement)
    await client.end()
  }
  beforeAll(async () => {
    home = await freshDatabase('postgres')
    receiver = await createReceiver(() => 500)
    role = `told_${randomBytes(4).toString('hex')}`
    await owner(`create role ${role} login superuser password '${PLANTED.database}'`)
    const url = new URL(home.url)
    url.username = role
    url.password = PLANTED.database
    const [mail, oidc, room] = [await freePort(), await freePort(), await freePort()]
    env = {
      LOG_LEVEL: 'trace', DATABASE_URL: url.href, FLOWSTATE_SECRET: PLANTED.instance, SMTP_URL: `smtp://crm:${PLANTED.mail}@127.0.0.1:${mail}?from=crm@example.com`, ALLOWED_ORIGINS: PAGE,
      OIDC_ISSUER: `http://127.0.0.1:${oidc}`, OIDC_CLIENT_ID: 'crm', OIDC_CLIENT_SECRET: PLANTED.oidc, PARTYKIT_HOST: `http://127.0.0.1:${room}`, PARTYKIT_SECRET: PLANTED.room, FLOWSTATE_ALLOW_PRIVATE_TARGETS: '1', SWEEP_MS: '200', HEARTBEAT_MS: '500',
    }
  }, 60_000)
  afterAll(async () => {
    await receiver.close()
    await owner(`alter role ${role} nologin`, `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`, `reassign owned by ${role} to postgres`, `drop owned by ${role}`, `drop role ${role}`)
    await home.dispose()
  })

  /** Everything that was said, by whom. */
  const heard: { by: string; text: string }[] = []
  const hear = (by: string, text: string) => { heard.push({ by, text }) }
  const spawned = (args: readonly string[], more: Record<string, string> = {}) => {
    const child = spawn(process.execPath, ['--conditions=flowstate-source', MAIN, ...args, '--data', home.dir], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env, ...more } })
    child.stderr.on('data', (chunk) => hear(`${args[0]} stderr`, String(chunk)))
    return child
  }
  const run = (args: readonly string[], { input = '', more = {}, listen = true } = {}): Promise<string> => new Promise((resolve) => {
    const child = spawned(args, more)
    let out = ''
    child.stdout.on('data', (chunk) => { out += String(chunk) })
    child.once('close', () => {
      if (listen) hear(`${args[0]} stdout`, out)
      resolve(out)
    })
    child.stdin.end(input)
  })

  it('are in nothing that the server says, in success and in failure', async () => {
    const told = new Set<string>(Object.values(PLANTED))
    const secret = <Value extends string>(value: Value): Value => { told.add(value); return value }
    await run(['workspace', 'create', 'acme'])
    await run(['members', 'add', '--email', 'ada@acme.example', '--role', 'owner', '--password-stdin'], { input: PLANTED.password })
    // What a command answers to whoever asked for a secret is for them.
    const key = secret((JSON.parse(await run(['keys', 'create', '--workspace', 'acme', '--scopes', 'crm:read,crm:write,agents:read,admin', '--json'], { listen: false })) as { secret: string }).secret)

    const server = spawned(['serve', '--port', '0', '--json'])
    const first = await new Promise<string>((resolve) => { server.stdout.once('data', (line) => resolve(String(line))) })
    hear('serve stdout', first)
    server.stdout.on('data', (chunk) => hear('serve stdout', String(chunk)))
    const { url } = JSON.parse(first) as { url: string }

    /** Asks, and hears what is said to the wrong and what everybody may read. */
    const ask = async (method: string, path: string, { body, headers = {}, quiet = false }: { body?: unknown; headers?: Record<string, string>; quiet?: boolean } = {}) => {
      const answer = await fetch(`${url}${path}`, { method, headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }), redirect: 'manual' })
      const text = await answer.text()
      if (!quiet || answer.status >= 400) hear(`${method} ${path.split('?', 1)[0]} ${answer.status}`, text)
      return { status: answer.status, text, headers: answer.headers, json: <Value>() => JSON.parse(text) as Value }
    }
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    const own = { origin: url }

    const signedIn = await ask('POST', '/api/v1/auth/sign-in/email', { body: { email: 'ada@acme.example', password: PLANTED.password }, headers: own, quiet: true })
    const cookie = signedIn.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
    const session = decodeURIComponent(/session_token=([^;]+)/.exec(cookie)?.[1] ?? '')
    expect(session.length).toBeGreaterThan(40)
    secret(session.split('.')[0] ?? '')
    secret(session.split('.').slice(1).join('.'))
    const { token: embed } = (await ask('POST', '/api/v1/embed-tokens', { body: { subject: 'Ada', role: 'viewer' }, headers: bearer(key), quiet: true })).json<{ token: string }>()
    secret(embed)
    const verifier = secret(randomBytes(32).toString('base64url'))
    const { code } = (await ask('POST', '/api/v1/embed-tokens/code', { body: { origin: PAGE, challenge: createHash('sha256').update(verifier).digest('base64url') }, headers: { ...own, cookie }, quiet: true })).json<{ code: string }>()
    const page = (await ask('POST', '/api/v1/embed-tokens/exchange', { body: { code: secret(code), verifier }, headers: { origin: PAGE }, quiet: true })).json<PageToken>()
    secret(page.token)
    secret(page.refresh)
    const { ticket } = (await ask('POST', '/api/v1/realtime/ticket', { body: {}, headers: bearer(embed), quiet: true })).json<{ ticket: string }>()
    secret(ticket)
    const webhook = (await ask('POST', '/api/v1/webhooks', { body: { url: receiver.url }, headers: bearer(key), quiet: true })).json<{ secret: string }>()
    secret(webhook.secret)
    secret(webhook.secret.replace('whsec_', ''))
    const rotated = (await ask('POST', `/api/v1/keys/${(await ask('POST', '/api/v1/keys', { body: { name: 'Other', scopes: ['crm:read'] }, headers: bearer(key), quiet: true })).json<{ id: string }>().id}/rotate`, { body: {}, headers: bearer(key), quiet: true })).json<{ secret: string }>()
    secret(rotated.secret)

    const fail = async () => {
      // Wrong in every place where a secret may stand.
      await ask('POST', '/api/v1/auth/sign-in/email', { body: { email: 'ada@acme.example', password: PLANTED.wrongPassword }, headers: own })
      await ask('POST', '/api/v1/auth/change-password', { body: { currentPassword: PLANTED.wrongPassword, newPassword: PLANTED.nextPassword }, headers: { ...own, cookie } })
      await ask('POST', '/api/v1/auth/request-password-reset', { body: { email: 'ada@acme.example' }, headers: own })
      await ask('POST', '/api/v1/auth/sign-in/oauth2', { body: { providerId: 'oidc' }, headers: own })
      await ask('GET', '/api/v1/session', { headers: { cookie }, quiet: true })
      await ask('POST', '/api/v1/invitations', { body: { email: `grace${randomBytes(4).toString('hex')}@acme.example` }, headers: { ...own, cookie }, quiet: true })
      for (const token of [key, embed, page.token, rotated.secret]) {
        await ask('GET', '/api/v1/companies', { headers: bearer(`${token}x`) })
        await ask('GET', '/api/v1/companies', { headers: { ...bearer(token), origin: 'https://evil.example' } })
        await ask('GET', '/api/v1/companies', { headers: bearer(token), quiet: true })
        await ask('PUT', `/api/v1/companies?token=${token}`, {})
        await ask('GET', `/api/v1/companies?token=${token}`, { headers: bearer(key) })
        await ask('POST', '/api/v1/companies', { body: `{"name":"${token}`, headers: bearer(key) })
      }
      await ask('POST', '/api/v1/embed-tokens/exchange', { body: { code, verifier }, headers: { origin: PAGE } })
      await ask('POST', '/api/v1/embed-tokens/refresh', { body: { refresh: `${page.refresh}x` }, headers: { origin: PAGE } })
      await ask('GET', `/parties/main/somewhere?ticket=${ticket}`)
      await ask('POST', '/api/v1/companies', { body: { name: `Told ${randomBytes(4).toString('hex')}` }, headers: bearer(key), quiet: true })
      await ask('DELETE', '/api/v1/keys/key_00000000000000000000000000', { headers: bearer(embed) })
      await ask('POST', '/instance/backup', { body: { withSecret: true }, headers: bearer('guessed') })
    }
    await fail()
    const before = receiver.received.length
    await receiver.until(({ length }) => length >= Math.max(1, before))

    // The database lets nobody in: everything fails with the values that it was asked with.
    await owner(`alter role ${role} nologin`, `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${role}'`)
    expect((await ask('GET', '/api/v1/session', { headers: { cookie } })).status).toBeGreaterThanOrEqual(500)
    await fail()
    await owner(`alter role ${role} login`)

    for (const path of ['/metrics', '/healthz', '/readyz', '/openapi.json', '/api/v1/audit', '/api/v1/keys', '/api/v1/webhooks', '/api/v1/deliveries', '/api/v1/tasks', '/api/v1/agents', '/api/v1/embed-tokens', '/api/v1/invitations', '/api/v1/members', '/api/v1/changes', '/api/v1/changesets']) await ask('GET', path, { headers: bearer(key) })
    const { status, text } = await ask('GET', '/api/v1/audit', { headers: bearer(key) })
    expect(status).toBe(200)
    expect(text).toContain('keys.rotate')
    await run(['audit', 'verify', '--json'])
    await run(['doctor'])
    for (const noun of ['companies', 'customers', 'deals']) await run(['export', noun])
    await run(['backup', join(home.dir, 'crm.tar.gz')])
    hear('the manifest', spawnSync('tar', ['xzOf', join(home.dir, 'crm.tar.gz'), 'manifest.json'], { encoding: 'utf8' }).stdout)
    server.kill('SIGTERM')
    await ended(server)

    // And where it cannot even start.
    const malformed = new URL(home.url)
    malformed.password = PLANTED.database
    for (const more of [
      { DATABASE_URL: malformed.href.replace(/:\d+\//, ':port/') }, { DATABASE_URL: malformed.href }, { DATABASE_URL: malformed.href.replace('postgres:', 'postgre:') }, { SMTP_URL: `smtp://crm:${PLANTED.mail}@127.0.0.1:1` }, { SMTP_URL: `smtp//crm:${PLANTED.mail}@x` },
      { FLOWSTATE_SECRET: `${PLANTED.instance},short` }, { PORT: 'x', FLOWSTATE_SECRTE: PLANTED.instance },
    ]) {
      await run(['migrate'], { more })
      await run(['doctor'], { more })
    }

    expect(heard.find(({ by }) => by === 'the manifest')?.text).toContain('"fingerprint"')
    expect(heard.filter(({ by }) => by === 'serve stderr').map(({ text: line }) => line).join('')).toContain('"level":50')
    const leaks = heard.flatMap(({ by, text: said }) => [...told].filter((value) => value !== '' && said.includes(value)).map((value) => `${by}: ${said.slice(Math.max(0, said.indexOf(value) - 200), said.indexOf(value) + value.length)}`))
    // What was sent as a name of a company, or an unknown filter, comes back to whoever sent it, and to nobody else.
    expect(leaks).toEqual([])
  }, 300_000)

  it('are known by what they look like, and what a query was asked with is not told', () => {
    const jwt = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
    for (const [text, instead] of [
      ['key fsk_01jd3w7k5r8e4n2v6y9q0x1z3bAAAA-_x is', 'key fsk_[redacted] is'], ['Bearer abcdefghijk', 'Bearer [redacted]'], [`token ${jwt}.`, 'token [redacted].'], ['postgres://crm:p%40ss@db/crm', 'postgres://crm:[redacted]@db/crm'],
      ['GET /x?ticket=abc&y=1', 'GET /x?ticket=[redacted]&y=1'], ['__Host-flowstate.session_token=abc.def; other=1', '__Host-flowstate.session_token=[redacted]; other=1'],
      ['Send Authorization: Bearer with a secret key or an embed token.', 'Send Authorization: Bearer with a secret key or an embed token.'],
    ] as const) expect(censored(text)).toBe(instead)
    // The one line that is there to be followed.
    let line = ''
    void consoleMail({ warn: (details, message) => { line = JSON.stringify({ ...details, msg: message }) } }).send({ to: 'ada@acme.example', subject: 'Confirm', text: `https://crm.example.com/sign-in?verify=${jwt}` })
    expect(lineWithoutSecrets(line)).toContain(jwt)
    expect(lineWithoutSecrets(JSON.stringify({ msg: line }))).not.toContain(jwt)
    expect(sayingOf(new Error('Failed query: select 1\nparams: a-session,another'))).toBe('Failed query: select 1')
  })
})
