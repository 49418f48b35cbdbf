import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { createRateLimits } from './rate-limits.ts'

const PASSWORD = 'correct horse battery staple'
const SMALL = {
  read: { points: 5, seconds: 60 }, write: { points: 2, seconds: 60 }, guess: { points: 3, seconds: 60 }, guesses: { points: 6, seconds: 60 },
  mail: { points: 2, seconds: 60 }, mails: { points: 4, seconds: 60 }, exchange: { points: 4, seconds: 60 },
}

describe('rate limits [sqlite]', () => {
  let home: FreshDatabase
  let test: TestServer
  const mails: string[] = []
  beforeAll(async () => {
    home = await freshDatabase('sqlite')
    test = await createTestServer(home, { trustProxy: 1, rateLimits: createRateLimits(SMALL), mail: { send: async ({ to }) => { mails.push(to) } } })
    await test.services.members.addAsOwner(test.workspace.id, { email: 'ada@acme.example', role: 'owner', password: PASSWORD })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const post = (path: string, body: unknown, from: string) => test.request(`${test.base}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json', origin: test.base, 'x-forwarded-for': from }, body: JSON.stringify(body) })
  const signIn = async (email: string, password: string, from: string) => (await post('/auth/sign-in/email', { email, password }, from)).status

  it('say what is left to a page, and when there is more', async () => {
    const { token } = await test.flowstate.embedTokens.create({ subject: 'page', role: 'member' })
    const read = () => test.request(`${test.base}/api/v1/companies`, { headers: { authorization: `Bearer ${token}` } })
    const first = await read()
    expect(first.headers.get('ratelimit-policy')).toBe('"read";q=5;w=60')
    expect(first.headers.get('ratelimit')).toMatch(/^"read";r=4;t=(59|60)$/)
    for (let count = 0; count < 4; count++) expect((await read()).status).toBe(200)
    const over = await read()
    expect(over.status).toBe(429)
    expect(await over.json()).toMatchObject({ code: 'rate_limited' })
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0)
    // Writes are counted by themselves, another page by itself, and a server's own key not at all.
    expect((await test.request(`${test.base}/api/v1/companies`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: '{"name":"Acme"}' })).status).toBe(201)
    const other = (await test.flowstate.embedTokens.create({ subject: 'page' })).token
    expect((await test.request(`${test.base}/api/v1/companies`, { headers: { authorization: `Bearer ${other}` } })).status).toBe(200)
    for (let count = 0; count < 10; count++) await test.flowstate.companies.list({ limit: 1 })
  })

  it('let nobody guess a password, and lock out nobody whose address is known', async () => {
    for (let count = 0; count < 3; count++) expect(await signIn('ada@acme.example', `guess ${count} is wrong`, '203.0.113.1')).toBe(401)
    expect(await signIn('ada@acme.example', PASSWORD, '203.0.113.1')).toBe(429)
    expect(await signIn('ada@acme.example', PASSWORD, '203.0.113.2')).toBe(200)
    // What a client itself writes in front of what the proxy saw changes nothing.
    expect(await signIn('ada@acme.example', PASSWORD, '198.51.100.7, 203.0.113.1')).toBe(429)
    // One place that tries many addresses is stopped too.
    const tried = []
    for (let count = 0; count < 8; count++) tried.push(await signIn(`somebody${count}@acme.example`, 'whatever it may be', '203.0.113.3'))
    expect(tried).toEqual([401, 401, 401, 401, 401, 401, 429, 429])
  })

  it('judge no more guesses that come at once than one after the other', async () => {
    const judged = (await Promise.all(Array.from({ length: 20 }, (_, count) => signIn('ada@acme.example', `guess ${count} at once`, '203.0.113.44')))).filter((status) => status === 401)
    expect(judged).toHaveLength(3)
  })

  it('forget wrong guesses once the right password came', async () => {
    for (let round = 0; round < 2; round++) {
      for (let count = 0; count < 2; count++) expect(await signIn('ada@acme.example', 'mistyped it again', '203.0.113.4')).toBe(401)
      expect(await signIn('ada@acme.example', PASSWORD, '203.0.113.4')).toBe(200)
    }
  })

  it('bound the mails that a stranger can have sent, and what he can come with', async () => {
    const statuses = []
    for (let count = 0; count < 3; count++) statuses.push((await post('/auth/request-password-reset', { email: 'ada@acme.example' }, `203.0.113.${10 + count}`)).status)
    expect(statuses).toEqual([200, 200, 429])
    expect(mails).toHaveLength(2)
    const tried = []
    for (let count = 0; count < 6; count++) tried.push((await post('/invitations/accept', { token: `guess${count}` }, '203.0.113.20')).status)
    expect(tried).toEqual([404, 404, 404, 404, 429, 429])
  })
})

describe('rate limits of several servers [postgres]', () => {
  it('are counted together where something is guessed, by no address, and go on while the database is away', async () => {
    const home = await freshDatabase('postgres')
    const serve = () => createTestServer(home, { rateLimits: createRateLimits(SMALL) })
    const [one, two] = [await serve(), await serve()]
    const accept = async (test: TestServer) => (await test.request(`${test.base}/api/v1/invitations/accept`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"token":"guessed"}' })).status
    expect([await accept(one), await accept(two), await accept(one), await accept(two), await accept(one), await accept(two)]).toEqual([404, 404, 404, 404, 429, 429])
    await one.close()
    // A server that has just started forgets nothing.
    const three = await serve()
    expect(await accept(three)).toBe(429)
    const { limits } = three.services
    await limits.consume('guess', '/sign-in/email\n203.0.113.1\nada@acme.example')
    const client = new Client({ connectionString: home.url })
    await client.connect()
    const { rows } = await client.query('select * from flowstate_limits.counters')
    expect(rows.length).toBeGreaterThanOrEqual(2)
    expect(JSON.stringify(rows)).not.toMatch(/ada|203\.0/)
    await client.query('alter table flowstate_limits.counters rename to elsewhere')
    for (let count = 0; count < SMALL.guess.points; count++) await limits.consume('guess', 'somebody')
    await expect(limits.consume('guess', 'somebody')).rejects.toThrow('too often')
    await client.end()
    await two.close()
    await three.close()
    await home.dispose()
  }, 60_000)
})
