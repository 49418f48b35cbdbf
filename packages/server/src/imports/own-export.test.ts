import type { Flowstate } from '@flowstate-ai/sdk'
import type { Import, ImportNoun } from '@flowstate-ai/sdk/contract'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

/** In the order in which one names the other. */
const NOUNS = ['companies', 'customers', 'deals', 'interactions'] as const satisfies ImportNoun[]
const HOSTILE = ['=HYPERLINK("http://x")', '+1', '-5', '@sum', "'=already", '\tindented', 'two\nlines, "quoted"; and\r\nmore', '🚀 Ünïcödé 中文', '1.234,56', 'true', '  padded  ', '[1,2]', '2026-01-02'] as const
/** Free fields under names that headers do not keep by themselves, and of every kind of value. */
const FREE = { lead_status: '=1+1', leadStatus: 'other', 'größe (cm), "x"': '-5', 'a.b': 'dotted', count: -5, share: 0.1, tiny: 1e-7, yes: true, words: ['a', 'b; c'], single: ['[x]'], comma: ['a, b'], digits: '007' }
const TYPED = { asText: '@x', asNumber: -12.5, asBoolean: false, asDate: '2026-02-28', asInstant: '2026-02-28T12:00:00+02:00', asSelect: 'a, b', asMultiselect: ['x; y', '[z]', 'a, b'], asUrl: 'https://x.example/?a=1,2;3', asEmail: 'Field@x.example' }
/** Each starts a thread, which takes seconds where others work on the machine. */
const SEVERAL_IMPORTS_MS = 90_000
const LARGEST = 9_007_199_254_740_991

