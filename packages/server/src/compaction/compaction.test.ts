import type { Flowstate } from '@flowstate-ai/sdk'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newId } from '../ids.ts'
import { within } from '../db/within.ts'
import { differencesFromLedger } from '../ledger/verify.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { createCompactionStore } from './compaction.store.ts'

const DAY_MS = 86_400_000

describeEachDatabase('compaction', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  let now = Date.parse('2026-01-01T00:00:00Z')
  beforeEach(async () => {
    home = await fresh()
    test = await createTestServer(home, { clock: () => now })
    flowstate = test.flowstate
  })
  afterEach(async () => {
    await test.close()
    await home.dispose()
  })
  const workspaceId = () => test.workspace.id
  /** Search and duplicates follow the feed at places of their own, and what they have not read stays. */
  const followed = () => Promise.all([test.services.indexer.catchUp(workspaceId(), 20_000), test.services.follower.catchUp(workspaceId(), 20_000)])
  const compact = async (keep: number) => {
    await followed()
    return test.services.compaction.compact(workspaceId(), { seqs: keep })
  }
  const store = () => createCompactionStore(test.services.database)
  const differences = () => differencesFromLedger(test.services.database, workspaceId(), store().allSnapshots)
  const setOf = async (write: { withResponse(): Promise<{ response: Response }> }) => (await write.withResponse()).response.headers.get('flowstate-change-set') ?? ''

  it('leaves snapshots from which replay starts, and a feed that says where it begins', async () => {
    const company = await flowstate.companies.create({ name: 'Kestrel', customFields: { tier: 'gold' } })
    await flowstate.companies.update(company.id, { industry: 'Freight', customFields: { tier: 'silver' } })
    await flowstate.companies.update(company.id, { name: 'Kestrel Ltd' })
    expect(await compact(1)).toEqual({ trimmedSeq: 2, forgotten: 2 })
    expect(await differences()).toEqual([])
    await expect(flowstate.changes.list()).rejects.toMatchObject({ status: 410, code: 'resync' })
    expect(await flowstate.changes.list({ since: 2 })).toMatchObject({ from: 3, to: 3, items: [{ id: company.id, version: 3 }] })
    expect(await compact(1)).toEqual({ trimmedSeq: 2, forgotten: 0 })
    expect(await compact(0)).toEqual({ trimmedSeq: 3, forgotten: 1 })
    expect(await flowstate.changes.list({ since: 3 })).toMatchObject({ items: [] })
    await flowstate.companies.archive(company.id)
    expect(await differences()).toEqual([])
  })

  it('lets everything in the window be undone as before, records from before it too', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'P' })
    const deal = await flowstate.deals.create({ title: 'D', stageId: pipeline.stages[0]?.id, customFields: { a: 1 } })
    const old = await setOf(flowstate.deals.update(deal.id, { title: 'Old', customFields: { a: 2 } }))
    const seq = await test.services.ledger.seqOf(workspaceId())
    const renamed = await setOf(flowstate.deals.update(deal.id, { title: 'New', customFields: { a: null, b: true } }))
    const moved = await setOf(flowstate.deals.move(deal.id, { stageId: pipeline.stages[1]?.id ?? '' }))
    const archived = await setOf(flowstate.deals.archive(deal.id))
    expect((await compact(3)).trimmedSeq).toBe(seq)
    await expect(flowstate.changesets.revert(old)).rejects.toMatchObject({ status: 409, code: 'compacted' })
    expect(await flowstate.changesets.retrieve(old)).toMatchObject({ compacted: true, changes: [], changeCount: 1 })
    const undone: string[] = []
    for (const set of [archived, moved, renamed]) undone.push((await flowstate.changesets.revert(set)).id)
    expect(await flowstate.deals.retrieve(deal.id)).toMatchObject({ title: 'Old', customFields: { a: 2 }, stageId: pipeline.stages[0]?.id, archivedAt: null })
    for (const set of undone.reverse()) await flowstate.changesets.revert(set)
    expect(await flowstate.deals.retrieve(deal.id)).toMatchObject({ title: 'New', customFields: { b: true }, stageId: pipeline.stages[1]?.id })
    expect((await flowstate.deals.retrieve(deal.id)).archivedAt).not.toBeNull()
    expect(await differences()).toEqual([])
  })

  it('still tells who set each field', async () => {
    const proposal = await flowstate.companies.create({ name: 'Proposed', industry: 'Optics' }, { mode: 'propose', run: { promptVersion: 'v7', model: 'small', cost: 0.02 } })
    await flowstate.changesets.apply(proposal.id)
    const id = proposal.changes[0]?.id ?? ''
    const set = await setOf(flowstate.companies.update(id, { country: 'NO' }))
    const undo = await flowstate.changesets.revert(set)
    const before = await flowstate.companies.history(id)
    expect(before.compactedBefore).toBeNull()
    await compact(0)
    const after = await flowstate.companies.history(id)
    expect(after).toEqual({ items: [], nextCursor: null, fields: before.fields, compactedBefore: 3 })
    expect(after.fields.industry).toMatchObject({ changeSetId: proposal.id, decidedBy: { name: 'Test' }, run: { promptVersion: 'v7', cost: 0.02 }, reverts: null })
    expect(after.fields.country).toMatchObject({ changeSetId: undo.id, reverts: set, source: { kind: 'revert', id: set } })
    await flowstate.companies.update(id, { industry: 'Bakery' })
    const later = await flowstate.companies.history(id)
    expect(later.fields).toMatchObject({ name: before.fields.name, industry: { seq: 4 } })
  })

  it('cuts no change set in half, and spares what is under way', async () => {
    await flowstate.companies.create({ name: 'First' })
    await flowstate.companies.batch({ items: ['A', 'B', 'C'].map((name) => ({ op: 'create', data: { name } })) })
    expect((await compact(1)).trimmedSeq).toBe(1)
    const { ledger } = test.services
    const part = (name: string, first: boolean, last: boolean) => ledger.commit({
      id: open, workspaceId: workspaceId(), actor: { kind: 'system', id: 'system', name: 'Test' }, source: { kind: 'import', id: 'imp_1' }, at: new Date(now).toISOString(),
      changes: [{ verb: 'create', noun: 'companies', id: newId('companies'), set: { name, customFields: {} } }], part: { first, last },
    })
    const open = newId('changesets')
    await part('Imported 1', true, false)
    await flowstate.companies.create({ name: 'Between' })
    expect((await compact(0)).trimmedSeq).toBe(4)
    await part('Imported 2', false, true)
    expect((await compact(1)).trimmedSeq).toBe(4)
    expect((await compact(0)).trimmedSeq).toBe(7)
    expect(await differences()).toEqual([])
  })

  it('keeps what a proposed undoing would undo', async () => {
    const company = await flowstate.companies.create({ name: 'Kept' })
    const set = await setOf(flowstate.companies.update(company.id, { industry: 'Steel' }))
    const proposal = await flowstate.changesets.revert(set, { mode: 'propose' })
    await flowstate.companies.create({ name: 'Later' })
    expect((await compact(0)).trimmedSeq).toBe(1)
    await flowstate.changesets.apply(proposal.id)
    expect((await flowstate.companies.retrieve(company.id)).industry).toBeNull()
  })

  it('keeps by days', async () => {
    await flowstate.companies.create({ name: 'January' })
    now += 100 * DAY_MS
    await flowstate.companies.create({ name: 'April' })
    await followed()
    expect((await test.services.compaction.compact(workspaceId(), { days: 120 })).trimmedSeq).toBe(0)
    expect((await test.services.compaction.compact(workspaceId(), { days: 90 })).trimmedSeq).toBe(1)
  })

  it('goes on where it was stopped, at whatever place', async () => {
    const { response } = await flowstate.companies.batch({ items: Array.from({ length: 800 }, (_, n) => ({ op: 'create', data: { name: `Company ${n}` } })) }).withResponse()
    expect(response.status).toBe(200)
    await flowstate.companies.batch({ items: Array.from({ length: 700 }, (_, n) => ({ op: 'create', data: { name: `Other ${n}` } })) })
    await followed()
    for (let stopAfter = 0; ; stopAfter++) {
      const stop = new AbortController()
      let parts = 0
      try {
        await test.services.compaction.compact(workspaceId(), { seqs: 0 }, { signal: stop.signal, onPart: async () => { if (++parts > stopAfter) stop.abort(new Error('stopped')) } })
        break
      } catch (error) {
        expect(error).toMatchObject({ message: 'stopped' })
        expect(await differences()).toEqual([])
      }
    }
    expect(await within(workspaceId(), () => store().standing(workspaceId()))).toEqual({ seq: 1500, folded: 1500, trimmed: 1500 })
    expect(await within(workspaceId(), () => store().oldest(workspaceId()))).toBeNull()
    expect(await differences()).toEqual([])
  })

  it('leaves search and the room with all that they need', async () => {
    await flowstate.companies.create({ name: 'Albatross Freight' })
    await compact(0)
    await flowstate.companies.create({ name: 'Albatross Optics' })
    await test.services.indexer.catchUp(workspaceId(), 10_000)
    expect((await flowstate.search.query({ q: 'albatross' })).items).toHaveLength(2)
  })
})
