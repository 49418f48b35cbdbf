import { Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('keys and agents\' tokens', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let now = Date.now()
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { clock: () => now })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const statusOf = async (work: PromiseLike<unknown>): Promise<number> => Promise.resolve(work).then(() => 200, (error: { status?: number }) => error.status ?? 0)

  it('say their secret once, and are kept so that the database opens nothing', async () => {
    const made = await test.flowstate.keys.create({ name: 'Script', scopes: ['crm:read'] })
    expect(made.secret).toMatch(/^fsk_[0-9a-z]{26}[\w-]{49}$/)
    const [listed] = (await test.flowstate.keys.list({ id: made.id })).items
    expect(listed).toMatchObject({ name: 'Script', agentId: null, kinds: null })
    expect(JSON.stringify(listed)).not.toContain('hash')
    const mistyped = `${made.secret.slice(0, -1)}${made.secret.endsWith('A') ? 'B' : 'A'}`
    expect(await statusOf(test.clientFor(mistyped).companies.list())).toBe(401)
    expect(await statusOf(test.clientFor(made.secret.replace('fsk_', 'fsa_')).companies.list())).toBe(401)
  })

  it('rotate: both work for a while, then the new one alone', async () => {
    const old = await test.flowstate.keys.create({ name: 'Rotating', scopes: ['crm:read'], strict: true })
    const next = await test.flowstate.keys.rotate(old.id, { graceSeconds: 60 })
    expect(next).toMatchObject({ name: 'Rotating', scopes: ['crm:read'], strict: true, expiresAt: null })
    expect(next.secret).not.toBe(old.secret)
    expect(await statusOf(test.clientFor(old.secret).companies.list())).toBe(200)
    expect(await statusOf(test.clientFor(next.secret).companies.list())).toBe(200)
    now += 61_000
    await expect.poll(() => statusOf(test.clientFor(old.secret).companies.list()), { timeout: 5_000 }).toBe(401)
    expect(await statusOf(test.clientFor(next.secret).companies.list())).toBe(200)
    await expect(test.flowstate.keys.rotate(old.id)).rejects.toMatchObject({ status: 409 })
    const { secret } = await test.flowstate.keys.create({ scopes: ['admin'] })
    await expect(test.clientFor(secret).keys.rotate(next.id)).rejects.toMatchObject({ status: 403 })
  })

  it('make an agent itself alone, for its kinds of task', async () => {
    const { agent } = await test.flowstate.agents.register({ name: 'Researcher', kinds: ['research', 'enrich'] })
    const { agent: other } = await test.flowstate.agents.register({ name: 'Other', kinds: ['research'] })
    const token = await test.flowstate.keys.createForAgent(agent.id, { kinds: ['research'] })
    expect(token).toMatchObject({ agentId: agent.id, kinds: ['research'], name: 'Researcher', scopes: ['crm:read', 'agents:read', 'tasks:work'] })
    expect(token.secret).toMatch(/^fsa_/)
    const researcher = new Flowstate({ baseUrl: test.base, key: token.secret, fetch: test.request, maxRetries: 0 })
    expect(await researcher.whoami.retrieve()).toMatchObject({ actor: { kind: 'agent', id: agent.id, name: 'Researcher' } })
    expect(await statusOf(researcher.agents.register({ name: 'Other', kinds: ['research'] }))).toBe(403)
    expect(await statusOf(researcher.agents.register({ name: 'Researcher', kinds: ['research', 'enrich'] }))).toBe(403)
    expect(await statusOf(researcher.agents.heartbeat(other.id))).toBe(403)
    expect(await statusOf(researcher.companies.create({ name: 'Not mine to write' }))).toBe(403)
    const tasks = await Promise.all(['research', 'research', 'enrich'].map((kind) => test.flowstate.tasks.create({ kind, payload: {} })))
    expect(await statusOf(researcher.tasks.claim({ agentId: other.id, kinds: ['research'] }))).toBe(403)
    expect(await statusOf(researcher.tasks.claim({ agentId: agent.id, kinds: ['enrich'] }))).toBe(403)
    const [mine] = (await researcher.tasks.claim({ agentId: agent.id, kinds: ['research'], limit: 1 })).tasks
    const [theirs] = (await test.flowstate.tasks.claim({ agentId: other.id, kinds: ['research'], limit: 1 })).tasks
    expect(tasks.map(({ id }) => id)).toContain(mine?.id)
    // Even with a lease's token in hand, which it could only have stolen.
    expect(await statusOf(researcher.tasks.complete(theirs?.id ?? '', { token: theirs?.lease.token ?? '' }))).toBe(403)
    expect(await statusOf(researcher.tasks.heartbeat(theirs?.id ?? '', { token: theirs?.lease.token ?? '' }))).toBe(403)
    expect(await statusOf(researcher.tasks.fail(theirs?.id ?? '', { token: theirs?.lease.token ?? '', error: 'x' }))).toBe(403)
    expect(await statusOf(researcher.tasks.complete(mine?.id ?? '', { token: mine?.lease.token ?? '', result: { found: 1 } }))).toBe(200)
  })

  it('give an agent no more than agents may hold, nor kinds that it does not take', async () => {
    const { agent } = await test.flowstate.agents.register({ name: 'Bounded', kinds: ['research'] })
    expect(await statusOf(test.flowstate.keys.createForAgent(agent.id, { scopes: ['admin' as never] }))).toBe(422)
    expect(await statusOf(test.flowstate.keys.createForAgent(agent.id, { kinds: ['enrich'] }))).toBe(422)
    expect(await statusOf(test.flowstate.keys.createForAgent('agt_none'))).toBe(404)
    const { secret } = await test.flowstate.keys.createForAgent(agent.id, { scopes: ['crm:read', 'crm:write', 'tasks:work'] })
    const browser = await test.request(`${test.base}/api/v1/companies`, { headers: { authorization: `Bearer ${secret}`, origin: 'https://app.example' } })
    expect(browser.status).toBe(401)
    expect(await statusOf(test.clientFor(secret).embedTokens.create({ subject: 'x' }))).toBe(403)
  })

  it('take the sessions of pages with them, which say so', async () => {
    const { flowstate } = test
    const key = await flowstate.keys.create({ name: 'Minting', scopes: ['crm:read'] })
    const minted = test.clientFor(key.secret)
    await minted.embedTokens.create({ subject: 'u-1' })
    await flowstate.embedTokens.create({ subject: 'u-2' })
    const revoked = async () => Object.fromEntries((await flowstate.embedTokens.list({ subject: { in: ['u-1', 'u-2', 'u-3'] } })).items.map(({ subject, revokedAt }) => [subject, revokedAt !== null]))
    expect(await revoked()).toEqual({ 'u-1': false, 'u-2': false })
    await flowstate.keys.revoke(key.id)
    expect(await revoked()).toEqual({ 'u-1': true, 'u-2': false })
    await flowstate.embedTokens.revokeAll()
    expect(await revoked()).toEqual({ 'u-1': true, 'u-2': true })
    await flowstate.embedTokens.create({ subject: 'u-3' })
    expect(await revoked()).toEqual({ 'u-1': true, 'u-2': true, 'u-3': false })
  })
})