/** Same title, no key: only their ids tell some of these apart. */
const fill = async (flowstate: Flowstate): Promise<void> => {
  for (const noun of NOUNS) {
    for (const [key, type, options] of [
      ['asText', 'text'], ['asNumber', 'number'], ['asBoolean', 'boolean'], ['asDate', 'date'], ['asInstant', 'instant'], ['asUrl', 'url'], ['asEmail', 'email'],
      ['asSelect', 'select', ['a, b', 'c']], ['asMultiselect', 'multiselect', ['x; y', '[z]', 'a, b']],
    ] as const) await flowstate.fields.create({ noun, key, type, label: key, ...(options ? { options: [...options] } : {}) })
  }
  const owner = await flowstate.members.create({ email: 'owner@acme.example', name: 'Owner' })
  const gone = await flowstate.members.create({ email: 'gone@acme.example', name: 'Gone' })
  const tags: string[] = []
  for (const name of ['a; b', 'c, d', 'e|f', '=tag', '[g]', 'plain']) tags.push((await flowstate.tags.create({ name })).id)
  const common = { customFields: { ...FREE, ...TYPED }, tags, ownerId: owner.id }

  const acme = await flowstate.companies.create({ name: 'Acme', domain: 'acme.example', externalId: '=x1', annualRevenue: { amount: LARGEST, currency: 'EUR' }, employeeCount: 100_000_000, foundedYear: 0, ...common })
  const namesake = await flowstate.companies.create({ name: 'Acme', domain: 'acme.test', annualRevenue: { amount: -123_456, currency: 'KWD' }, ownerId: gone.id })
  const nameless = await flowstate.companies.create({ name: 'ACME', annualRevenue: { amount: 7, currency: 'JPY' } })
  const ada = await flowstate.customers.create({ name: 'Ada', email: 'Ada@acme.example', phone: '(555) 010-2000, ext. 7', companyId: namesake.id, ...common })
  const twin = await flowstate.customers.create({ name: 'Ada', phone: '(555) 010-2000', companyId: nameless.id })
  await flowstate.customers.create({ name: 'Ada', phone: '(555) 010-2000', companyId: nameless.id, ownerId: gone.id })
  const sales = await flowstate.pipelines.create({ name: 'Sales, "EMEA"', stages: [{ name: 'Signed', kind: 'won' }, { name: 'Open', kind: 'open' }, { name: '=Talk', kind: 'open' }, { name: 'Gone', kind: 'lost' }] })
  const partners = await flowstate.pipelines.create({ name: 'Partners', stages: [{ name: 'Open', kind: 'open' }, { name: 'Signed', kind: 'won' }, { name: 'Gone', kind: 'lost' }] })
  const stage = (pipeline: typeof sales, name: string) => pipeline.stages.find((each) => each.name === name)?.id
  const renewal = await flowstate.deals.create({ title: 'Renewal', stageId: stage(partners, 'Open'), companyId: acme.id, customerId: ada.id, value: { amount: LARGEST, currency: 'USD' }, expectedCloseDate: '2026-12-31', ...common })
  await flowstate.deals.create({ title: 'Renewal', stageId: stage(sales, '=Talk'), companyId: namesake.id, customerId: twin.id, value: { amount: -1, currency: 'EUR' } })
  await flowstate.deals.create({ title: 'Renewal', stageId: stage(sales, 'Open'), externalId: 'd-1', ownerId: gone.id })
  const won = await flowstate.deals.create({ title: 'Signed already', stageId: stage(sales, 'Signed'), closedAt: '2024-05-06T07:08:09.123Z', expectedCloseDate: '2024-06-01', wonReason: '+price' })
  await flowstate.deals.create({ title: 'Lost', stageId: stage(partners, 'Gone'), lostReason: '-price' })
  await flowstate.interactions.create({ kind: 'note', body: HOSTILE.join('\n'), occurredAt: '2026-01-02T03:04:05.678Z', dealId: renewal.id, ...{ customFields: common.customFields, tags } })
  await flowstate.interactions.create({ kind: 'call', direction: 'inbound', subject: '=call', durationMinutes: 0, occurredAt: '2026-01-02T03:04:05.678Z', customerId: twin.id, companyId: nameless.id })
  await flowstate.interactions.create({ kind: 'call', direction: 'inbound', subject: '=call', durationMinutes: 0, occurredAt: '2026-01-02T03:04:05.678Z', customerId: ada.id, companyId: namesake.id, dealId: won.id })
  for (const [index, text] of HOSTILE.entries()) {
    const company = await flowstate.companies.create({ name: text, description: text, industry: text, country: text, customFields: { free: text } })
    await flowstate.customers.create({ name: text, title: text, description: text, email: `h${index}@acme.example`, companyId: company.id, customFields: { free: text } })
    const deal = await flowstate.deals.create({ title: text, description: text, stageId: stage(sales, 'Open'), companyId: company.id, customFields: { free: text } })
    await flowstate.interactions.create({ kind: 'note', subject: text, body: text, dealId: deal.id, companyId: company.id })
  }
  await flowstate.members.archive(gone.id)
}

const settled = async (flowstate: Flowstate, text: string, noun: ImportNoun, format: 'csv' | 'jsonl' = 'csv'): Promise<Import> => flowstate.imports.wait((await flowstate.imports.upload(text, { noun, name: `${noun}.${format}`, format })).id, { every: 20 })
const counts = (rows: number, over: Partial<Import['counts']>) => ({ rows, created: 0, updated: 0, merged: 0, collapsed: 0, unchanged: 0, rejected: 0, ...over })

