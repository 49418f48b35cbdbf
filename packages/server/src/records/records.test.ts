import { ConflictError, type Flowstate, NotFoundError, StaleError, ValidationError } from '@flowstate-ai/sdk'
import { allOperations } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('records over HTTP', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home)
    flowstate = test.flowstate
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  it('creates, reads, lists, changes, archives and restores a company, and tells who did what', async () => {
    const company = await flowstate.companies.create({ name: 'Kestrel Freight', domain: 'Kestrel.example', annualRevenue: { amount: 120_000, currency: 'EUR' }, customFields: { tier: 'gold' } })
    expect(company).toMatchObject({ name: 'Kestrel Freight', domain: 'kestrel.example', version: 1, archivedAt: null, industry: null })
    expect(await flowstate.companies.retrieve(company.id)).toEqual(company)
    const updated = await flowstate.companies.update(company.id, { industry: 'Logistics', customFields: { tier: null, region: 'north' } })
    expect(updated).toMatchObject({ version: 2, industry: 'Logistics', customFields: { region: 'north' } })
    expect((await flowstate.companies.update(company.id, { industry: 'Logistics' })).version).toBe(2)
    const archived = await flowstate.companies.archive(company.id)
    expect(archived.archivedAt).not.toBeNull()
    await expect(flowstate.companies.update(company.id, { name: 'X' })).rejects.toMatchObject({ code: 'archived' })
    expect((await flowstate.companies.list({ id: company.id })).items).toHaveLength(0)
    expect((await flowstate.companies.list({ id: company.id, archived: true })).items).toHaveLength(1)
    expect((await flowstate.companies.restore(company.id)).archivedAt).toBeNull()
    const history = await flowstate.companies.history(company.id)
    expect(history.items.map(({ op }) => op)).toEqual(['restore', 'archive', 'update', 'create'])
    expect(history.fields.industry?.actor).toMatchObject({ kind: 'key', name: 'Test' })
    expect(history.items[2]?.fields).toMatchObject({ 'customFields.tier': { from: 'gold', to: null }, 'customFields.region': { to: 'north' } })
  })

  it('answers a write with the very bytes that a read gives', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'Bytes' })
    const deal = await flowstate.deals.create({ title: 'Ünïcode "quoted" 😀', stageId: pipeline.stages[0]?.id, value: { amount: 5, currency: 'EUR' } })
    for (const [noun, record] of [['deals', deal], ['pipelines', pipeline]] as const) {
      const read = await test.request(`${test.base}/api/v1/${noun}/${record.id}`, { headers: { authorization: `Bearer ${test.secret}` } })
      expect(await read.json()).toEqual(record)
      const again = await test.request(`${test.base}/api/v1/${noun}/${record.id}`, { headers: { authorization: `Bearer ${test.secret}`, 'if-none-match': read.headers.get('etag') ?? '' } })
      expect(again.status).toBe(304)
    }
  })

  it('never says of one workspace\'s list what holds for another\'s', async () => {
    const other = await test.services.workspaces.create(`other-${Date.now()}`)
    const { secret } = await test.services.keys.createAsOwner(other.id, { scopes: ['crm:read', 'crm:write'] })
    const read = (key: string, etag = '') => test.request(`${test.base}/api/v1/companies`, { headers: { authorization: `Bearer ${key}`, ...(etag ? { 'if-none-match': etag } : {}) } })
    // Both at the same seq, as two young workspaces in one browser are.
    for (let seq = await test.services.ledger.seqOf(other.id); seq < await test.services.ledger.seqOf(test.workspace.id); seq++) await test.clientFor(secret).companies.create({ name: `Other ${seq}` })
    const mine = await read(test.secret)
    expect(mine.headers.get('vary')).toContain('Authorization')
    expect((await read(test.secret, mine.headers.get('etag') ?? '')).status).toBe(304)
    expect((await read(secret, mine.headers.get('etag') ?? '')).status).toBe(200)
  })

  it('tells the second person that someone moved the deal first', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'Race' })
    const [first, second, third] = pipeline.stages
    const deal = await flowstate.deals.create({ title: 'Race', stageId: first?.id })
    await flowstate.deals.move(deal.id, { stageId: second?.id ?? '' })
    await expect(flowstate.deals.move(deal.id, { stageId: third?.id ?? '' }, { ifMatch: deal.version })).rejects.toThrow(StaleError)
  })

  it('puts deals between their neighbours, and closes them by their stage', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'Board' })
    const [stage] = pipeline.stages
    const won = pipeline.stages.find(({ kind }) => kind === 'won')
    const stageId = stage?.id ?? ''
    const made = []
    for (const title of ['A', 'B', 'C']) made.push(await flowstate.deals.create({ title, stageId }))
    const [a, b, c] = made.map(({ id }) => id)
    const titles = async () => (await flowstate.deals.list({ stageId, sort: 'position' })).items.map(({ title }) => title).join('')
    expect(await titles()).toBe('ABC')
    await flowstate.deals.move(c ?? '', { stageId, afterId: a })
    expect(await titles()).toBe('ACB')
    await flowstate.deals.move(b ?? '', { stageId, beforeId: a })
    expect(await titles()).toBe('BAC')
    await flowstate.deals.move(b ?? '', { stageId, afterId: a, beforeId: c })
    expect(await titles()).toBe('ABC')
    const closed = await flowstate.deals.move(a ?? '', { stageId: won?.id ?? '' })
    expect(closed).toMatchObject({ status: 'won', closedAt: expect.any(String) })
    expect(await flowstate.deals.move(a ?? '', { stageId })).toMatchObject({ status: 'open', closedAt: null })
    await expect(flowstate.stages.archive(stageId)).rejects.toMatchObject({ code: 'in_use' })
  })

  it('puts no deal into a stage that is archived, nor back into one', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'Short-lived' })
    const [first, second] = pipeline.stages.map(({ id }) => id)
    const deal = await flowstate.deals.create({ title: 'D', stageId: first })
    await flowstate.deals.archive(deal.id)
    await flowstate.stages.archive(first ?? '')
    await expect(flowstate.deals.restore(deal.id)).rejects.toMatchObject({ code: 'in_use' })
    await flowstate.stages.restore(first ?? '')
    await flowstate.pipelines.archive(pipeline.id)
    await expect(flowstate.deals.restore(deal.id)).rejects.toMatchObject({ code: 'in_use' })
    await expect(flowstate.deals.create({ title: 'E', stageId: second })).rejects.toMatchObject({ fieldErrors: [{ pointer: '/stageId', code: 'not_found' }] })
    await flowstate.stages.archive(second ?? '')
    await expect(flowstate.stages.restore(second ?? '')).rejects.toMatchObject({ code: 'in_use' })
    await flowstate.pipelines.restore(pipeline.id)
    expect(await flowstate.deals.restore(deal.id)).toMatchObject({ stageId: first, archivedAt: null })
  })

  it('counts and sums a pipeline without loading it', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'Sums', stages: [{ name: 'Open', kind: 'open', probability: 0.5 }, { name: 'Won', kind: 'won' }] })
    const [open, won] = pipeline.stages
    for (const [amount, stage] of [[1_001, open], [2_000, open], [500, won]] as const) await flowstate.deals.create({ title: `D${amount}`, stageId: stage?.id, value: { amount, currency: 'EUR' } })
    const summary = await flowstate.deals.summary({ pipelineId: pipeline.id })
    expect(summary).toMatchObject({ count: 3, value: [{ amount: 3_501, currency: 'EUR' }], weighted: [{ amount: 2_001, currency: 'EUR' }] })
    expect(summary.stages.find(({ stageId }) => stageId === open?.id)).toMatchObject({ count: 2 })
  })

  it('pages through every record once, in any order, while others are written', async () => {
    const company = await flowstate.companies.create({ name: 'Paged' })
    for (let index = 0; index < 23; index++) await flowstate.customers.create({ name: `P${String(index % 5)}`, companyId: company.id })
    for (const sort of ['createdAt', '-createdAt', 'name', '-name'] as const) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await flowstate.customers.list({ companyId: company.id, sort, limit: 5, ...(cursor ? { cursor } : {}) })
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
        await flowstate.companies.create({ name: 'Meanwhile' })
      } while (cursor)
      expect(new Set(seen).size, sort).toBe(23)
      expect(seen).toHaveLength(23)
    }
    const values = await flowstate.pipelines.create({ name: 'Values' })
    for (const amount of [3, null, 1, null, 2]) await flowstate.deals.create({ title: 'V', stageId: values.stages[0]?.id, value: amount === null ? null : { amount, currency: 'EUR' } })
    const amounts: (number | null)[] = []
    for await (const deal of flowstate.deals.list({ pipelineId: values.id, sort: '-value', limit: 2 })) amounts.push(deal.value?.amount ?? null)
    expect(amounts).toEqual([3, 2, 1, null, null])
    expect((await flowstate.deals.list({ pipelineId: values.id, value: { gte: 2 } })).items).toHaveLength(2)
    expect((await flowstate.deals.list({ pipelineId: values.id, value: null })).items).toHaveLength(2)
  })

  it('says what is wrong with a request, and where', async () => {
    await expect(flowstate.companies.create({ name: '' })).rejects.toThrow(ValidationError)
    await expect(flowstate.companies.create({ name: 'X', nonsense: 1 } as never)).rejects.toMatchObject({ fieldErrors: [{ pointer: '/nonsense', code: 'unrecognized_keys' }] })
    await expect(flowstate.deals.list({ stageid: 'x' } as never)).rejects.toMatchObject({ status: 422 })
    await expect(flowstate.deals.retrieve('dea_nothing')).rejects.toThrow(NotFoundError)
    await expect(flowstate.customers.create({ name: 'X', companyId: `com_${'0'.repeat(26)}` })).rejects.toMatchObject({ fieldErrors: [{ pointer: '/companyId', code: 'not_found' }] })
    const call = (init: RequestInit, path = '/companies') => test.request(`${test.base}/api/v1${path}`, { method: 'POST', ...init, headers: { authorization: `Bearer ${test.secret}`, 'content-type': 'application/json', ...init.headers } })
    expect((await call({ body: '{"name":' })).status).toBe(400)
    expect((await call({ body: 'name=x', headers: { 'content-type': 'text/plain' } })).status).toBe(415)
    expect((await call({ body: JSON.stringify({ name: 'x'.repeat(2_000_000) }) })).status).toBe(413)
    expect((await call({ body: '[' .repeat(5_000) + ']'.repeat(5_000) })).status).toBe(400)
    expect((await call({ method: 'PATCH', body: '{"name":"x"}', headers: { 'flowstate-strict': '1' } }, '/companies/com_1')).status).toBe(428)
    const unknown = await call({ method: 'GET', body: null as never }, '/nowhere')
    expect(unknown.status).toBe(404)
    expect(unknown.headers.get('content-type')).toContain('application/problem+json')
    expect((await unknown.json())).toMatchObject({ code: 'not_found', requestId: unknown.headers.get('x-request-id') })
  })

  it('says which methods a path takes', async () => {
    const call = (method: string, path: string) => test.request(`${test.base}/api/v1${path}`, { method, headers: { authorization: `Bearer ${test.secret}` } })
    const answer = await call('PUT', '/deals')
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST'])
    expect(await answer.json()).toMatchObject({ code: 'method_not_allowed' })
    expect((await call('GET', '/nothing')).status).toBe(404)
    expect((await call('GET', '/deals/x/nothing')).status).toBe(404)
  })

  it('names who holds a unique key', async () => {
    const first = await flowstate.customers.create({ name: 'A', email: 'Ada@x.example' })
    await expect(flowstate.customers.create({ name: 'B', email: 'ada@X.example' })).rejects.toThrow(ConflictError)
    await expect(flowstate.customers.create({ name: 'B', email: 'ada@X.example' })).rejects.toMatchObject({ code: 'unique_taken', fieldErrors: [{ pointer: '/email', detail: `is held by ${first.id}` }] })
    await flowstate.customers.archive(first.id)
    await flowstate.customers.create({ name: 'B', email: 'ada@X.example' })
    await expect(flowstate.customers.restore(first.id)).rejects.toMatchObject({ code: 'unique_taken' })
  })

  it('acts once for a repeated request, and replays its answer byte for byte', async () => {
    const send = (body: object, key = 'once') => test.request(`${test.base}/api/v1/companies`, { method: 'POST', body: JSON.stringify(body), headers: { authorization: `Bearer ${test.secret}`, 'content-type': 'application/json', 'idempotency-key': key } })
    const [first, second] = [await send({ name: 'Once only' }), await send({ name: 'Once only' })]
    expect([first.status, second.status, second.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true'])
    expect(await second.text()).toBe(await first.text())
    expect((await send({ name: 'Another' })).status).toBe(422)
    expect((await flowstate.companies.list({ name: 'Once only' })).items).toHaveLength(1)
    const race = await Promise.all([1, 2, 3, 4].map(() => send({ name: 'Raced' }, 'race')))
    expect(race.map(({ status }) => status).every((status) => status === 201 || status === 409)).toBe(true)
    expect((await flowstate.companies.list({ name: 'Raced' })).items).toHaveLength(1)
  })

  it('shows an interaction logged on a deal in the customer\'s timeline', async () => {
    const customer = await flowstate.customers.create({ name: 'Timeline' })
    const deal = await flowstate.deals.create({ title: 'T', customerId: customer.id })
    await flowstate.interactions.create({ kind: 'call', dealId: deal.id, subject: 'First', occurredAt: '2026-01-01T10:00:00+02:00' })
    await flowstate.interactions.create({ kind: 'note', customerId: customer.id, subject: 'Second', occurredAt: '2026-01-02T10:00:00Z' })
    const { items } = await flowstate.interactions.list({ customerId: customer.id })
    expect(items.map(({ subject, occurredAt }) => [subject, occurredAt])).toEqual([['Second', '2026-01-02T10:00:00.000Z'], ['First', '2026-01-01T08:00:00.000Z']])
    await expect(flowstate.interactions.create({ kind: 'note' })).rejects.toThrow(ValidationError)
  })

  it('undoes a change set as a whole, or names what changed since', async () => {
    const { data: company, response } = await flowstate.companies.create({ name: 'Undone' }).withResponse()
    const id = response.headers.get('flowstate-change-set') ?? ''
    expect(await flowstate.changesets.retrieve(id)).toMatchObject({ state: 'applied', changeCount: 1, changes: [{ noun: 'companies', op: 'create' }] })
    const renamed = await flowstate.companies.update(company.id, { name: 'Renamed' }).withResponse()
    await expect(flowstate.changesets.revert(id)).rejects.toMatchObject({ code: 'changed_since', fieldErrors: [{ pointer: `/companies/${company.id}` }] })
    const renaming = renamed.response.headers.get('flowstate-change-set') ?? ''
    const undo = await flowstate.changesets.revert(renaming)
    expect(undo).toMatchObject({ reverts: renaming, changes: [{ fields: { name: { from: 'Renamed', to: 'Undone' } } }], seq: { from: expect.any(Number) } })
    await expect(flowstate.changesets.revert(renaming)).rejects.toMatchObject({ code: 'already_reverted' })
    await flowstate.changesets.revert(undo.id)
    expect((await flowstate.companies.retrieve(company.id)).name).toBe('Renamed')
    await flowstate.changesets.revert(renaming)
    await flowstate.changesets.revert(id)
    expect((await flowstate.companies.retrieve(company.id)).archivedAt).not.toBeNull()
  })

  it('keeps the feed gap-free and in order', async () => {
    const { items, to } = await flowstate.changes.list({ since: 0, limit: 200 })
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1))
    expect(to).toBe(items.at(-1)?.seq)
  })
})

describe('the description of the interface', () => {
  it('has every operation of the contract', async () => {
    const { freshDatabase } = await import('../testing/databases.ts')
    const home = await freshDatabase('sqlite')
    const test = await createTestServer(home)
    const document = (await (await test.request(`${test.base}/openapi.json`)).json()) as { paths: Record<string, Record<string, { operationId: string }>> }
    const described = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId)).sort()
    expect(described).toEqual(allOperations().map(({ id }) => id).sort())
    const { components } = document as unknown as { components: { schemas: Record<string, { type?: string; properties?: object }> } }
    expect(components.schemas.NewDeal).toMatchObject({ type: 'object', properties: { title: { type: 'string' } } })
    // Whatever is pointed to is there.
    const text = JSON.stringify(document)
    for (const [, name = ''] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) expect(components.schemas, name).toHaveProperty(name)
    expect(text).not.toContain('$defs')
    await test.close()
    await home.dispose()
  })
})
