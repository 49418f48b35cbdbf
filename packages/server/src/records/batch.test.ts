import type { Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('batches and upserts', (fresh) => {
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
  const statuses = (results: { status: number }[]) => results.map(({ status }) => status)

  it('gives each item what its single request would have been given, in one change set', async () => {
    const company = await flowstate.companies.create({ name: 'Before', domain: 'before.example' })
    const gone = await flowstate.companies.create({ name: 'Gone' })
    const { data, response } = await flowstate.companies.batch({ items: [
      { op: 'create', data: { name: 'Created', domain: 'created.example' } },
      { op: 'update', id: company.id, data: { industry: 'Steel' } },
      { op: 'update', id: company.id, data: { industry: 'Steel', country: 'Norway' } },
      { op: 'archive', id: gone.id },
      { op: 'upsert', data: { domain: 'https://www.Created.example/', name: 'Renamed at once' } },
      { op: 'upsert', data: { domain: 'new.example', name: 'New' } },
      { op: 'create', data: { name: '' } },
      { op: 'update', id: 'com_nothing', data: { name: 'X' } },
      { op: 'update', id: 'com_\u0000', data: { name: 'X' } },
      { op: 'archive', id: 'com_\ud800' },
      { op: 'create', data: { name: 'Taken', domain: 'before.example' } },
      { op: 'update', id: company.id, ifMatch: 9, data: { name: 'Stale' } },
      { op: 'upsert', data: { name: 'Without a key' } },
    ] }).withResponse()
    const { results } = data
    expect(statuses(results)).toEqual([201, 200, 200, 200, 200, 201, 422, 404, 404, 404, 409, 412, 422])
    expect(results[0]?.data).toMatchObject({ name: 'Renamed at once', version: 1 })
    expect(results[2]?.data).toMatchObject({ version: 2, industry: 'Steel', country: 'Norway' })
    expect(results[10]?.error).toMatchObject({ code: 'unique_taken', errors: [{ pointer: '/domain' }] })
    const set = await flowstate.changesets.retrieve(response.headers.get('flowstate-change-set') ?? '')
    expect(set.changes.map(({ op }) => op)).toEqual(['create', 'update', 'archive', 'create'])
    for (const result of results) if (result.data) expect(await flowstate.companies.retrieve(result.data.id)).toEqual(result.data)
    await flowstate.changesets.revert(set.id)
    expect(await flowstate.companies.retrieve(company.id)).toMatchObject({ industry: null, country: null })
  })

  it('does nothing of an atomic batch of which one item is refused', async () => {
    const { results } = await flowstate.companies.batch({ atomic: true, items: [{ op: 'create', data: { name: 'Atomic' } }, { op: 'create', data: {} }] })
    expect(statuses(results)).toEqual([424, 422])
    expect((await flowstate.companies.list({ name: 'Atomic' })).items).toEqual([])
    expect(statuses((await flowstate.companies.batch({ atomic: true, items: [{ op: 'create', data: { name: 'Atomic' } }, { op: 'create', data: { name: 'Atomic' } }] })).results)).toEqual([201, 201])
  })

  it('takes a thousand at once, keeps their order, and repeats nothing', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'Thousand' })
    const stageId = pipeline.stages[0]?.id ?? ''
    const items = Array.from({ length: 1_000 }, (_, index) => ({ op: 'create' as const, data: { title: `Deal ${index}`, stageId, externalId: `k${index}` } }))
    const { data: first, response } = await flowstate.deals.batch({ items }, { idempotencyKey: 'thousand' }).withResponse()
    expect(new Set(statuses(first.results))).toEqual(new Set([201]))
    const again = await flowstate.deals.batch({ items }, { idempotencyKey: 'thousand' }).withResponse()
    expect(again.response.headers.get('idempotent-replayed')).toBe('true')
    expect(again.data).toEqual(first)
    expect((await flowstate.deals.summary({ pipelineId: pipeline.id })).count).toBe(1_000)
    const titles: string[] = []
    for await (const { title } of flowstate.deals.list({ stageId, sort: 'position', limit: 200 })) titles.push(title)
    expect(titles).toEqual(items.map(({ data }) => data.title))
    await expect(flowstate.deals.batch({ items: [...items, ...items] })).rejects.toMatchObject({ status: 422 })
    await flowstate.changesets.revert(response.headers.get('flowstate-change-set') ?? '')
    expect((await flowstate.deals.summary({ pipelineId: pipeline.id })).count).toBe(0)
  })

  it('upserts by a match key, whatever the case of its letters, and counts one where many race', async () => {
    const { data: made, response } = await flowstate.customers.upsert('email', 'Grace@x.example', { name: 'Grace' }).withResponse()
    expect([response.status, made.email]).toEqual([201, 'Grace@x.example'])
    const updated = await flowstate.customers.upsert('email', 'grace@X.example', { title: 'Admiral' }).withResponse()
    expect([updated.response.status, updated.data.id, updated.data.title]).toEqual([200, made.id, 'Admiral'])
    await expect(flowstate.customers.upsert('email', 'nobody@x.example', { title: 'No name' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/name' }] })
    await expect(flowstate.customers.upsert('email', 'a@x.example', { email: 'b@x.example', name: 'B' })).rejects.toMatchObject({ status: 422 })
    await expect(flowstate.customers.upsert('phone' as never, '1', { name: 'B' })).rejects.toMatchObject({ status: 422 })
    const raced = await Promise.all(Array.from({ length: 8 }, (_, index) => flowstate.customers.upsert('externalId', 'raced', { name: `Raced ${index}` })))
    expect(new Set(raced.map(({ id }) => id)).size).toBe(1)
    await flowstate.customers.archive(made.id)
    expect((await flowstate.customers.upsert('email', 'grace@x.example', { name: 'Grace II' })).id).not.toBe(made.id)
  })

  it('writes any number of rows in chunks, with a result for each', async () => {
    const rows = Array.from({ length: 2_300 }, (_, index) => ({ name: `Row ${index}`, email: index === 1_700 ? 'not an address' : `row${index % 2_200}@bulk.example` }))
    const seen: number[] = []
    const results = await flowstate.customers.upsertMany(rows, { chunkSize: 400, concurrency: 3, onProgress: (done) => seen.push(done) })
    expect(results).toHaveLength(2_300)
    expect(results.flatMap((result, index) => (result.error ? [[index, result.status]] : []))).toEqual([[1_700, 422]])
    expect(seen.at(-1)).toBe(2_300)
    expect((await flowstate.customers.list({ email: 'ROW42@bulk.example' })).items).toHaveLength(1)
    expect(results[2_242]?.data?.id).toBe(results[42]?.data?.id)
  })
})
