import type { Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('stats', (fresh) => {
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
  const listed = async () => {
    const counts: Record<string, number> = {}
    for (const noun of ['companies', 'customers', 'deals', 'interactions'] as const) {
      counts[noun] = 0
      for await (const _ of flowstate[noun].list({ limit: 200 })) counts[noun]++
    }
    return counts
  }

  it('counts what paging counts, after creations, archives, restores and undoings alike', async () => {
    const expectTrue = async () => expect((await flowstate.stats.retrieve()).crm).toMatchObject(await listed())
    await expectTrue()
    await flowstate.pipelines.create({ name: 'Counted' })
    const { data, response } = await flowstate.companies.batch({ items: Array.from({ length: 30 }, (_, index) => ({ op: 'create', data: { name: `C${index}` } })) }).withResponse()
    await expectTrue()
    const ids = data.results.map((result) => result.data?.id ?? '')
    for (const id of ids.slice(0, 5)) await flowstate.companies.archive(id)
    await flowstate.companies.restore(ids[0] ?? '')
    await flowstate.deals.create({ title: 'D' })
    await expectTrue()
    await Promise.all(Array.from({ length: 20 }, async (_, index) => {
      await flowstate.customers.create({ name: `P${index}` })
      await flowstate.stats.retrieve()
    }))
    await expectTrue()
    await flowstate.changesets.revert(response.headers.get('flowstate-change-set') ?? '', { partial: true })
    await expectTrue()
    expect((await flowstate.stats.retrieve()).lastHour.changes).toBe(await test.services.ledger.seqOf(test.workspace.id))
  })
})
