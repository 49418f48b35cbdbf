import type { Flowstate } from '@flowstate-ai/sdk'
import type { MergeRequest } from '@flowstate-ai/sdk/contract'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const NOUNS = ['companies', 'customers', 'deals', 'interactions'] as const
const RUNS = 20

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const index = maybe(fc.nat({ max: 3 }))
/** Small graphs: who belongs to whom by place, what is archived, and which of a field's values a person would rather have. */
const graph = fc.record({
  companies: fc.array(fc.record({ domain: fc.boolean(), industry: maybe(fc.constantFrom('Freight', 'Optics')), tags: fc.subarray([0, 1, 2]), custom: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 9 })) }), { minLength: 2, maxLength: 4 }),
  customers: fc.array(fc.record({ company: index, email: fc.boolean(), externalId: fc.boolean(), phone: maybe(fc.constantFrom('+49 30 555111', '+49 30 555222')), title: maybe(fc.constantFrom('Buyer', 'CEO')), tags: fc.subarray([0, 1, 2]), custom: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 9 })) }), { minLength: 2, maxLength: 4 }),
  deals: fc.array(fc.record({ customer: index, company: index, archived: fc.boolean() }), { maxLength: 4 }),
  interactions: fc.array(fc.record({ customer: index, company: index, deal: index, archived: fc.boolean() }), { maxLength: 4 }),
  merged: fc.constantFrom('customers' as const, 'companies' as const),
  others: fc.integer({ min: 1, max: 3 }),
  choices: fc.dictionary(fc.constantFrom('email', 'externalId', 'title', 'industry', 'domain', 'customFields.a', 'name', 'tags'), fc.nat({ max: 3 })),
})

type Drawn = typeof graph extends fc.Arbitrary<infer Value> ? Value : never

describeEachDatabase('any merge', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  let tags: string[]
  let count = 0
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home)
    flowstate = test.flowstate
    await flowstate.pipelines.create({ name: 'Sales' })
    tags = await Promise.all(['One', 'Two', 'Three'].map(async (name) => (await flowstate.tags.create({ name })).id))
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  type Ids = Record<(typeof NOUNS)[number], string[]>
  /** Every record of a graph as it is on the wire, but for how often and when it was changed. Tags are a set. */
  const world = async (ids: Ids) => {
    const records = new Map<string, object>()
    for (const noun of NOUNS) {
      if (ids[noun].length === 0) continue
      for (const record of (await flowstate[noun].list({ id: { in: ids[noun] }, archived: 'any' })).items) records.set(record.id, { ...record, tags: [...record.tags].sort(), version: 0, updatedAt: '' })
    }
    return records
  }
  const given = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const tagsOf = (places: readonly number[]) => places.map((place) => tags[place] ?? '')

  const created = async (noun: (typeof NOUNS)[number], rows: object[]): Promise<string[]> => {
    if (rows.length === 0) return []
    const { results } = await flowstate[noun].batch({ items: rows.map((data) => ({ op: 'create', data: data as Record<string, unknown> })), atomic: true })
    return results.map((result) => result.data?.id ?? JSON.stringify(result.error))
  }

  const build = async ({ companies, customers, deals, interactions }: Drawn): Promise<Ids> => {
    const mark = `${++count}`
    const ids: Ids = { companies: [], customers: [], deals: [], interactions: [] }
    const at = (noun: (typeof NOUNS)[number], place: number | undefined) => (place === undefined ? undefined : ids[noun][place])
    ids.companies = await created('companies', companies.map(({ domain, industry, tags: places, custom }, n) => ({ name: `Company ${mark}.${n}`, tags: tagsOf(places), customFields: custom, ...given({ industry, domain: domain ? `c${mark}-${n}.example` : undefined }) })))
    ids.customers = await created('customers', customers.map(({ company, email, externalId, phone, title, tags: places, custom }, n) => ({
      name: `Customer ${mark}.${n}`, tags: tagsOf(places), customFields: custom, ...given({ phone, title, companyId: at('companies', company), email: email ? `m${mark}.${n}@example.com` : undefined, externalId: externalId ? `e${mark}-${n}` : undefined }),
    })))
    ids.deals = await created('deals', deals.map(({ customer, company }, n) => ({ title: `Deal ${mark}.${n}`, ...given({ customerId: at('customers', customer), companyId: at('companies', company) }) })))
    ids.interactions = await created('interactions', interactions.map(({ customer, company, deal }) => {
      const of = given({ customerId: at('customers', customer), companyId: at('companies', company), dealId: at('deals', deal) })
      return { kind: 'note', ...(Object.keys(of).length > 0 ? of : { customerId: ids.customers[0] ?? '' }) }
    }))
    for (const [noun, list] of [['deals', deals], ['interactions', interactions]] as const) {
      const archived = ids[noun].filter((_, n) => list[n]?.archived)
      if (archived.length > 0) await flowstate[noun].batch({ items: archived.map((id) => ({ op: 'archive', id })) })
    }
    return ids
  }

  it('does what its preview shows, leaves nothing that points to what is gone, and undone leaves all as it was', async () => {
    await fc.assert(fc.asyncProperty(graph, async (drawn) => {
      const all = await build(drawn)
      const ids = all[drawn.merged]
      const [keepId = '', ...mergeIds] = ids.slice(0, drawn.others + 1)
      const known: readonly string[] = drawn.merged === 'customers' ? ['email', 'externalId', 'title', 'name', 'tags', 'customFields.a'] : ['externalId', 'industry', 'domain', 'name', 'tags', 'customFields.a']
      const fields = Object.fromEntries(Object.entries(drawn.choices).flatMap(([name, place]) => (known.includes(name) ? [[name, ids[place % (mergeIds.length + 1)] ?? keepId]] : [])))
      const body: MergeRequest = { keepId, mergeIds, fields }
      const noun = flowstate[drawn.merged]
      const before = await world(all)
      const preview = await noun.merge(body, { mode: 'rehearse' })
      expect(await world(all)).toEqual(before)
      const { response } = await noun.merge(body).withResponse()
      const set = await flowstate.changesets.retrieve(response.headers.get('flowstate-change-set') ?? '')
      expect(set.changes).toEqual(preview.changes)
      const field = drawn.merged === 'customers' ? 'customerId' : 'companyId'
      const after = await world(all)
      for (const record of after.values()) expect(mergeIds).not.toContain((record as Record<string, unknown>)[field])
      const undo = await flowstate.changesets.revert(set.id)
      expect(await world(all)).toEqual(before)
      await flowstate.changesets.revert(undo.id)
      expect(without(await world(all))).toEqual(without(after))
      await flowstate.changesets.revert(set.id)
      expect(await world(all)).toEqual(before)
    }), { numRuns: RUNS })
  }, 180_000)
})

/** When a record was archived again is another instant. */
const without = (records: Map<string, object>): object[] => [...records.values()].map((record) => ({ ...record, archivedAt: 'archivedAt' in record && record.archivedAt !== null }))
