import { ConflictError, type Flowstate, type NewImport } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('imports that are looked at first', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { workerConcurrency: 2, heartbeatMs: 1_000 })
    flowstate = test.flowstate
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const take = async (text: string | Uint8Array, how: NewImport) => flowstate.imports.wait((await flowstate.imports.upload(text, how)).id, { every: 20 })
  const seq = () => test.services.ledger.seqOf(test.workspace.id)

  it('rehearses by fields what the run then does, and says nothing that it would not do', async () => {
    const ada = await flowstate.customers.create({ name: 'Ada', email: 'ada@r.example', externalId: 'A1' })
    const bob = await flowstate.customers.create({ name: 'Bob', email: 'Bob@r.example' })
    const carl = await flowstate.customers.create({ name: 'Carl', phone: '+49 30 111111' })
    await flowstate.customers.create({ name: 'Taken', email: 'taken@r.example', externalId: 'T1' })
    const dave = await flowstate.customers.create({ name: 'Dave', email: 'dave@r.example' })
    const text = [
      'id,name,email,phone,company,tags', 'A1,Ada Byron,ADA@r.example,,Acme,vip', 'B1,Bob,bob@R.example,,,', ',Carl C.,,0049 30 111111,,', 'N1,New,new@r.example,,Acme,"vip; Lead"', 'A9,Clash,taken@r.example,,,', 'T1,Taken,dave@r.example,,,', 'X1,Bad,not-an-address,,,', 'N1,Newer,,,,',
    ].join('\n')
    const before = await seq()
    const rehearsed = await take(text, { noun: 'customers', name: 'people.csv', mode: 'rehearse', country: 'DE' })
    expect(rehearsed).toMatchObject({ state: 'rehearsed', total: 8, counts: { rows: 8, created: 1, updated: 1, merged: 3, unchanged: 0, collapsed: 1, rejected: 2 } })
    expect(await seq()).toBe(before)
    const shown = Object.fromEntries(rehearsed.preview.filter(({ noun }) => noun === 'customers').map((entry) => [entry.row, entry]))
    expect(shown[2]).toMatchObject({ action: 'update', id: ada.id, fields: { name: { from: 'Ada', to: 'Ada Byron' } } })
    expect(shown[2]?.fields.email).toBeUndefined()
    expect(shown[3]).toMatchObject({ action: 'merge', id: bob.id, fields: { externalId: { from: null, to: 'B1' } } })
    expect(shown[4]).toMatchObject({ action: 'merge', id: carl.id, fields: { name: { from: 'Carl', to: 'Carl C.' } } })
    expect(shown[9]).toMatchObject({ action: 'create', id: null, fields: { name: { to: 'Newer' }, email: { to: 'new@r.example' } } })
    expect(shown[7]).toMatchObject({ action: 'reject', column: 'email', reason: expect.stringContaining(dave.id) })
    expect(rehearsed.preview.filter(({ noun }) => noun !== 'customers').map(({ noun, action }) => [noun, action])).toEqual(expect.arrayContaining([['tags', 'create'], ['companies', 'create']]))
    expect(await flowstate.imports.diff(rehearsed.id)).toContain(`2,update,customers,${ada.id},name,Ada,Ada Byron,\r\n`)
    expect((await flowstate.imports.diff(rehearsed.id, { format: 'jsonl' })).trim().split('\n').map((line) => JSON.parse(line) as { row: number })).toHaveLength(rehearsed.preview.length)
    expect(await flowstate.imports.rejects(rehearsed.id)).toContain('8,email,')

    const { id } = await flowstate.imports.run(rehearsed.id)
    const done = await flowstate.imports.wait(id, { every: 20 })
    expect(done).toMatchObject({ state: 'succeeded', counts: rehearsed.counts })
    expect((await flowstate.customers.retrieve(carl.id))).toMatchObject({ name: 'Carl C.', phone: '+49 30 111111' })
    const [made] = (await flowstate.customers.list({ externalId: 'N1' })).items
    expect(made?.tags).toHaveLength(2)
    expect((await flowstate.tags.list()).items.map(({ name }) => name).sort()).toEqual(['Lead', 'vip'])
    expect((await flowstate.companies.list({ name: 'Acme' })).items).toHaveLength(1)
    const settledAt = await seq()
    expect((await take(text, { noun: 'customers', country: 'DE' })).counts).toMatchObject({ created: 0, updated: 0, merged: 0, unchanged: 5, collapsed: 1, rejected: 2 })
    expect(await seq()).toBe(settledAt)
    await expect(flowstate.imports.run(done.id)).rejects.toThrow(ConflictError)
    await flowstate.changesets.revert(done.changeSetId)
    expect(await flowstate.customers.retrieve(bob.id)).toMatchObject({ externalId: null })
    expect((await flowstate.customers.list({ externalId: 'N1' })).items).toEqual([])
  })

  it('shows what a file is taken for, and takes corrections before it runs', async () => {
    await flowstate.fields.create({ noun: 'deals', key: 'score', type: 'number' })
    await flowstate.pipelines.create({ name: 'Sales', currency: 'EUR', stages: [{ name: 'Open', kind: 'open' }, { name: 'Won', kind: 'won' }] })
    const bytes = Buffer.from('Titel;Betrag;Score;Close Date;Stage\nGro\xdfauftrag;1.250,50;7,5;03.04.2026;Open\nKlein;2.000;8;31.12.2026;Won\n', 'latin1')
    const looked = await flowstate.imports.upload(bytes, { noun: 'deals', name: 'deals.csv', mode: 'detect' })
    expect(looked).toMatchObject({ state: 'uploaded', detection: { format: 'csv', encoding: 'windows-1252', delimiter: ';', whole: false } })
    const column = (name: string) => looked.detection?.columns.find((each) => each.column === name)
    expect(column('Betrag')).toMatchObject({ field: 'value', sure: 'known', decimal: ',', samples: ['1.250,50', '2.000'] })
    expect(column('Close Date')).toMatchObject({ field: 'closeDate', dateOrder: 'dmy' })
    expect(column('Score')).toMatchObject({ field: 'customFields.score', sure: 'kept', decimal: ',' })
    expect(column('Titel')).toMatchObject({ field: 'customFields.titel' })
    await expect(flowstate.imports.settings(looked.id, { map: { Titel: 'headline' } })).rejects.toMatchObject({ status: 422 })
    const corrected = await flowstate.imports.settings(looked.id, { map: { Titel: 'title' }, currency: 'CHF' })
    expect(corrected).toMatchObject({ state: 'uploaded', mapping: { Titel: 'title', Betrag: 'value' }, settings: { currency: 'CHF' } })
    await flowstate.imports.run(looked.id)
    expect(await flowstate.imports.wait(looked.id, { every: 20 })).toMatchObject({ state: 'succeeded', counts: { rows: 2, created: 2, rejected: 0 }, detection: { whole: true } })
    expect((await flowstate.deals.list({ title: 'Großauftrag' })).items).toMatchObject([{ value: { amount: 125_050, currency: 'CHF' }, expectedCloseDate: '2026-04-03', customFields: { score: 7.5 } }])
    expect((await flowstate.deals.list({ title: 'Klein' })).items).toMatchObject([{ value: { amount: 200_000 }, status: 'won', closedAt: '2026-12-31T00:00:00.000Z' }])
  })

  it('takes a saved mapping by itself where the header is the same, or by name', async () => {
    const text = 'who,mail,note\nDora,dora@m.example,kept\n'
    const saved = await flowstate.importMappings.create({ noun: 'customers', name: 'Newsletter', settings: { map: { who: 'name', mail: 'email', note: null } } })
    const looked = await flowstate.imports.upload(text, { noun: 'customers', mode: 'detect' })
    expect(looked.detection).toMatchObject({ mappingId: saved.id, columns: [{ field: 'name', sure: 'saved' }, { field: 'email', sure: 'saved' }, { field: null, sure: 'left' }] })
    await expect(flowstate.importMappings.create({ noun: 'customers', name: 'Newsletter', settings: {} })).rejects.toThrow(ConflictError)
    const renamed = await flowstate.imports.mappings.update(saved.id, { name: 'News', header: ['other'] })
    expect(renamed).toMatchObject({ name: 'News', version: 2 })
    expect((await flowstate.imports.upload(text, { noun: 'customers', mode: 'detect' })).mapping).toMatchObject({ who: 'customFields.who' })
    expect((await flowstate.imports.upload(text, { noun: 'customers', mode: 'detect', mapping: 'News' })).mapping).toMatchObject({ who: 'name' })
    await flowstate.importMappings.archive(saved.id)
    await expect(flowstate.imports.upload(text, { noun: 'customers', mode: 'detect', mapping: 'News' })).rejects.toMatchObject({ status: 422 })
    expect((await flowstate.imports.mappings.list()).items).toEqual([])
  })

  it('takes JSONL, with money, custom fields and columns that come up later', async () => {
    const lines = [{ name: 'J1', domain: 'https://www.J1.example/x', annualRevenue: { amount: 123_456, currency: 'USD' }, customFields: { tier: 3 } }, { name: 'J2', website: 'j2.example', late: true }, 'no object', { name: '' }]
    const done = await take(lines.map((line) => JSON.stringify(line)).join('\n'), { noun: 'companies', name: 'c.jsonl', format: 'jsonl' })
    expect(done).toMatchObject({ state: 'succeeded', counts: { rows: 4, created: 2, rejected: 2 }, rejects: [{ row: 3, column: null }, { row: 4, column: 'name', reason: 'is empty' }] })
    expect((await flowstate.companies.list({ domain: 'j1.example' })).items).toMatchObject([{ annualRevenue: { amount: 123_456, currency: 'USD' }, customFields: { tier: 3 } }])
    expect((await flowstate.companies.list({ name: 'J2' })).items[0]?.customFields).toEqual({ website: 'j2.example', late: true })
  })

  it('knows rows without any key again: by phone and name, by name and company, by what happened when', async () => {
    const people = 'name,email,phone,company\nEve,,+49 40 222222,\nEva,,+49 40 222222,\nFred,,,Corp\nFred,fred@k.example,,Corp\n'
    expect((await take(people, { noun: 'customers' })).counts).toMatchObject({ created: 3, collapsed: 1, rejected: 0 })
    expect((await take(people, { noun: 'customers' })).counts).toMatchObject({ created: 0, updated: 0, merged: 0, unchanged: 3, collapsed: 1 })
    const notes = 'type,subject,date,contact email,account\ncall,Hello,2026-01-02,fred@k.example,\nnote,Bye,,,Corp\nnote,Nobody,,gone@k.example,\nnote,Nothing,,,\nfax,Odd,,,Corp\n'
    expect(await take(notes, { noun: 'interactions' })).toMatchObject({ counts: { rows: 5, created: 2, rejected: 3 }, rejects: expect.arrayContaining([{ row: 4, column: 'contact email', reason: expect.stringContaining('gone@k.example') }, { row: 6, column: 'type', reason: expect.any(String) }]) })
    expect((await take(notes, { noun: 'interactions' })).counts).toMatchObject({ created: 0, unchanged: 2, rejected: 3 })
  })

  it('stops where it is cancelled, with what was written as a change set that can be undone', async () => {
    const text = `name,email\n${Array.from({ length: 3_000 }, (_, row) => `Many ${row},many.${row}@c.example`).join('\n')}\n`
    const { id, taskId, changeSetId } = await flowstate.imports.upload(text, { noun: 'customers', name: 'many.csv' })
    await flowstate.imports.wait(id, { every: 5, onProgress: (item) => { if (item.counts.created > 0 && item.counts.created < 3_000) throw new Error('under way') } }).catch(() => undefined)
    await flowstate.tasks.cancel(taskId)
    const ended = await flowstate.imports.wait(id, { every: 20 })
    expect(ended).toMatchObject({ state: 'cancelled' })
    const set = await flowstate.changesets.retrieve(changeSetId)
    expect(set.state).toBe('applied')
    expect(set.changeCount).toBeGreaterThan(0)
    await flowstate.changesets.revert(changeSetId)
    expect((await flowstate.customers.list({ name: 'Many 0' })).items).toEqual([])
  })

  it('refuses whole files that cannot be: too many columns, NUL, nothing', async () => {
    await expect(flowstate.imports.upload(`${Array.from({ length: 10_000 }, (_, column) => `c${column}`).join(',')}\n1\n`, { noun: 'companies' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ code: 'unreadable', detail: expect.stringContaining('10,000 columns') }] })
    await expect(flowstate.imports.upload('na\u0000me\nx\n', { noun: 'companies' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ detail: expect.stringContaining('column 1') }] })
    await expect(flowstate.imports.upload('', { noun: 'companies' })).rejects.toMatchObject({ status: 400 })
  })
})
