import type { Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const DAY_MS = 86_400_000

describeEachDatabase('lists', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  let stageId: string
  let now = Date.now()
  const vip = { id: '' }
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { clock: () => now })
    flowstate = test.flowstate
    const pipeline = await flowstate.pipelines.create({ name: 'Lists', stages: [{ name: 'Open', kind: 'open', probability: 0.5, rottingDays: 30 }, { name: 'Won', kind: 'won' }] })
    stageId = pipeline.stages[0]?.id ?? ''
    vip.id = (await flowstate.tags.create({ name: 'VIP', color: '#aa3300' })).id
    await flowstate.fields.create({ noun: 'deals', key: 'score', type: 'number', indexed: true })
    await flowstate.fields.create({ noun: 'deals', key: 'region', type: 'select', options: ['north', 'south'], label: 'Region' })
    await flowstate.fields.create({ noun: 'deals', key: 'channels', type: 'multiselect', options: ['web', 'fair', 'phone'] })
    const rows = Array.from({ length: 60 }, (_, index) => ({
      title: `D${String(index % 7)}`, stageId, value: index % 5 === 0 ? null : { amount: (index % 4) * 100, currency: 'EUR' }, tags: index % 3 === 0 ? [vip.id] : [],
      customFields: { ...(index % 2 === 0 ? { score: index / 2 } : {}), region: index < 20 ? 'north' : 'south', channels: index % 6 === 0 ? ['web', 'fair'] : ['phone'], free: index === 7 ? 'Lucky Seven' : 'no' },
    }))
    for (const result of await flowstate.deals.createMany(rows)) expect(result.error).toBeUndefined()
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  it('page in the order of a field of their own that holds lists', async () => {
    const whole = (await flowstate.deals.list({ sort: ['-customFields.channels'], limit: 200 })).items.map(({ id }) => id)
    expect((await all({ sort: ['-customFields.channels'] })).map(({ id }) => id)).toEqual(whole)
    expect(new Set(whole).size).toBe(60)
  })

  it('finds nothing, and no fault of its own, where half a character is asked for', async () => {
    for (const op of ['holds', 'eq'] as const) expect((await flowstate.deals.list({ filter: { field: 'customFields.free', op, value: '\ud800' } })).items).toEqual([])
    const { results } = await flowstate.deals.batch({ items: [{ op: 'archive', id: '\ud800x' }] })
    expect(results.map(({ status }) => status)).toEqual([404])
  })

  const all = async (query: Parameters<Flowstate['deals']['list']>[0]) => {
    const deals = []
    for await (const deal of flowstate.deals.list({ ...query, limit: 7 })) deals.push(deal)
    return deals
  }

  it('sorts by several fields, each in its direction, empty values last, and pages through every record once', async () => {
    for (const sort of [['-value', 'title'], ['title', '-value', 'createdAt'], ['customFields.score'], ['-customFields.score', 'title'], ['value', '-customFields.region']] as const) {
      const deals = await all({ sort: sort as never })
      expect(new Set(deals.map(({ id }) => id)).size, sort.join()).toBe(60)
      expect(deals).toHaveLength(60)
      const keys = sort.map((key) => ({ name: key.replace('-', ''), down: key.startsWith('-') }))
      const valueOf = (deal: (typeof deals)[number], name: string) => (name === 'value' ? deal.value?.amount : name.startsWith('customFields.') ? deal.customFields[name.slice(13)] : deal[name as 'title']) ?? null
      for (let index = 1; index < deals.length; index++) {
        const [left, right] = [deals[index - 1], deals[index]] as [(typeof deals)[number], (typeof deals)[number]]
        const differing = keys.find(({ name }) => valueOf(left, name) !== valueOf(right, name))
        if (!differing) continue
        const [a, b] = [valueOf(left, differing.name), valueOf(right, differing.name)]
        expect(b === null || (a !== null && (differing.down ? a > b : a < b)), `${sort.join()}: ${String(a)} before ${String(b)}`).toBe(true)
      }
    }
    await expect(flowstate.deals.list({ sort: 'nonsense' as never })).rejects.toMatchObject({ status: 422 })
    await expect(flowstate.deals.list({ sort: ['title', '-title'] as never })).rejects.toMatchObject({ status: 422 })
  })

  it('filters by conditions joined by and, or and not', async () => {
    const count = async (filter: unknown) => (await all({ filter: filter as never })).length
    expect(await count({ field: 'value', op: 'gte', value: 200 })).toBe(24)
    expect(await count({ or: [{ field: 'title', value: 'D0' }, { field: 'title', value: 'D1' }] })).toBe(18)
    expect(await count({ and: [{ field: 'tags', value: vip.id }, { field: 'customFields.region', value: 'north' }] })).toBe(7)
    expect(await count({ not: { field: 'tags', value: vip.id } })).toBe(40)
    expect(await count({ not: { field: 'value', op: 'gte', value: 0 } })).toBe(12)
    expect(await count({ field: 'customFields.score', op: 'empty' })).toBe(30)
    expect(await count({ field: 'customFields.score', op: 'lt', value: 5 })).toBe(5)
    expect(await count({ field: 'customFields.channels', op: 'holds', value: 'fair' })).toBe(10)
    expect(await count({ field: 'customFields.free', op: 'contains', value: 'lucky' })).toBe(1)
    expect(await count({ field: 'title', op: 'in', value: ['D2', 'D3'] })).toBe(18)
    expect(await count({ field: 'tags', op: 'empty' })).toBe(40)
    for (const bad of [{ field: 'nonsense', value: 1 }, { field: 'value', op: 'gte', value: 'much' }, { and: [] }, { field: 'stageId', op: 'gt', value: 'x' }, { and: [{ and: [{ and: [{ and: [{ and: [{ field: 'title', value: 'x' }] }] }] }] }] }, { field: 'customFields.x\'; --', value: 1 }]) {
      await expect(flowstate.deals.list({ filter: bad as never }), JSON.stringify(bad)).rejects.toMatchObject({ status: 422 })
    }
  })

  it('filters by custom fields and tags in the query itself, and sums what it filters', async () => {
    expect(await all({ 'customFields.region': 'north' })).toHaveLength(20)
    expect(await all({ 'customFields.score': { gte: 10, lt: 15 } })).toHaveLength(5)
    expect(await all({ 'customFields.score': 3 })).toHaveLength(1)
    expect(await all({ 'customFields.score': null })).toHaveLength(30)
    expect(await all({ 'customFields.channels': 'web' })).toHaveLength(10)
    expect(await all({ tags: vip.id })).toHaveLength(20)
    expect(await all({ tags: { ne: vip.id } })).toHaveLength(40)
    expect(await all({ tags: { ne: `tag_other,${vip.id}` } })).toHaveLength(40)
    // None of them is left out in silence.
    await expect(flowstate.deals.list({ tags: [...Array.from({ length: 200 }, (_, index) => `tag_${index}`), vip.id].join(',') })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '?tags', code: 'too_big' }] })
    expect(await all({ title: { contains: 'd' } })).toHaveLength(60)
    expect((await flowstate.deals.summary({ 'customFields.region': 'north', tags: vip.id })).count).toBe(7)
    await expect(flowstate.request({ method: 'GET', path: '/deals?customFields.a.b=1' })).rejects.toMatchObject({ status: 422 })
    await expect(flowstate.request({ method: 'GET', path: '/deals?stageid=1' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '?stageid' }] })
  })

  it('keeps a list as a view: its maker\'s alone until it is shared', async () => {
    const view = await flowstate.views.create({ noun: 'deals', name: 'Big in the north', filter: { and: [{ field: 'value', op: 'gte', value: 100 }, { field: 'customFields.region', value: 'north' }] }, sort: '-value,title', columns: ['title', 'value'] })
    const deals = await all({ view: view.id })
    expect(deals).toHaveLength(12)
    expect(deals.map(({ value }) => value?.amount ?? 0)).toEqual(deals.map(({ value }) => value?.amount ?? 0).toSorted((a, b) => b - a))
    expect(await all({ view: view.id, title: 'D1', sort: 'createdAt' })).toHaveLength(1)
    const other = await test.embed({ subject: 'someone else', role: 'member' })
    await expect(other.views.retrieve(view.id)).rejects.toMatchObject({ code: 'not_found' })
    await expect(other.deals.list({ view: view.id })).rejects.toMatchObject({ status: 422 })
    expect((await other.views.list()).items).toEqual([])
    await expect(other.views.update(view.id, { name: 'Mine now' })).rejects.toMatchObject({ code: 'not_found' })
    await flowstate.views.update(view.id, { shared: true })
    expect((await other.deals.list({ view: view.id })).items).toHaveLength(12)
    await expect(flowstate.views.create({ noun: 'deals', name: 'Bad', filter: { field: 'nonsense', value: 1 } })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/filter' }] })
    await expect(flowstate.views.create({ noun: 'deals', name: 'Bad', sort: 'nonsense' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/sort' }] })
    await expect(flowstate.customers.list({ view: view.id })).rejects.toMatchObject({ status: 422 })
  })

  it('holds custom fields to their definitions, and a definition to what is there', async () => {
    await expect(flowstate.deals.create({ title: 'X', stageId, customFields: { score: 'high', region: 'east', channels: ['web', 'moon'] } }))
      .rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/customFields/score' }, { pointer: '/customFields/region' }, { pointer: '/customFields/channels' }] })
    const [score] = (await flowstate.fields.list({ noun: 'deals', key: 'score' })).items
    await expect(flowstate.fields.update(score?.id ?? '', { type: 'date' })).rejects.toMatchObject({ code: 'in_use' })
    await expect(flowstate.fields.create({ noun: 'deals', key: 'score', type: 'text' })).rejects.toMatchObject({ code: 'unique_taken' })
    await expect(flowstate.fields.create({ noun: 'deals', key: 'bad key', type: 'text' })).rejects.toMatchObject({ status: 422 })
    await expect(flowstate.fields.create({ noun: 'deals', key: 'choice', type: 'select' })).rejects.toMatchObject({ status: 422 })
    const required = await flowstate.fields.create({ noun: 'companies', key: 'tier', type: 'text', required: true })
    await expect(flowstate.companies.create({ name: 'No tier' })).rejects.toMatchObject({ fieldErrors: [{ pointer: '/customFields/tier', code: 'required' }] })
    const company = await flowstate.companies.create({ name: 'Tiered', customFields: { tier: 'a', free: true } })
    await expect(flowstate.companies.update(company.id, { customFields: { tier: null } })).rejects.toMatchObject({ status: 422 })
    await flowstate.fields.archive(required.id)
    await flowstate.companies.update(company.id, { customFields: { tier: null } })
    const deal = (await all({ 'customFields.score': 3 }))[0]
    expect((await flowstate.deals.update(deal?.id ?? '', { customFields: { other: 'x' } })).customFields).toMatchObject({ score: 3, other: 'x' })
  })

  it('knows owners and tags of its own workspace alone', async () => {
    const member = await flowstate.members.create({ email: 'ada@team.example', name: 'Ada' })
    const deal = await flowstate.deals.create({ title: 'Owned', stageId, ownerId: member.id })
    expect((await flowstate.deals.list({ ownerId: member.id })).items.map(({ id }) => id)).toEqual([deal.id])
    await expect(flowstate.members.create({ email: 'ADA@team.example' })).rejects.toMatchObject({ code: 'unique_taken' })
    await expect(flowstate.deals.update(deal.id, { ownerId: `mem_${'0'.repeat(26)}` })).rejects.toMatchObject({ fieldErrors: [{ pointer: '/ownerId' }] })
    await expect(flowstate.deals.update(deal.id, { tags: [`tag_${'0'.repeat(26)}`] })).rejects.toMatchObject({ fieldErrors: [{ pointer: '/tags/0' }] })
    await expect(flowstate.tags.create({ name: ' vip ' })).rejects.toMatchObject({ code: 'unique_taken' })
    await flowstate.deals.archive(deal.id)
  })

  it('weighs a deal by its stage, and calls it rotting when it stood there too long', async () => {
    const then = now
    now = then - 31 * DAY_MS
    const old = await flowstate.deals.create({ title: 'Old', stageId, value: { amount: 101, currency: 'EUR' } })
    now = then
    const read = await flowstate.deals.retrieve(old.id)
    expect(read).toMatchObject({ weightedValue: { amount: 51, currency: 'EUR' }, rotting: true, stageEnteredAt: new Date(then - 31 * DAY_MS).toISOString() })
    expect((await flowstate.deals.list({ rotting: 'true' as never })).items.map(({ id }) => id)).toEqual([old.id])
    expect((await flowstate.deals.list({ filter: { field: 'rotting', value: true } })).items).toHaveLength(1)
    const { stages } = (await flowstate.pipelines.list()).items[0] ?? { stages: [] }
    const won = await flowstate.deals.move(old.id, { stageId: stages[1]?.id ?? '' })
    expect(won).toMatchObject({ weightedValue: { amount: 101 }, rotting: false, stageEnteredAt: new Date(now).toISOString() })
    expect(await flowstate.deals.retrieve(old.id)).toEqual(won)
    await flowstate.deals.archive(old.id)
  })
})
