import type { Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const RUN = { taskId: 'tsk_run', agentId: 'agt_run', promptVersion: 'v3', model: 'small', cost: 0.04 }

describeEachDatabase('who set a field', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { workerConcurrency: 1, heartbeatMs: 1_000 })
    flowstate = test.flowstate
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const setOf = async (write: { withResponse(): Promise<{ response: Response }> }): Promise<string> => (await write.withResponse()).response.headers.get('flowstate-change-set') ?? ''
  const follow = () => Promise.all([test.services.indexer, test.services.follower].map((follower) => follower.catchUp(test.workspace.id, 20_000)))

  it('is told of imports, batches, agents, proposals and undoings, before compaction and after it', async () => {
    const imported = await flowstate.imports.upload('name,domain,industry,country\nKestrel,kestrel.example,Freight,NO\n', { noun: 'companies', name: 'k.csv' })
    while ((await flowstate.imports.retrieve(imported.id)).state !== 'succeeded') await new Promise((resolve) => setTimeout(resolve, 20))
    const { id } = (await flowstate.companies.list({ domain: 'kestrel.example' })).items[0] ?? { id: '' }
    const batch = await setOf(flowstate.companies.batch({ items: [{ op: 'update', id, data: { industry: 'Shipping', customFields: { tier: 'gold' } } }] }))
    const agent = await setOf(flowstate.companies.update(id, { employeeCount: 12 }, { run: RUN }))
    const { secret } = await test.services.keys.createAsOwner(test.workspace.id, { name: 'Proposer', scopes: ['crm:read', 'crm:write'] })
    const proposal = await test.clientFor(secret).companies.update(id, { description: 'Ships' }, { mode: 'propose', run: RUN })
    await flowstate.changesets.apply(proposal.id)
    const renamed = await setOf(flowstate.companies.update(id, { country: 'SE' }))
    const undo = await flowstate.changesets.revert(renamed)

    const { fields, items } = await flowstate.companies.history(id)
    expect(fields).toMatchObject({
      name: { changeSetId: imported.changeSetId, source: { kind: 'import', id: imported.id }, actor: { name: 'Test' }, run: null, decidedBy: null, reverts: null },
      industry: { changeSetId: batch, source: { kind: 'request' } },
      'customFields.tier': { changeSetId: batch },
      employeeCount: { changeSetId: agent, run: RUN },
      description: { changeSetId: proposal.id, actor: { kind: 'key', name: 'Proposer' }, decidedBy: { kind: 'key', name: 'Test' }, run: RUN },
      country: { changeSetId: undo.id, reverts: renamed, source: { kind: 'revert', id: renamed } },
    })
    expect(items.length).toBeGreaterThan(0)
    await follow()
    await test.services.compaction.compact(test.workspace.id, { seqs: 0 })
    expect((await flowstate.companies.history(id)).fields).toEqual(fields)
  })
})
