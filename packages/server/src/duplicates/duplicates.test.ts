import type { Flowstate } from '@flowstate-ai/sdk'
import { Duplicate, ProposedMerges } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('duplicates', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { workerConcurrency: 2, sweepMs: 100 })
    flowstate = test.flowstate
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  const finished = async (id: string) => {
    for (;;) {
      const task = await flowstate.tasks.retrieve(id)
      if (task.state === 'succeeded' || task.state === 'dead') return task
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const pairOf = async (...ids: string[]): Promise<Duplicate | undefined> => {
    const [leftId, rightId] = ids.sort()
    return (await flowstate.duplicates.list({ leftId, rightId })).items[0]
  }
  const phoned = async (name: string, number: string, more: object = {}) => [
    await flowstate.customers.create({ name, phone: `+49 30 555${number}`, ...more }), await flowstate.customers.create({ name, phone: `030 / 555-${number}` }),
  ] as const

  it('never lets A@x.com stand beside a@x.com', async () => {
    const first = await flowstate.customers.create({ name: 'A', email: 'A@x.com' })
    await expect(flowstate.customers.create({ name: 'A', email: 'a@x.com' })).rejects.toMatchObject({ code: 'unique_taken', fieldErrors: [{ pointer: '/email', detail: `is held by ${first.id}` }] })
    expect((await flowstate.customers.upsert('email', 'a@x.com', { title: 'Buyer' })).id).toBe(first.id)
    const [result] = await flowstate.customers.upsertMany([{ name: 'A', email: 'a@X.com' }])
    expect(result?.data?.id).toBe(first.id)
    expect((await flowstate.customers.list({ email: 'A@X.COM' })).items).toHaveLength(1)
    // What the key cannot see, the comparison does.
    const tagged = await flowstate.customers.create({ name: 'A', email: 'a+crm@x.com' })
    expect(await pairOf(first.id, tagged.id)).toMatchObject({ state: 'open', reasons: expect.arrayContaining([expect.objectContaining({ kind: 'same-email', weight: 14 })]) })
  })

  it('are found as records are created, with both sides and the reasons', async () => {
    const [one, other] = await phoned('Jürgen Vogel', '0100', { email: 'j.vogel@example.com' })
    const pair = await pairOf(one.id, other.id)
    expect(Duplicate.parse(pair)).toMatchObject({
      noun: 'customers', state: 'open', changeSetId: null, version: 1, left: { id: one.id, name: 'Jürgen Vogel', detail: 'j.vogel@example.com · +49 30 5550100' }, right: { id: other.id },
      reasons: [{ field: 'name', kind: 'same-name' }, { field: 'phone', kind: 'same-phone' }],
    })
    expect(pair?.score).toBeGreaterThan(0.95)
    expect(await flowstate.duplicates.retrieve(pair?.id ?? '')).toEqual(pair)
    const { items } = await flowstate.customers.duplicates(one.id)
    expect(items).toMatchObject([{ id: other.id, score: pair?.score, record: { name: 'Jürgen Vogel' } }])
    expect((await flowstate.duplicates.list({ noun: 'customers', state: 'open', score: { gte: 0.9 } })).items.map(({ id }) => id)).toContain(pair?.id)
    expect((await flowstate.duplicates.list({ score: { gte: 0.9 }, noun: 'companies' })).items).toEqual([])
    await expect(flowstate.duplicates.retrieve('dup_nothing')).rejects.toMatchObject({ code: 'not_found' })
  })

  it('vanish when a side changes so that they are alike no more, or is archived', async () => {
    const [one, other] = await phoned('Petra Sand', '0200')
    expect(await pairOf(one.id, other.id)).toBeDefined()
    await flowstate.customers.update(other.id, { phone: '+49 40 9998877' })
    expect(await pairOf(one.id, other.id)).toBeUndefined()
    await flowstate.customers.update(other.id, { phone: '+49 30 5550200' })
    expect(await pairOf(one.id, other.id)).toBeDefined()
    await flowstate.customers.archive(one.id)
    expect(await pairOf(one.id, other.id)).toBeUndefined()
    await flowstate.customers.restore(one.id)
    expect(await pairOf(one.id, other.id)).toBeDefined()
  })

  it('that a person dismissed stay dismissed, until they are opened again', async () => {
    const [one, other] = await phoned('Rolf Stein', '0300')
    const pair = await pairOf(one.id, other.id)
    expect(await flowstate.duplicates.dismiss(pair?.id ?? '')).toMatchObject({ id: pair?.id, state: 'dismissed', left: { id: one.id } })
    await flowstate.customers.update(one.id, { name: 'Rolf Steins' })
    expect(await pairOf(one.id, other.id)).toMatchObject({ id: pair?.id, state: 'dismissed' })
    await flowstate.customers.update(one.id, { name: 'Rolf Stein' })
    await flowstate.customers.archive(other.id)
    await flowstate.customers.restore(other.id)
    expect(await pairOf(one.id, other.id)).toMatchObject({ id: pair?.id, state: 'dismissed' })
    expect((await flowstate.customers.duplicates(one.id)).items).toEqual([])
    expect((await flowstate.duplicates.list({ state: { in: ['dismissed', 'merged'] } })).items.map(({ id }) => id)).toContain(pair?.id)
    expect(await flowstate.duplicates.reopen(pair?.id ?? '')).toMatchObject({ state: 'open' })
  })

  it('are marked by their merge, and open again when it is undone', async () => {
    const [one, other] = await phoned('Ute Berg', '0400')
    const pair = await pairOf(one.id, other.id)
    const { response } = await flowstate.customers.merge({ keepId: one.id, mergeIds: [other.id] }).withResponse()
    const changeSetId = response.headers.get('flowstate-change-set') ?? ''
    expect(await flowstate.duplicates.retrieve(pair?.id ?? '')).toMatchObject({ state: 'merged', changeSetId, right: { archivedAt: expect.any(String) } })
    await expect(flowstate.duplicates.dismiss(pair?.id ?? '')).rejects.toMatchObject({ code: 'invalid_state' })
    await flowstate.changesets.revert(changeSetId)
    expect(await flowstate.duplicates.retrieve(pair?.id ?? '')).toMatchObject({ state: 'open', right: { archivedAt: null } })
    // Taken back beside the change set: by restoring the one that was merged.
    await flowstate.customers.merge({ keepId: one.id, mergeIds: [other.id] })
    expect(await pairOf(one.id, other.id)).toMatchObject({ state: 'merged' })
    await flowstate.customers.restore(other.id)
    expect(await pairOf(one.id, other.id)).toMatchObject({ id: pair?.id, state: 'open', changeSetId: null })
  })

  it('are proposed for merging once each, never merged by themselves; applying marks, rejecting dismisses', async () => {
    const [first, firstTwin] = await phoned('Ida Kern', '0500')
    const [second, secondTwin] = await phoned('Max Lohr', '0600', { title: 'Buyer', tags: [] })
    const propose = () => flowstate.duplicates.propose({ noun: 'customers', minScore: 0.95, limit: 100 })
    const { items } = ProposedMerges.parse(await propose())
    const of = (id: string) => items.find(({ keepId, mergeId }) => keepId === id || mergeId === id)
    expect(of(first.id)).toMatchObject({ keepId: first.id, mergeId: firstTwin.id })
    // More is known of it.
    expect(of(secondTwin.id)).toMatchObject({ keepId: second.id })
    expect((await propose()).items).toEqual([])
    for (const { id } of [firstTwin, secondTwin]) expect((await flowstate.customers.retrieve(id)).archivedAt).toBeNull()
    expect(await pairOf(first.id, firstTwin.id)).toMatchObject({ state: 'open', changeSetId: of(first.id)?.changeSetId })
    expect(await flowstate.changesets.retrieve(of(first.id)?.changeSetId ?? '')).toMatchObject({ state: 'proposed', source: { kind: 'merge', id: of(first.id)?.duplicateId } })

    await flowstate.changesets.apply(of(first.id)?.changeSetId ?? '')
    expect(await pairOf(first.id, firstTwin.id)).toMatchObject({ state: 'merged' })
    expect(await flowstate.customers.retrieve(firstTwin.id)).toMatchObject({ mergedIntoId: first.id })
    await flowstate.changesets.reject(of(second.id)?.changeSetId ?? '')
    const rejected = await pairOf(second.id, secondTwin.id)
    expect(rejected).toMatchObject({ state: 'dismissed' })
    expect((await propose()).items.filter(({ duplicateId }) => duplicateId === rejected?.id)).toEqual([])
    expect(await flowstate.duplicates.reopen(rejected?.id ?? '')).toMatchObject({ state: 'open', changeSetId: null })
    const [again] = (await propose()).items.filter(({ duplicateId }) => duplicateId === rejected?.id)
    // Dismissing the pair answers its proposal with it.
    await flowstate.duplicates.dismiss(rejected?.id ?? '')
    expect(await flowstate.changesets.retrieve(again?.changeSetId ?? '')).toMatchObject({ state: 'rejected' })
  })

  it('are found by the task too, again and again the same', async () => {
    const company = await flowstate.companies.create({ name: 'Kestrel Freight GmbH', domain: 'kestrelfreight.example' })
    const twin = await flowstate.companies.create({ name: 'Kestrel Freight', country: 'Germany' })
    const run = async () => finished((await flowstate.ai.run('find-duplicates', { noun: 'companies' })).id)
    const first = await run()
    expect(first).toMatchObject({ state: 'succeeded', progress: 1, result: { noun: 'companies', compared: 2, open: 1 } })
    const pair = await pairOf(company.id, twin.id)
    expect(pair?.score).toBeGreaterThan(0.8)
    expect(await run()).toMatchObject({ result: { compared: 2, open: 1 } })
    expect(await pairOf(company.id, twin.id)).toEqual(pair)
    const since = await finished((await flowstate.ai.run('find-duplicates', { noun: 'companies', since: new Date(Date.parse(twin.updatedAt) + 1).toISOString() })).id)
    expect(since).toMatchObject({ result: { compared: 0, open: 1 } })
    expect((await flowstate.companies.duplicates(company.id)).items).toMatchObject([{ id: twin.id }])
    expect(await finished((await flowstate.tasks.create({ kind: 'find-duplicates', payload: { noun: 'deals' } })).id)).toMatchObject({ state: 'dead', error: expect.stringContaining('customers') })
  })

  it('show a limited token its own candidates alone', async () => {
    const [one, other] = await phoned('Vera Holm', '0700')
    const limited = await test.embed({ subject: 's', role: 'viewer', records: { customers: [one.id] } })
    expect((await limited.customers.duplicates(one.id)).items).toEqual([])
    await expect(limited.customers.duplicates(other.id)).rejects.toMatchObject({ code: 'not_found' })
    const both = await test.embed({ subject: 's', role: 'viewer', records: { customers: [one.id, other.id] } })
    expect((await both.customers.duplicates(one.id)).items).toMatchObject([{ id: other.id }])
  })
})
