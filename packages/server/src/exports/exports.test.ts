import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { RateLimitError, ValidationError } from '@flowstate-ai/sdk'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { majorUnits } from '../csv/money.ts'
import { csvCell, plainCell } from '../csv/cells.ts'

const rowsOf = (csv: string): Record<string, string>[] => parse(csv, { columns: true })
const settledImport = async (test: TestServer, id: string) => {
  for (;;) {
    const item = await test.flowstate.imports.retrieve(id)
    if (item.state === 'succeeded' || item.state === 'failed') return item
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

describeEachDatabase('exports', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { workerConcurrency: 1, heartbeatMs: 1_000 })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  it('gives every record of a list once, page after page, with what it points to by name', async () => {
    const { flowstate } = test
    const owner = await flowstate.members.create({ email: 'owner@acme.example' })
    // One after the other: a record names its tags in the order they were made.
    const north = await flowstate.tags.create({ name: 'north' })
    const odd = await flowstate.tags.create({ name: 'a; b' })
    const acme = await flowstate.companies.create({ name: 'Acme, "Inc"', ownerId: owner.id, tags: [north.id], annualRevenue: { amount: 120_050, currency: 'EUR' }, customFields: { region: 'north', score: -5 } })
    await flowstate.companies.createMany(Array.from({ length: 1_203 }, (_, index) => ({ name: `Company ${index}`, domain: `c${index}.example`, annualRevenue: { amount: index, currency: 'JPY' } })))
    await flowstate.companies.create({ name: '=HYPERLINK("x")', description: '+49 30 1234\nsecond line', tags: [north.id, odd.id], customFields: { region: '-5', zeta: ['a', 'b'] } })
    const rows = rowsOf(await flowstate.exports.text('companies'))
    expect(rows).toHaveLength(1_205)
    expect(new Set(rows.map(({ id }) => id)).size).toBe(1_205)
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'id', 'name', 'domain', 'industry', 'country', 'employeeCount', 'annualRevenue', 'annualRevenue.currency', 'foundedYear', 'description', 'ownerId', 'owner', 'tags', 'externalId',
      'customFields.region', 'customFields.score', 'customFields.zeta', 'mergedIntoId', 'version', 'createdAt', 'updatedAt', 'archivedAt',
    ])
    expect(rows[0]).toMatchObject({ id: acme.id, name: 'Acme, "Inc"', annualRevenue: '1200.50', 'annualRevenue.currency': 'EUR', owner: 'owner@acme.example', tags: 'north', 'customFields.region': 'north', 'customFields.score': '-5' })
    expect(rows.find(({ name }) => name === 'Company 7')).toMatchObject({ annualRevenue: '7', 'annualRevenue.currency': 'JPY' })
    expect(rows.at(-1)).toMatchObject({ name: '\'=HYPERLINK("x")', description: "'+49 30 1234\nsecond line", 'customFields.region': "'-5", tags: '["north","a; b"]', 'customFields.zeta': 'a; b' })

    expect(JSON.parse((await flowstate.exports.text('companies', { format: 'jsonl', names: true, id: acme.id })).trim())).toEqual({ ...(await flowstate.companies.retrieve(acme.id)), owner: 'owner@acme.example', tagNames: ['north'] })
    await expect(flowstate.exports.text('companies', { names: true })).rejects.toThrow('is for JSONL')

    const records = []
    for await (const record of flowstate.exports.records('companies', { sort: '-name' })) records.push(record)
    expect(records).toHaveLength(1_205)
    expect(records.find(({ id }) => id === acme.id)).toEqual(await flowstate.companies.retrieve(acme.id))
    expect(records.map(({ name }) => name)).toEqual([...records].map(({ name }) => name).sort((a, b) => (a < b ? 1 : -1)))
  })

  it('exports a saved view: its filter, its order, its columns', async () => {
    const { flowstate } = test
    const company = await flowstate.companies.create({ name: 'Globex' })
    const pipeline = await flowstate.pipelines.create({ name: 'Sales' })
    const customer = await flowstate.customers.create({ name: 'Ada', email: 'ada@globex.example', companyId: company.id })
    for (const amount of [100, 5_000, 70]) await flowstate.deals.create({ title: `Worth ${amount}`, companyId: company.id, customerId: customer.id, value: { amount, currency: 'EUR' } })
    const view = await flowstate.views.create({ noun: 'deals', name: 'Large', filter: { field: 'value', op: 'gte', value: 100 }, sort: 'value', columns: ['title', 'value', 'stageId', 'companyId', 'customerId'] })
    const rows = rowsOf(await flowstate.exports.text('deals', { view: view.id }))
    expect(rows).toEqual([
      { title: 'Worth 100', value: '1.00', 'value.currency': 'EUR', stageId: pipeline.stages[0]?.id, stage: 'Qualified', companyId: company.id, company: 'Globex', companyDomain: '', customerId: customer.id, customerEmail: 'ada@globex.example' },
      expect.objectContaining({ title: 'Worth 5000', value: '50.00' }),
    ])
    expect(await flowstate.exports.text('deals', { view: view.id, columns: ['value', 'title', 'customFields.none'] })).toBe('value,title,customFields.none\r\n1.00,Worth 100,\r\n50.00,Worth 5000,\r\n')
    expect(await flowstate.exports.text('deals', { value: { lt: 100 }, columns: ['title'], bom: true })).toBe('\uFEFFtitle\r\nWorth 70\r\n')
    expect(await flowstate.exports.text('deals', { q: 'worth 5000', columns: ['title'] })).toContain('Worth 5000')
    const { response } = await flowstate.exports.stream('deals')
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="deals-\d{4}-\d\d-\d\d\.csv"$/)
    await response.body?.cancel()
  })

  it('exports every noun, empty ones too, and names what cannot be asked', async () => {
    const { flowstate } = test
    for (const noun of ['companies', 'customers', 'deals', 'interactions', 'pipelines', 'stages', 'tags', 'fields', 'views'] as const) {
      expect(rowsOf(await flowstate.exports.text(noun, { archived: 'any' })).length, noun).toBe((await flowstate.exports.text(noun, { format: 'jsonl', archived: 'any' })).split('\n').length - 1)
    }
    await expect(flowstate.exports.text('deals', { columns: ['worth'] })).rejects.toThrow(/names the column worth; deals have id, pipelineId, pipeline,/)
    await expect(flowstate.exports.text('deals', { worth: 5 } as never)).rejects.toThrow(ValidationError)
    await expect(flowstate.exports.text('deals', { titel: 'x' } as never)).rejects.toThrow('?titel is not a property this route knows; did you mean title?')
    await expect(flowstate.exports.text('deals', { limit: 5 } as never)).rejects.toThrow('?limit is for lists; an export is whole')
    await expect(flowstate.exports.text('deals', { format: 'jsonl', columns: ['title'] })).rejects.toThrow('is for CSV')
    await expect(flowstate.exports.text('deals', { format: 'xlsx' } as never)).rejects.toThrow(/format/)
    await expect(flowstate.exports.text('tasks' as never)).rejects.toThrow('There is no export of tasks; there is companies, customers')
    const head = await test.request(`${test.base}/api/v1/exports/deals`, { method: 'HEAD', headers: { authorization: `Bearer ${test.secret}` } })
    expect(head.status).toBe(405)
  })

  it('reads back what it has written: nothing changes', async () => {
    const { flowstate } = test
    const company = await flowstate.companies.create({ name: 'Initech', externalId: 'x-1' })
    await flowstate.customers.createMany([
      { name: '-Dash', email: 'dash@initech.example', phone: '+49301234567', title: '@home', companyId: company.id, description: 'two\nlines; "quoted"', externalId: 'p-1', customFields: { hobby: '=SUM(A1)' } },
      { name: "'=Twice", email: 'twice@initech.example', externalId: 'p-2', companyId: company.id },
    ])
    const csv = await flowstate.exports.text('customers', { companyId: company.id, columns: ['name', 'email', 'phone', 'title', 'company', 'description', 'externalId', 'customFields.hobby'] })
    const map = { name: 'name', email: 'email', phone: 'phone', title: 'title', company: 'company', description: 'description', externalId: 'externalId', 'customFields.hobby': 'customFields.hobby' }
    const seq = await test.services.ledger.seqOf(test.workspace.id)
    const again = await settledImport(test, (await flowstate.imports.upload(csv, { noun: 'customers', map })).id)
    expect(again.counts).toEqual({ rows: 2, created: 0, updated: 0, merged: 0, collapsed: 0, unchanged: 2, rejected: 0 })
    expect(await test.services.ledger.seqOf(test.workspace.id)).toBe(seq)

    const other = await test.services.workspaces.create('empty')
    const { secret } = await test.services.keys.createAsOwner(other.id, { scopes: ['crm:read', 'crm:write'] })
    const elsewhere = { ...test, flowstate: test.clientFor(secret) }
    const moved = await elsewhere.flowstate.imports.upload(csv, { noun: 'customers', map })
    expect((await settledImport(elsewhere, moved.id)).counts).toEqual({ rows: 2, created: 2, updated: 0, merged: 0, collapsed: 0, unchanged: 0, rejected: 0 })
    expect(await elsewhere.flowstate.exports.text('customers', { sort: 'name', columns: Object.keys(map) })).toBe(await flowstate.exports.text('customers', { companyId: company.id, sort: 'name', columns: Object.keys(map) }))
  })

  it('knows its own files by their headers: a whole export, read back as it is, changes nothing', async () => {
    const { flowstate } = test
    const owner = await flowstate.members.create({ email: 'reader@acme.example' })
    const tag = await flowstate.tags.create({ name: 'Round trip' })
    const company = await flowstate.companies.create({ name: 'Umbrella', domain: 'umbrella.example', annualRevenue: { amount: 1_050, currency: 'EUR' }, ownerId: owner.id, tags: [tag.id] })
    await flowstate.customers.create({ name: 'Round Trip', email: 'round@umbrella.example', companyId: company.id, ownerId: owner.id, tags: [tag.id], customFields: { score: '7' } })
    for (const [noun, csv] of [['companies', await flowstate.exports.text('companies', { name: 'Umbrella' })], ['customers', await flowstate.exports.text('customers', { companyId: company.id })]] as const) {
      const again = await settledImport(test, (await flowstate.imports.upload(csv, { noun })).id)
      expect(again.counts, `${noun}: ${JSON.stringify(again.mapping)}`).toEqual({ rows: 1, created: 0, updated: 0, merged: 0, collapsed: 0, unchanged: 1, rejected: 0 })
    }
  })

  it('shows a limited token its own, and no names of what is not', async () => {
    const { flowstate } = test
    const owner = await flowstate.members.create({ email: 'hidden@acme.example' })
    const company = await flowstate.companies.create({ name: 'Hidden Corp' })
    const mine = await flowstate.customers.create({ name: 'Mine', companyId: company.id, ownerId: owner.id, customFields: { seen: 1 } })
    await flowstate.customers.create({ name: 'Theirs', customFields: { secretKey: 1 } })
    const limited = await test.embed({ subject: 'u', role: 'member', records: { customers: [mine.id] } })
    const rows = rowsOf(await limited.exports.text('customers'))
    expect(rows).toMatchObject([{ name: 'Mine', company: '', owner: '', 'customFields.seen': '1' }])
    expect(Object.keys(rows[0] ?? {})).not.toContain('customFields.secretKey')
    expect(await limited.exports.text('companies', { format: 'jsonl' })).toBe('')
    expect(await limited.exports.text('views', { format: 'jsonl' })).toBe('')
  })

  it('runs four at a time in a workspace, tells the fifth to wait, and forgets those that were left', async () => {
    const { flowstate } = test
    const stopping = new AbortController()
    const four = await Promise.all(Array.from({ length: 4 }, () => flowstate.exports.stream('companies', {}, { signal: stopping.signal })))
    const refused = await flowstate.exports.text('companies').catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(RateLimitError)
    // A request that was collected meanwhile would not pass on that its caller has gone.
    setFlagsFromString('--expose-gc')
    for (let times = 0; times < 3; times++) {
      runInNewContext('gc')()
      await new Promise((resolve) => setImmediate(resolve))
    }
    stopping.abort()
    await expect((async () => { for await (const _ of four[0] ?? []) void _ })()).rejects.toThrow()
    expect(rowsOf(await flowstate.exports.text('companies')).length).toBeGreaterThan(1_000)
    for await (const _ of await flowstate.exports.stream('companies')) break
    expect(rowsOf(await flowstate.exports.text('companies')).length).toBeGreaterThan(1_000)
  })
})

describe('cells', () => {
  it('take back exactly what made them safe', () => {
    for (const text of ['=1', '+1', '-1', '@x', '\tx', '\rx', "'=1", "''=1", "'plain", 'plain', '', "it's -5"]) expect(plainCell(csvCell(text).replace(/^"([\s\S]*)"$/, '$1')), text).toBe(text)
  })
  it('write money by its currency\'s digits', () => {
    expect([majorUnits(120_050, 'EUR'), majorUnits(-5, 'EUR'), majorUnits(7, 'JPY'), majorUnits(1_234, 'KWD'), majorUnits(0, 'USD')]).toEqual(['1200.50', '-0.05', '7', '1.234', '0.00'])
  })
})