describeEachDatabase('an export of ours, read back by its headers alone', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { workerConcurrency: 1, heartbeatMs: 1_000 })
    await fill(test.flowstate)
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const copyFields = async (to: Flowstate): Promise<void> => {
    for (const { noun, key, type, label, options } of (await test.flowstate.fields.list({ limit: 200 })).items) await to.fields.create({ noun, key, type, label, ...(options ? { options } : {}) })
  }
  const emptyWorkspace = async (slug: string): Promise<Flowstate> => {
    const { id } = await test.services.workspaces.create(slug)
    return test.clientFor((await test.services.keys.createAsOwner(id, { scopes: ['crm:read', 'crm:write'] })).secret)
  }

  it.each(NOUNS)('changes nothing where it came from: %s', async (noun) => {
    const { flowstate } = test
    const csv = await flowstate.exports.text(noun)
    const rows = parse(csv).length - 1
    const seq = await test.services.ledger.seqOf(test.workspace.id)
    const again = await settled(flowstate, csv, noun)
    expect(again.rejects).toEqual([])
    expect(again.counts, JSON.stringify(again.mapping)).toEqual(counts(rows, { unchanged: rows }))
    expect(await test.services.ledger.seqOf(test.workspace.id)).toBe(seq)
    expect(await flowstate.exports.text(noun)).toBe(csv)
  })

  it('makes the same records in an empty workspace, and nothing the second time', { timeout: SEVERAL_IMPORTS_MS }, async () => {
    const there = await emptyWorkspace('elsewhere')
    await copyFields(there)
    for (const noun of NOUNS) {
      const csv = await test.flowstate.exports.text(noun)
      const rows = parse(csv).length - 1
      const first = await settled(there, csv, noun)
      expect(first.rejects, noun).toEqual([])
      expect(first.counts, `${noun}: ${JSON.stringify(first.mapping)}`).toEqual(counts(rows, { created: rows }))
      const [here, moved] = [comparable(csv), comparable(await there.exports.text(noun))]
      for (const [index, row] of here.entries()) expect(moved[index], `${noun} ${index}`).toEqual(unnamed(row))
      const again = await settled(there, csv, noun)
      expect(again.counts.created, noun).toBe(0)
    }
    const [sales, partners] = (await there.pipelines.list({ sort: 'createdAt' })).items
    expect([sales?.name, partners?.name].sort()).toEqual(['Partners', 'Sales, "EMEA"'])
    expect([...(sales?.stages ?? []), ...(partners?.stages ?? [])].filter(({ name }) => name === 'Signed').map(({ kind }) => kind)).toEqual(['won'])
  })

  it.each(NOUNS)('changes nothing where it came from, as JSONL: %s', async (noun) => {
    const { flowstate } = test
    const [csv, jsonl] = [await flowstate.exports.text(noun), await flowstate.exports.text(noun, { format: 'jsonl', names: true })]
    const rows = jsonl.trimEnd().split('\n').length
    const again = await settled(flowstate, jsonl, noun, 'jsonl')
    expect(again.rejects).toEqual([])
    expect(again.counts, JSON.stringify(again.mapping)).toEqual(counts(rows, { unchanged: rows }))
    expect(await flowstate.exports.text(noun)).toBe(csv)
  })

  it('makes the same records from JSONL in an empty workspace', { timeout: SEVERAL_IMPORTS_MS }, async () => {
    const there = await emptyWorkspace('from-jsonl')
    await copyFields(there)
    for (const noun of NOUNS) {
      expect((await settled(there, await test.flowstate.exports.text(noun, { format: 'jsonl', names: true }), noun, 'jsonl')).rejects, noun).toEqual([])
      expect(comparable(await there.exports.text(noun)), noun).toEqual(comparable(await test.flowstate.exports.text(noun)).map(unnamed))
    }
  })

  it('knows tags by their ids where they are, and rejects what names none', async () => {
    const { flowstate } = test
    const tag = await flowstate.tags.create({ name: 'By id' })
    const line = (tags: string[]) => `${JSON.stringify({ name: 'Tagged', email: 'tagged@acme.example', tags })}\n`
    expect((await settled(flowstate, line([tag.id]), 'customers', 'jsonl')).counts).toEqual(counts(1, { created: 1 }))
    expect((await flowstate.customers.list({ email: 'tagged@acme.example' })).items).toMatchObject([{ tags: [tag.id] }])
    const there = await emptyWorkspace('no-tags')
    expect((await settled(there, line([tag.id]), 'customers', 'jsonl')).rejects).toEqual([{ row: 1, column: 'tags', reason: expect.stringContaining('is the id of no tag here') }])
  })

  it('keeps what points to a record that a name alone would not find', async () => {
    const { flowstate } = test
    const [first] = (await flowstate.companies.list({ name: 'Acme', sort: 'createdAt' })).items
    const csv = await flowstate.exports.text('deals', { title: 'Renewal', columns: ['id', 'title', 'companyId', 'company', 'stageId', 'value', 'value.currency'] })
    const seq = await test.services.ledger.seqOf(test.workspace.id)
    expect((await settled(flowstate, csv, 'deals')).counts).toEqual(counts(3, { unchanged: 3 }))
    expect(await test.services.ledger.seqOf(test.workspace.id)).toBe(seq)
    const edited = csv.replace(/-0\.01,EUR/, '12.50,EUR')
    expect((await settled(flowstate, edited, 'deals')).counts).toEqual(counts(3, { updated: 1, unchanged: 2 }))
    expect((await flowstate.deals.list({ value: { gte: 1_250, lte: 1_250 } })).items).toMatchObject([{ title: 'Renewal', value: { amount: 1_250, currency: 'EUR' } }])
    expect((await flowstate.deals.list({ companyId: first?.id })).items.length).toBeGreaterThan(0)
  })

  it('keeps those apart that only their ids tell apart, in another workspace too, however far apart they stand', async () => {
    const [here, there] = [await emptyWorkspace('namesakes'), await emptyWorkspace('namesakes-elsewhere')]
    const { stages } = await here.pipelines.create({ name: 'Sales' })
    for (let index = 0; index < 3; index++) await here.deals.create({ title: 'Renewal', stageId: stages[0]?.id, value: { amount: index + 1, currency: 'EUR' } })
    await here.deals.createMany(Array.from({ length: 900 }, (_, index) => ({ title: `Deal ${index}`, stageId: stages[0]?.id })))
    await here.deals.create({ title: 'Renewal', stageId: stages[0]?.id, value: { amount: 4, currency: 'EUR' } })
    const csv = await here.exports.text('deals')
    expect((await settled(there, csv, 'deals')).counts).toEqual(counts(904, { created: 904 }))
    expect((await settled(there, csv, 'deals')).counts).toEqual(counts(904, { unchanged: 904 }))
    expect((await there.deals.list({ title: 'Renewal', sort: 'value' })).items.map(({ value }) => value?.amount)).toEqual([1, 2, 3, 4])
  })

  it('gives rejected rows back as they stood in the file, so that they read as they would have', async () => {
    const there = await emptyWorkspace('mended')
    const { id, counts: found } = await settled(there, "name,email\r\n'=Ada,not an address\r\n'-Grace,grace@x.example\r\n", 'customers')
    expect(found).toMatchObject({ created: 1, rejected: 1 })
    const mended = (await there.imports.rejects(id)).replace('not an address', 'ada@x.example')
    expect((await settled(there, mended, 'customers')).counts).toMatchObject({ created: 1, rejected: 0 })
    expect((await there.customers.list({ sort: 'name' })).items.map(({ name }) => name).sort()).toEqual(['-Grace', '=Ada'])
  })

  it('leaves alone what was archived', async () => {
    const there = await emptyWorkspace('archive')
    const { id } = await there.companies.create({ name: 'Closed down' })
    await there.companies.create({ name: 'Going on' })
    await there.companies.archive(id)
    const again = await settled(there, await there.exports.text('companies', { archived: 'any' }), 'companies')
    expect(again.counts).toEqual(counts(2, { unchanged: 1, rejected: 1 }))
    expect(again.rejects).toEqual([{ row: 2, column: 'archivedAt', reason: expect.stringContaining('archived') }])
  })
})

/** Three deals are called Renewal: that name leads to none of them. */
const unnamed = (row: Record<string, string>): Record<string, string> => (row.deal === 'Renewal' ? { ...row, deal: '' } : row)

/** What another workspace can hold too: without ids and times of its own, and members who do not belong to it. A number comes as text where no field is defined. */
const comparable = (csv: string): Record<string, string>[] => (parse(csv, { columns: true }) as Record<string, string>[]).map((row) =>
  Object.fromEntries(Object.entries(row)
    .filter(([name]) => name === 'externalId' || !/^(id|.*Id|owner|version|position|createdAt|updatedAt|stageEnteredAt|weightedValue.*)$/.test(name))
    .map(([name, value]) => [name, name === 'customFields.asInstant' ? new Date(value || 0).toISOString() : name === 'customFields.count' ? value.replace("'", '') : value])))
