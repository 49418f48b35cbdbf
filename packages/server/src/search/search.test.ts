import type { Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { CORPUS, QUERIES } from './corpus.ts'
import { distance, rank, similarity } from './rank.ts'

describe('ranking', () => {
  it('counts the letters that differ, a swap as one', () => {
    expect([distance('kestrel', 'kestrel', 2), distance('kestral', 'kestrel', 2), distance('kesrtel', 'kestrel', 2), distance('kestrl', 'kestrel', 2), distance('abcdef', 'kestrel', 2)]).toEqual([0, 1, 1, 1, 3])
  })
  it('prefers the whole word to its part, and a part to a mistake', () => {
    const scores = ['kestrel', 'kestrels', 'mykestrel', 'kestral', 'falcon'].map((word) => similarity('kestrel', word))
    expect([...scores].sort((a, b) => b - a)).toEqual(scores)
    expect(scores.at(-1)).toBe(0)
  })
  it('puts a title before a text', () => {
    const docs = [{ noun: 'deals', id: 'a', title: 'Other', body: 'about kestrel' }, { noun: 'deals', id: 'b', title: 'Kestrel', body: '' }]
    expect(rank(['kestrel'], docs, 5).map(({ doc }) => doc.id)).toEqual(['b', 'a'])
  })
})

describeEachDatabase('search', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  const ids = new Map<string, string>()
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home)
    flowstate = test.flowstate
    await flowstate.pipelines.create({ name: 'Sales' })
    for (const noun of ['companies', 'customers', 'deals', 'interactions'] as const) {
      const records = CORPUS.filter((entry) => entry.noun === noun)
      const anchor = noun === 'interactions' ? { companyId: ids.get('com:0') } : {}
      const results = await flowstate[noun].createMany(records.map(({ data }) => ({ ...data, ...anchor })) as never)
      results.forEach((result, index) => ids.set(records[index]?.key ?? '', result.data?.id ?? `not created: ${JSON.stringify(result.error)}`))
    }
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  it('has the expected record among the first five, for each of 200 queries', async () => {
    expect(QUERIES).toHaveLength(200)
    const missed: string[] = []
    for (const { q, expected, nouns } of QUERIES) {
      const { items } = await flowstate.search.query({ q, limit: 5, ...(nouns ? { nouns } : {}) })
      if (!items.some(({ id }) => id === ids.get(expected))) missed.push(`${q} → ${expected}; found ${items.map(({ title, score }) => `${title} ${score}`).join(', ')}`)
    }
    expect(missed).toEqual([])
  })

  it('finds at once what was just written, forgets what was archived, and knows it again when it is restored', async () => {
    const company = await flowstate.companies.create({ name: 'Zyxomma Instruments' })
    const found = async () => (await flowstate.search.query({ q: 'zyxomma' })).items.map(({ id }) => id)
    expect(await found()).toEqual([company.id])
    await flowstate.companies.archive(company.id)
    expect(await found()).toEqual([])
    await flowstate.companies.restore(company.id)
    await flowstate.companies.update(company.id, { name: 'Renamed Instruments' })
    expect(await found()).toEqual([])
    expect((await flowstate.search.query({ q: 'renamed instru' })).items[0]).toMatchObject({ noun: 'companies', id: company.id, title: 'Renamed Instruments' })
  })

  it('narrows a list by q, beside its other filters', async () => {
    const made = await flowstate.customers.create({ name: 'Quillon Vesper', email: 'quillon@vesper.example' })
    expect((await flowstate.customers.list({ q: 'quilon', name: 'Quillon Vesper' })).items.map(({ id }) => id)).toEqual([made.id])
    expect((await flowstate.customers.list({ q: 'quillon', name: 'Somebody Else' })).items).toEqual([])
    expect((await flowstate.deals.summary({ q: 'nothing at all like this' })).count).toBe(0)
  })

  it('shows a limited token its own alone', async () => {
    const [mine, theirs] = [await flowstate.customers.create({ name: 'Wobbegong One' }), await flowstate.customers.create({ name: 'Wobbegong Two' })]
    const limited = await test.embed({ subject: 's', records: { customers: [mine.id] } })
    expect((await limited.search.query({ q: 'wobbegong' })).items.map(({ id }) => id)).toEqual([mine.id])
    expect((await flowstate.search.query({ q: 'wobbegong' })).items.map(({ id }) => id).sort()).toEqual([mine.id, theirs.id].sort())
  })

  it('takes whatever people type', async () => {
    for (const q of ['"', '*', 'a" OR "b', 'NEAR(', '%', '_', '\'; drop table', '😀', '🇩🇪 ж 漢字', '-', 'x'.repeat(200), '\\', ':*', '& | !', '​']) {
      const { items } = await flowstate.search.query({ q })
      expect(Array.isArray(items), q).toBe(true)
    }
  })
})
