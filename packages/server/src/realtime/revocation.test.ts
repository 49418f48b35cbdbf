import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../testing/databases.ts'
import { bearer, PAGE, ticketOf } from '../testing/forged.ts'
import { startPartyKit } from '../testing/partykit.ts'
import { freePort } from '../testing/postgres.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { socketTo } from '../testing/sockets.ts'

const PASSWORD = 'correct horse battery staple'
const PARTY_SECRET = 'a secret that only the relay and the room know'
const UNAUTHENTICATED = 4401

/** Somebody who may, what ends it, and what he is told from then on. */
interface Ending { headers: [string, string][]; end(): Promise<unknown>; asks?: [method: string, path: string]; before?: number; then?: number; everybody?: true; comesBack?: true }

const suites: [name: string, dialect: 'sqlite' | 'postgres', party: boolean][] = [['sqlite', 'sqlite', false], ['postgres', 'postgres', false], ['partykit', 'sqlite', true]]
for (const [name, dialect, party] of suites) describe(`what has ended [${name}]`, () => {
  let home: FreshDatabase
  let test: TestServer
  let listening: Awaited<ReturnType<TestServer['listen']>>
  let rooms: { port: number; stop?: () => Promise<void> }
  let now = Date.now()
  /** How far the clock that caches go by is ahead of the real one. */
  let ahead = 0
  let people = 0
  beforeAll(async () => {
    const real = performance.now.bind(performance)
    vi.spyOn(performance, 'now').mockImplementation(() => real() + ahead)
    home = await freshDatabase(dialect)
    const port = party ? await freePort() : 0
    test = await createTestServer(home, { allowedOrigins: [PAGE], clock: () => now, ...(party ? { party: { host: `http://127.0.0.1:${port}`, secret: PARTY_SECRET } } : {}) })
    await test.services.members.addAsOwner(test.workspace.id, { email: 'owner@acme.example', role: 'owner', password: PASSWORD })
    listening = await test.listen()
    rooms = party ? await startPartyKit({ serverUrl: listening.url, secret: PARTY_SECRET, port }) : { port: listening.port }
  })
  afterAll(async () => {
    await listening.stop()
    await test.close()
    await rooms.stop?.()
    await home.dispose()
    vi.restoreAllMocks()
  })

  const ask = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    test.request(`${test.base}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json', origin: test.base, ...headers }, body: JSON.stringify(body) })
  const room = async (ticket: string) => socketTo(`ws://127.0.0.1:${rooms.port}/parties/main/${test.workspace.id}?ticket=${ticket}`)
  const statusOf = async (headers: [string, string][], [method, path]: [string, string] = ['GET', '/companies']) => (await test.request(`${test.base}/api/v1${path}`, { method, headers })).status

  const person = async () => {
    const email = `person${people++}@acme.example`
    const member = await test.services.members.addAsOwner(test.workspace.id, { email, role: 'admin', password: PASSWORD })
    const signIn = async () => (await ask('/auth/sign-in/email', { email, password: PASSWORD })).headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
    const cookie = await signIn()
    return { member, cookie, signIn, headers: [['cookie', cookie], ['sec-fetch-site', 'same-origin']] as [string, string][] }
  }
  const page = async (cookie: string): Promise<[string, string][]> => {
    const verifier = randomBytes(32).toString('base64url')
    const { code } = (await (await ask('/embed-tokens/code', { origin: PAGE, challenge: createHash('sha256').update(verifier).digest('base64url') }, { cookie })).json()) as { code: string }
    const { token } = (await (await ask('/embed-tokens/exchange', { code, verifier }, { origin: PAGE })).json()) as { token: string }
    return bearer(token)
  }

  const ENDINGS: Record<string, () => Promise<Ending>> = {
    'a session of a page': async () => {
      const { token } = await test.flowstate.embedTokens.create({ subject: 'page' })
      return { headers: bearer(token), end: async () => test.flowstate.embedTokens.revoke((await test.flowstate.embedTokens.list({ subject: 'page', limit: 1 })).items[0]?.id ?? '') }
    },
    'a token whose key was revoked': async () => {
      const key = await test.flowstate.keys.create({ scopes: ['crm:read'] })
      return { headers: bearer((await test.clientFor(key.secret).embedTokens.create({ subject: 'page' })).token), end: async () => test.flowstate.keys.revoke(key.id) }
    },
    'a key': async () => {
      const key = await test.flowstate.keys.create({ scopes: ['crm:read'] })
      return { headers: bearer(key.secret), end: async () => test.flowstate.keys.revoke(key.id) }
    },
    'a key that was rotated without grace': async () => {
      const key = await test.flowstate.keys.create({ scopes: ['crm:read'] })
      return { headers: bearer(key.secret), end: async () => test.flowstate.keys.rotate(key.id, { graceSeconds: 0 }) }
    },
    'an agent\'s token': async () => {
      const { agent } = await test.flowstate.agents.register({ name: 'Ending', kinds: ['research'] })
      const token = await test.flowstate.keys.createForAgent(agent.id)
      return { headers: bearer(token.secret), end: async () => test.flowstate.keys.revoke(token.id) }
    },
    'a member who was removed': async () => {
      const { headers, member } = await person()
      return { headers, end: async () => test.flowstate.members.archive(member.id), then: 403 }
    },
    'the page of a member who was removed': async () => {
      const { cookie, member } = await person()
      return { headers: await page(cookie), end: async () => test.flowstate.members.archive(member.id) }
    },
    'the role of a member': async () => {
      const { headers, member } = await person()
      return { headers, asks: ['GET', '/keys'], end: async () => test.flowstate.members.update(member.id, { role: 'viewer' }), then: 403, comesBack: true }
    },
    'the role of a member on a page': async () => {
      const { cookie, member } = await person()
      return { headers: await page(cookie), asks: ['POST', '/tags'], before: 422, end: async () => test.flowstate.members.update(member.id, { role: 'viewer' }), then: 403, comesBack: true }
    },
    'a person who signed out': async () => {
      const { headers, cookie } = await person()
      return { headers, end: () => ask('/auth/sign-out', {}, { cookie }) }
    },
    'a person who signed out of every browser, in another': async () => {
      const { headers, signIn } = await person()
      return { headers, end: async () => ask('/auth/revoke-sessions', {}, { cookie: await signIn() }) }
    },
    'a person who took a new password, in another browser': async () => {
      const { headers, signIn } = await person()
      return { headers, end: async () => ask('/auth/change-password', { currentPassword: PASSWORD, newPassword: `${PASSWORD}s`, revokeOtherSessions: true }, { cookie: await signIn() }) }
    },
    'all of the workspace\'s pages': async () => {
      const { token } = await test.flowstate.embedTokens.create({ subject: 'page' })
      return { headers: bearer(token), end: () => Promise.resolve(test.flowstate.embedTokens.revokeAll()), everybody: true }
    },
  }

  for (const [what, make] of Object.entries(ENDINGS)) it(`${what}: is refused within a second, its socket closed, and its ticket good for nothing`, async () => {
    const { headers, end, asks, before = 200, then = 401, everybody, comesBack } = await make()
    expect(await statusOf(headers, asks)).toBe(before)
    const [socket, bystander] = [await room(await ticketOf(test, headers)), await room(await ticketOf(test, bearer(test.secret)))]
    await Promise.all([socket.next('snapshot'), bystander.next('snapshot')])
    const kept = await ticketOf(test, headers)
    const answer = await end()
    if (answer instanceof Response) expect(answer.status).toBe(200)
    expect(await socket.closed()).toBe(UNAUTHENTICATED)
    expect((await socket.next('bye'))).toMatchObject({ code: UNAUTHENTICATED })
    ahead += 1_000
    expect(await statusOf(headers, asks)).toBe(then)
    if (!comesBack) expect(await (await room(kept)).closed()).toBe(UNAUTHENTICATED)
    // Nobody else was.
    if (everybody) expect(await bystander.closed()).toBe(UNAUTHENTICATED)
    else {
      const { name } = await test.flowstate.companies.create({ name: `Told to whoever stayed, ${what}` })
      await bystander.until(() => (bystander.frames.some((frame) => frame.includes(name)) ? true : null))
      bystander.close()
    }
  })

  it('a token that is over: is refused at once, and its socket closed', async () => {
    const { token } = await test.flowstate.embedTokens.create({ subject: 'short', ttl: 5 })
    expect(await statusOf(bearer(token))).toBe(200)
    const socket = await room(await ticketOf(test, bearer(token)))
    await socket.next('snapshot')
    now += 5_000
    ahead += 1_000
    expect(await statusOf(bearer(token))).toBe(401)
    // The room on PartyKit has a clock of its own.
    expect(await socket.closed()).toBe(UNAUTHENTICATED)
  })
})
