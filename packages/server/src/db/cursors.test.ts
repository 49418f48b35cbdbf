import type { Flowstate } from '@flowstate-ai/sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { newId } from '../ids.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const STILL = 45
const RESTLESS = 25
const RUNS = 14
const SORTS = ['createdAt', '-createdAt', 'value', '-value', '-value,title', 'title,-value', 'customFields.n', '-customFields.n', 'customFields.n,-expectedCloseDate,title', 'expectedCloseDate', '-expectedCloseDate,customFields.n', '-stageEnteredAt,title', 'status,value,title']

/** What somebody else does while a list is walked; `n` says to which of the restless records, and with which values. */
const aStir = fc.record({ op: fc.constantFrom('create', 'update', 'archive', 'restore'), n: fc.nat({ max: 1_000 }) })
type Stir = { op: string; n: number }

describeEachDatabase('cursors', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home)
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  const fieldsOf = (n: number) => ({
    title: `Deal ${n % 5}`, value: n % 3 === 0 ? null : { amount: (n % 7) * 100, currency: 'EUR' }, expectedCloseDate: n % 4 === 0 ? null : `2026-0${1 + (n % 6)}-15`,
    customFields: (n % 5 === 0 ? {} : { n: n % 5 === 1 ? `text ${n % 3}` : n % 5 === 2 ? n % 2 === 0 : (n % 6) / 4 }) as Record<string, string | number | boolean>,
  })
  const workspace = async () => {
    const { id } = await test.services.workspaces.create(`w-${newId('workspaces').slice(-12)}`)
    const flowstate = test.clientFor((await test.services.keys.createAsOwner(id, { scopes: ['crm:read', 'crm:write'] })).secret)
    await flowstate.pipelines.create({ name: 'P' })
    const made = await flowstate.deals.createMany(Array.from({ length: STILL + RESTLESS }, (_, n) => fieldsOf(n)))
    const ids = made.map((result) => ('data' in result && result.data ? result.data.id : ''))
    // Every third from the middle, so that still and restless ones lie among each other.
    const restless = ids.filter((_, n) => n % 14 < 5).slice(0, RESTLESS)
    return { flowstate, restless, still: ids.filter((id) => !restless.includes(id)) }
  }
  const stir = async (flowstate: Flowstate, restless: string[], { op, n }: Stir): Promise<void> => {
    const id = restless[n % restless.length] ?? ''
    try {
      if (op === 'create') restless.push((await flowstate.deals.create(fieldsOf(n))).id)
      else if (op === 'update') await flowstate.deals.update(id, fieldsOf(n + 1))
      else if (op === 'archive') await flowstate.deals.archive(id)
      else await flowstate.deals.restore(id)
    } catch (error) {
      // What is archived cannot be changed; that is an answer too.
      expect((error as { code?: string }).code).toBe('archived')
    }
  }

  it('neither skip nor repeat a record that did not itself change, whatever others do meanwhile', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...SORTS), fc.integer({ min: 1, max: 9 }), fc.array(fc.array(aStir, { maxLength: 3 }), { minLength: 10, maxLength: 40 }), async (sort, limit, stirs) => {
      const { flowstate, restless, still } = await workspace()
      const seen: string[] = []
      let cursor: string | undefined
      for (let page = 0; ; page++) {
        // Some of it beside the reading, some of it after.
        const [beside, ...after] = stirs[page] ?? []
        const [found] = await Promise.all([flowstate.deals.list({ sort, limit, ...(cursor === undefined ? {} : { cursor }) } as Parameters<Flowstate['deals']['list']>[0]), beside ? stir(flowstate, restless, beside) : undefined])
        seen.push(...found.items.map(({ id }) => id))
        for (const each of after) await stir(flowstate, restless, each)
        if (found.nextCursor === null) break
        cursor = found.nextCursor
      }
      const counts = new Map<string, number>()
      for (const id of seen) counts.set(id, (counts.get(id) ?? 0) + 1)
      expect(still.filter((id) => counts.get(id) !== 1), `sorted by ${sort}, ${limit} a page`).toEqual([])
    }), { numRuns: RUNS })
  }, 180_000)
})
