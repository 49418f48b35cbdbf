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
  customers: fc.array(fc.record({ company: index, email: fc.boolean(), externalId: fc.boolean(), phone: maybe(fc.constantFrom('+49 30 555111', '+49 30 555222')), title: maybe(fc.constantFrom('Buyer', 'CEO')), tags: fc.subarray([0, 1, 2]), custom: fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.nat({ max: 9 })), archived: fc.constant(false) }), { minLength: 2, maxLength: 4 }),
  deals: fc.array(fc.record({ customer: index, company: index, archived: fc.boolean() }), { maxLength: 4 }),
  interactions: fc.array(fc.record({ customer: index, company: index, deal: index, archived: fc.boolean() }), { maxLength: 4 }),
  merged: fc.constantFrom('customers' as const, 'companies' as const),
  others: fc.integer({ min: 1, max: 3 }),
  choices: fc.dictionary(fc.constantFrom('email', 'externalId', 'title', 'industry', 'domain', 'customFields.a', 'name', 'tags'), fc.nat({ max: 3 })),
})

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

  /** Every record as it is on the wire, but for how often and when it was changed. Tags are a set. */
  const world = async () => {
    const records = new Map<string, object>()
    for (const noun of NOUNS) {
      for await (const record of flowstate[noun].list({ archived: 'any', limit: 200 })) records.set(record.id, { ...record, tags: [...record.tags].sort(), version: 0, updatedAt: '' })
    }
    return records
  }
  const given = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const tagsOf = (places: readonly number[]) => places.map((place) => tags[place] ?? '')

  const build = async ({ companies, customers, deals, interactions }: typeof graph extends fc.Arbitrary<infer Value> ? Value : never) => {
    const mark = `${++count}`
    const ids: Record<(typeof NOUNS)[number], string[]> = { companies: [], customers: [], deals: [], interactions: [] }
    const at = (noun: (typeof NOUNS)[number], place: number | undefined) => (place === undefined ? undefined : ids[noun][place])
    for (const [n, { domain, industry, tags: places, custom }] of companies.entries()) ids.companies.push((await flowstate.companies.create({ name: `Company ${mark}.${n}`, tags: tagsOf(places), customFields: custom, ...given({ industry, domain: domain ? `c${mark}-${n}.example` : undefined }) })).id)
    for (const [n, { company, email, externalId, phone, title, tags: places, custom }] of customers.entries()) {
      ids.customers.push((await flowstate.customers.create({ name: `Customer ${mark}.${n}`, tags: tagsOf(places), customFields: custom, ...given({ phone, title, companyId: at('companies', company), email: email ? `m${mark}.${n}@example.com` : undefined, externalId: externalId ? `e${mark}-${n}` : undefined }) })).id)
    }
    for (const [n, { customer, company, archived }] of deals.entries()) {
      const { id } = await flowstate.deals.create({ title: `Deal ${mark}.${n}`, ...given({ customerId: at('customers', customer), companyId: at('companies', company) }) })
      if (archived) await flowstate.deals.archive(id)
      ids.deals.push(id)
    }
    for (const { customer, company, deal, archived } of interactions) {
      const of = given({ customerId: at('customers', customer), companyId: at('companies', company), dealId: at('deals', deal) })
      const { id } = await flowstate.interactions.create({ kind: 'note', ...(Object.keys(of).length > 0 ? of : { customerId: ids.customers[0] ?? '' }) })
      if (archived) await flowstate.interactions.archive(id)
      ids.interactions.push(id)
    }
    return ids
  }

  it('does what its preview shows, leaves nothing that points to what is gone, and undone leaves all as it was', async () => {
    await fc.assert(fc.asyncProperty(graph, async (drawn) => {
      const ids = (await build(drawn))[drawn.merged]
      const [keepId = '', ...mergeIds] = ids.slice(0, drawn.others + 1)
      const known: readonly string[] = drawn.merged === 'customers' ? ['email', 'externalId', 'title', 'name', 'tags', 'customFields.a'] : ['externalId', 'industry', 'domain', 'name', 'tags', 'customFields.a']
      const fields = Object.fromEntries(Object.entries(drawn.choices).flatMap(([name, place]) => (known.includes(name) ? [[name, ids[place % (mergeIds.length + 1)] ?? keepId]] : [])))
      const body: MergeRequest = { keepId, mergeIds, fields }
      const noun = flowstate[drawn.merged]
      const before = await world()
      const preview = await noun.merge(body, { mode: 'rehearse' })
      expect(await world()).toEqual(before)
      const { response } = await noun.merge(body).withResponse()
      const set = await flowstate.changesets.retrieve(response.headers.get('flowstate-change-set') ?? '')
      expect(set.changes).toEqual(preview.changes)
      const field = drawn.merged === 'customers' ? 'customerId' : 'companyId'
      const after = await world()
      for (const record of after.values()) expect(mergeIds).not.toContain((record as Record<string, unknown>)[field])
      const undo = await flowstate.changesets.revert(set.id)
      expect(await world()).toEqual(before)
      await flowstate.changesets.revert(undo.id)
      expect(without(await world())).toEqual(without(after))
      await flowstate.changesets.revert(set.id)
      expect(await world()).toEqual(before)
    }), { numRuns: RUNS })
  })
})

/** When a record was archived again is another instant. */
const without = (records: Map<string, object>): object[] => [...records.values()].map((record) => ({ ...record, archivedAt: 'archivedAt' in record && record.archivedAt !== null }))
