import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { INSTANCE } from './audit.service.ts'
import { faultOf, FIRST, hashOf } from './chain.ts'

const PASSWORD = 'correct horse battery staple'

describe('a chain', () => {
  const entry = (seq: number, previous: string, details: Record<string, unknown> = {}) => {
    const plain = { seq, at: '2026-01-01T00:00:00.000Z', event: 'keys.create', actor: { kind: 'key' as const, id: 'key_1', name: 'Key' }, subject: null, details, requestId: 'req_1', previous }
    return { ...plain, hash: hashOf('wsp_1', plain) }
  }
  it('shows what was changed, taken out, or put into another log', () => {
    const [first, second] = [entry(1, FIRST), entry(2, entry(1, FIRST).hash)]
    expect([faultOf('wsp_1', null, first), faultOf('wsp_1', first, second)]).toEqual([null, null])
    expect(faultOf('wsp_1', first, { ...second, event: 'keys.revoke' })).toContain('not as it was written')
    expect(faultOf('wsp_1', null, second)).toContain('entry 1 is missing')
    expect(faultOf('wsp_1', { ...first, hash: FIRST }, second)).toContain('does not follow')
    expect(faultOf('wsp_2', null, first)).toContain('not as it was written')
  })
  it('does not mind in which order a database keeps keys', () => {
    expect(entry(1, FIRST, { a: 1, b: { c: 2, d: [3] } }).hash).toBe(entry(1, FIRST, { b: { d: [3], c: 2 }, a: 1 }).hash)
  })
})

describeEachDatabase('the audit log', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home)
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const entries = async () => (await test.flowstate.audit.list({ limit: 200 })).items

  it('tells who changed what may be done, took out, erased, and was refused', async () => {
    const { flowstate } = test
    const key = await flowstate.keys.create({ name: 'Reader', scopes: ['crm:read'] })
    const member = await flowstate.members.create({ email: 'ada@acme.example' })
    await flowstate.members.update(member.id, { role: 'viewer' })
    const customer = await flowstate.customers.create({ name: 'Grace', email: 'grace@navy.example' })
    await flowstate.exports.text('customers')
    await flowstate.customers.erase(customer.id, { confirm: customer.id } as never).catch(() => undefined)
    const reader = test.clientFor(key.secret)
    for (let count = 0; count < 3; count++) await expect(reader.companies.create({ name: 'Not allowed' })).rejects.toMatchObject({ status: 403 })
    await flowstate.keys.revoke(key.id)
    const list = await entries()
    expect(list.map(({ event, subject }) => [event, subject])).toEqual(expect.arrayContaining([['keys.create', key.id], ['members.create', member.id], ['members.update', member.id], ['exports.stream', 'customers'], ['keys.revoke', key.id]]))
    // Once, however often he tries.
    expect(list.filter(({ event }) => event === 'denied')).toMatchObject([{ actor: { kind: 'key', id: key.id, name: 'Reader' }, subject: 'companies.create', details: { why: expect.stringContaining('crm:write') } }])
    expect(list.map(({ seq }) => seq)).toEqual(list.map((_, index) => index + 1))
    expect(JSON.stringify(list)).not.toContain(key.secret)
    expect(await test.services.audit.verify(test.workspace.id)).toEqual({ entries: list.length, fault: null })
    await expect(reader.audit.list()).rejects.toBeDefined()
  })

  it('keeps its order whoever appends at once, and shows no other workspace', async () => {
    const before = (await entries()).length
    await Promise.all(Array.from({ length: 30 }, (_, index) => test.services.audit.record({ workspaceId: test.workspace.id, event: 'test', actor: { kind: 'system', id: 'system', name: 'Test' }, subject: String(index), requestId: 'req_1' })))
    expect(await test.services.audit.verify(test.workspace.id)).toEqual({ entries: before + 30, fault: null })
    const other = await test.services.workspaces.create('other')
    const theirs = test.clientFor((await test.services.keys.createAsOwner(other.id, { scopes: ['admin'] })).secret)
    expect((await theirs.audit.list()).items).toEqual([])
    const page = await test.flowstate.audit.list({ since: before, limit: 10, event: 'test' })
    expect(page.items).toHaveLength(10)
    expect(page.to).toBe(before + 10)
  })

  it('is read from its newest entry too, page after page to its beginning', async () => {
    const { flowstate } = test
    const oldestFirst = await entries()
    const seen: number[] = []
    for (let next: number | undefined; ;) {
      const { items, to } = await flowstate.audit.list({ sort: '-seq', limit: 7, ...(next === undefined ? {} : { before: next }) })
      if (items.length === 0) {
        expect(to).toBe(next)
        break
      }
      seen.push(...items.map(({ seq }) => seq))
      next = to
    }
    expect(seen).toEqual(oldestFirst.map(({ seq }) => seq).reverse())
    expect((await flowstate.audit.list({ sort: '-seq', event: 'test', limit: 1 })).items).toMatchObject([{ event: 'test', seq: oldestFirst.findLast(({ event }) => event === 'test')?.seq }])
    expect((await flowstate.audit.list({ since: 1, before: 4 })).items.map(({ seq }) => seq)).toEqual([2, 3])
  })

  it('holds who signed in and who could not, without their passwords', async () => {
    await test.services.members.addAsOwner(test.workspace.id, { email: 'owner@acme.example', role: 'owner', password: PASSWORD })
    const signIn = (password: string) => test.request(`${test.base}/api/v1/auth/sign-in/email`, { method: 'POST', headers: { origin: test.base, 'content-type': 'application/json' }, body: JSON.stringify({ email: 'owner@acme.example', password }) })
    expect((await signIn('a wrong password')).status).toBe(401)
    expect((await signIn(PASSWORD)).status).toBe(200)
    const { tables, across } = test.services.database
    const rows = (await across.select().from(tables.audit)).filter(({ workspaceId }) => workspaceId === INSTANCE)
    expect(rows.map(({ event }) => event)).toEqual(['session.sign-in/email refused', 'session.sign-in/email'])
    expect(JSON.stringify(rows)).not.toMatch(/a wrong password|correct horse/)
    expect(await test.services.audit.verify(INSTANCE)).toEqual({ entries: 2, fault: null })
  })

  it('shows an entry that was changed or taken out beside it', async () => {
    const { ledger } = test.services
    const raw = (sql: string) => ledger.run({ workspaceId: null, statements: [{ sql, params: [] }] })
    await raw(`update audit set event = 'harmless' where seq = 2 and workspace_id = '${test.workspace.id}'`)
    expect(await test.services.audit.verify(test.workspace.id)).toEqual({ entries: 1, fault: 'entry 2 is not as it was written' })
    await raw(`delete from audit where seq = 2 and workspace_id = '${test.workspace.id}'`)
    expect(await test.services.audit.verify(test.workspace.id)).toEqual({ entries: 1, fault: 'entry 2 is missing' })
  })
})
