import { fork } from 'node:child_process'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Flowstate } from '@flowstate-ai/sdk'
import type { PageToken } from '@flowstate-ai/sdk/contract'
import { decodeProtectedHeader } from 'jose'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { INSTANCE } from '../audit/audit.service.ts'
import { within } from '../db/within.ts'
import { readEnv } from '../env.ts'
import { systemCaller } from '../http/caller.ts'
import type { FlowstateOptions } from '../index.ts'
import { describeEachDatabase, type FreshDatabase, freshDatabase } from '../testing/databases.ts'
import { createReceiver, type Receiver } from '../testing/receiver.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { createKeyring } from './keyring.ts'
import { linesOf, newInstanceSecret, secretFile } from './source.ts'

const PAGE = 'https://intranet.example'
const PASSWORD = 'correct horse battery staple'
const ROTATOR = fileURLToPath(new URL('../testing/rotation.process.ts', import.meta.url))

const totpOf = (base32: string): string => {
  const bits = [...base32].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const digest = createHmac('sha1', key).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0')
}

describeEachDatabase('rotating the secret', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let receiver: Receiver
  const serve = (more: Partial<FlowstateOptions> = {}) => createTestServer(home, { secret: secretFile(home.dir), workerConcurrency: 1, allowPrivateTargets: true, allowedOrigins: [PAGE], sweepMs: 50, heartbeatMs: 100, ...more })
  const restart = async (more: Partial<FlowstateOptions> = {}) => {
    await test.close()
    test = await serve(more)
  }
  /** Anew, under these secrets and no others. */
  const begin = async (secret: FlowstateOptions['secret']) => {
    await test.close()
    await home.dispose()
    home = await fresh()
    test = await serve({ secret })
  }
  beforeEach(async () => {
    home = await fresh()
    receiver = await createReceiver()
    test = await serve()
  })
  afterEach(async () => {
    await test.close()
    await receiver.close()
    await home.dispose()
  })

  const secrets = (): string[] => linesOf(readFileSync(join(home.dir, 'secret'), 'utf8'))
  const post = (path: string, body: unknown, headers: Record<string, string>): Promise<Response> => test.request(`${test.base}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  const statusWith = async (token: string, headers: Record<string, string> = {}): Promise<number> => (await test.request(`${test.base}/api/v1/companies`, { headers: { authorization: `Bearer ${token}`, ...headers } })).status
  const signIn = async (email: string): Promise<string> => (await post('/auth/sign-in/email', { email, password: PASSWORD }, { origin: test.base })).headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
  const session = async (cookie: string): Promise<number> => (await test.request(`${test.base}/api/v1/session`, { headers: { cookie } })).status

  /** One of everything of programs that stands on the secret. */
  const programs = async () => {
    const used = await test.flowstate.keys.create({ name: 'Used', scopes: ['crm:read', 'crm:write'] })
    const unused = await test.flowstate.keys.create({ name: 'Not used for long', scopes: ['crm:read'] })
    const { agent } = await test.flowstate.agents.register({ name: 'Researcher', kinds: ['research'] })
    const agentToken = await test.flowstate.keys.createForAgent(agent.id)
    const webhook = await test.flowstate.webhooks.create({ url: receiver.url })
    const embed = await test.flowstate.embedTokens.create({ subject: 'Ada', role: 'viewer' })
    return { used, unused, agentToken, webhook, embed }
  }
  /** And of people: one of them with a second factor, one in a page without a server. */
  const everything = async () => {
    const all = await programs()
    await test.services.members.addAsOwner(test.workspace.id, { email: 'ada@acme.example', name: 'Ada', role: 'admin', password: PASSWORD })
    await test.services.members.addAsOwner(test.workspace.id, { email: 'careful@acme.example', name: 'Careful', role: 'viewer', password: PASSWORD })
    const cookie = await signIn('ada@acme.example')
    const careful = await signIn('careful@acme.example')
    const { totpURI } = (await (await post('/auth/two-factor/enable', { password: PASSWORD }, { origin: test.base, cookie: careful })).json()) as { totpURI: string }
    const totp = new URL(totpURI).searchParams.get('secret') ?? ''
    expect((await post('/auth/two-factor/verify-totp', { code: totpOf(totp) }, { origin: test.base, cookie: careful })).status).toBe(200)
    const verifier = randomBytes(32).toString('base64url')
    const { code } = (await (await post('/embed-tokens/code', { origin: PAGE, challenge: createHash('sha256').update(verifier).digest('base64url') }, { origin: test.base, cookie })).json()) as { code: string }
    const page = (await (await post('/embed-tokens/exchange', { code, verifier }, { origin: PAGE })).json()) as PageToken
    return { ...all, cookie, totp, page }
  }

  /** Keys and webhooks outlive any secret. */
  const expectKept = async ({ used, unused, agentToken, webhook }: Awaited<ReturnType<typeof programs>>) => {
    for (const { secret } of [used, unused, agentToken]) expect(await statusWith(secret)).toBe(200)
    expect(await statusWith(`${used.secret.slice(0, -7)}${used.secret.slice(-7) === 'AAAAAAA' ? 'BBBBBBB' : 'AAAAAAA'}`)).toBe(401)
    const before = receiver.received.length
    await test.clientFor(used.secret).companies.create({ name: `Acme ${before}` })
    await receiver.until(({ length }) => length > before)
    const message = receiver.received.at(-1)
    expect(await Flowstate.webhooks.verify(message?.body ?? '', message?.headers ?? {}, webhook.secret)).toMatchObject({ type: 'companies.created' })
  }
  const expectSecondFactor = async ({ totp }: Awaited<ReturnType<typeof everything>>) => {
    const half = await signIn('careful@acme.example')
    expect(await session(half)).toBe(401)
    expect((await post('/auth/two-factor/verify-totp', { code: totpOf(totp) }, { origin: test.base, cookie: half })).status).toBe(200)
  }

  it('ends nothing while it serves, and signs by the new one from then on', async () => {
    const all = await everything()
    const [old] = secrets()
    const rotated = await test.services.rotation.rotate()
    expect(rotated).toMatchObject({ made: true, lost: 0, earlier: 1, kept: 'file', renewed: { webhooks: 1, secondFactors: 1 } })
    expect(secrets()).toEqual([expect.not.stringMatching(old ?? ''), old])
    expect(statSync(join(home.dir, 'secret')).mode & 0o777).toBe(0o600)
    await expectKept(all)
    // What the earlier secret has signed goes on.
    expect(await statusWith(all.embed.token)).toBe(200)
    expect(await session(all.cookie)).toBe(200)
    const next = await post('/embed-tokens/refresh', { refresh: all.page.refresh }, { origin: PAGE })
    expect(next.status).toBe(201)
    const { token } = (await next.json()) as PageToken
    expect(decodeProtectedHeader(token).kid).not.toBe(decodeProtectedHeader(all.page.token).kid)
    expect(await statusWith(token, { origin: PAGE })).toBe(200)
    const { items } = await within(INSTANCE, () => test.services.audit.list(systemCaller(INSTANCE, 'Test', 'test'), { event: 'secrets.rotate' }))
    expect(items).toHaveLength(1)
    // After two more nothing knows the first secret; keys that nobody has used since the first still open.
    const idle = await test.flowstate.keys.create({ name: 'Idle', scopes: ['crm:read'] })
    await test.services.rotation.rotate()
    await test.services.rotation.rotate()
    expect(secrets()).toHaveLength(2)
    expect(secrets()).not.toContain(old)
    await restart()
    await expectKept(all)
    await expectSecondFactor(all)
    expect(await statusWith(idle.secret)).toBe(200)
    expect(await statusWith(all.embed.token)).toBe(401)
    expect(await session(all.cookie)).toBe(401)
    expect(await session(await signIn('ada@acme.example'))).toBe(200)
  }, 60_000)

  it('can end what the one before has signed at once, and nothing else', async () => {
    const all = await everything()
    expect(await test.services.rotation.rotate({ endPrevious: true })).toMatchObject({ made: true, lost: 0, earlier: 0 })
    expect(secrets()).toHaveLength(1)
    await expectKept(all)
    expect(await statusWith(all.embed.token)).toBe(401)
    expect(await session(all.cookie)).toBe(401)
    expect((await post('/embed-tokens/refresh', { refresh: all.page.refresh }, { origin: PAGE })).status).toBe(401)
  }, 60_000)

  it('goes on after it was killed at any row, with every row readable meanwhile', async () => {
    const all = await programs()
    const many = await Promise.all(Array.from({ length: 120 }, (_, index) => test.flowstate.keys.create({ name: `Key ${index}`, scopes: ['crm:read'] })))
    const kill = (last: number) => new Promise((resolve) => fork(ROTATOR, [home.url, home.dir, String(last)], { execArgv: ['--conditions=flowstate-source'], stdio: 'ignore' }).once('exit', (_, signal) => resolve(signal)))
    await test.close()
    expect(await kill(101)).toBe('SIGKILL')
    expect(secrets()).toHaveLength(2)
    test = await serve()
    await expectKept(all)
    for (const { secret } of [many[0], many[60], many[119]].filter((each) => each !== undefined)) expect(await statusWith(secret)).toBe(200)
    expect(await statusWith(all.embed.token)).toBe(200)
    await test.close()
    expect(await kill(7)).toBe('SIGKILL')
    test = await serve()
    const finished = await test.services.rotation.rotate()
    expect(finished).toMatchObject({ made: false, lost: 0, earlier: 1 })
    expect(finished.renewed.keys).toBeGreaterThan(0)
    // The earlier one may go now.
    writeFileSync(join(home.dir, 'secret'), secrets()[0] ?? '')
    await restart()
    await expectKept(all)
    for (const { secret } of many) expect(await statusWith(secret)).toBe(200)
    expect(await test.services.rotation.rotate()).toMatchObject({ made: true, lost: 0 })
  }, 120_000)

  it('is half the operator\'s where the secrets are set in the environment', async () => {
    const [one, two] = [newInstanceSecret(), newInstanceSecret()]
    await begin(one)
    const all = await programs()
    await expect(test.services.rotation.rotate()).rejects.toThrow('FLOWSTATE_SECRET="$(openssl rand -base64 48),$FLOWSTATE_SECRET"')
    // Known everywhere before it is used anywhere: a server that does not sign by it yet takes what another has signed.
    await restart({ secret: [one, two] })
    await expectKept(all)
    await restart({ secret: [two, one] })
    expect(await statusWith(all.embed.token)).toBe(200)
    await expectKept(all)
    expect(await test.services.rotation.rotate()).toMatchObject({ made: false, lost: 0, earlier: 1, kept: 'environment', renewed: { webhooks: 1 } })
    await restart({ secret: two })
    await expectKept(all)
    expect(await statusWith(all.embed.token)).toBe(401)
  }, 60_000)

  it('tells of rows whose secret is gone, and leaves them as they are for when it comes back', async () => {
    const [one, two] = [newInstanceSecret(), newInstanceSecret()]
    await begin(one)
    const all = await everything()
    await restart({ secret: [two, newInstanceSecret()] })
    expect(await statusWith(all.unused.secret)).toBe(401)
    const { lost } = await test.services.rotation.rotate()
    expect(lost).toBeGreaterThan(5)
    await restart({ secret: [two, one] })
    expect(await test.services.rotation.rotate()).toMatchObject({ lost: 0 })
    await restart({ secret: two })
    await expectKept(all)
    await expectSecondFactor(all)
  }, 60_000)
})

describe('FLOWSTATE_SECRET', () => {
  const read = (secret: string) => readEnv({ FLOWSTATE_SECRET: secret }).secret.read()
  const [one, two] = ['1'.repeat(40), '2'.repeat(40)]

  it('takes several, the newest first; a passphrase with commas is one', () => {
    expect(read(one)).toEqual([one])
    expect(read(`${two}, ${one}`)).toEqual([two, one])
    expect(read('a passphrase, which is long enough, if taken whole')).toEqual(['a passphrase, which is long enough, if taken whole'])
  })

  it.each(['short', `${one},short`, `${one},${two},x`])('refuses one that is too short: %s', (secret) => {
    expect(() => read(secret)).toThrow('at least 32 characters')
  })
})

describe('another process on the same data directory', () => {
  it('learns of a rotation when it meets what it does not know [sqlite]', async () => {
    const home = await freshDatabase('sqlite')
    const [server, worker] = [createKeyring(secretFile(home.dir)), createKeyring(secretFile(home.dir))]
    server.advance()
    const { kid } = server.current().signing
    // It has just read, and looks again a second later at most.
    let found = worker.find(({ signing }) => signing.kid === kid)
    while (!found) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      found = worker.find(({ signing }) => signing.kid === kid)
    }
    expect(worker.current().signing.kid).toBe(kid)
    await home.dispose()
  })
})
