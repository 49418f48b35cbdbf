import { ConflictError, type Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('proposals and rehearsals', (fresh) => {
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
  const seq = () => test.services.ledger.seqOf(test.workspace.id)

  it('rehearses a write: the same body as a proposal, and nothing kept', async () => {
    const before = await seq()
    const { data, response } = await flowstate.companies.create({ name: 'Rehearsed' }, { mode: 'rehearse' }).withResponse()
    expect(response.status).toBe(200)
    expect(data).toMatchObject({ id: null, state: 'proposed', seq: null, changes: [{ noun: 'companies', op: 'create', fields: { name: { to: 'Rehearsed' } } }] })
    expect(response.headers.get('flowstate-change-set')).toBeNull()
    expect(await seq()).toBe(before)
    expect((await flowstate.companies.list({ name: 'Rehearsed' })).items).toEqual([])
    expect((await flowstate.changesets.list({ state: 'proposed' })).items).toEqual([])
  })

  it('refuses in rehearsal what it would refuse in earnest', async () => {
    await flowstate.customers.create({ name: 'Holder', email: 'held@x.example' })
    await expect(flowstate.customers.create({ name: 'Second', email: 'HELD@x.example' }, { mode: 'rehearse' })).rejects.toMatchObject({ code: 'unique_taken' })
    await expect(flowstate.customers.create({ name: 'Second', companyId: `com_${'0'.repeat(26)}` }, { mode: 'propose' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/companyId' }] })
  })

  it('keeps a proposal out of sight until it is applied, under the id that it reserved', async () => {
    const { data: proposal, response } = await flowstate.companies.create({ name: 'Proposed' }, { mode: 'propose', run: { promptVersion: 'v7', model: 'small', cost: 0.02 } }).withResponse()
    expect(response.status).toBe(202)
    expect(response.headers.get('flowstate-change-set')).toBe(proposal.id)
    const id = proposal.changes[0]?.id ?? ''
    await expect(flowstate.companies.retrieve(id)).rejects.toMatchObject({ code: 'not_found' })
    const feed = await flowstate.changes.list({ since: await seq() })
    expect(feed.items).toEqual([])
    expect((await flowstate.changesets.list({ state: 'proposed' })).items).toContainEqual(proposal)
    const applied = await flowstate.changesets.apply(proposal.id)
    expect(applied).toMatchObject({ id: proposal.id, state: 'applied', decidedBy: { name: 'Test' }, seq: { from: await seq() } })
    expect(await flowstate.changesets.retrieve(proposal.id)).toEqual(applied)
    expect((await flowstate.companies.retrieve(id)).name).toBe('Proposed')
    const { fields } = await flowstate.companies.history(id)
    expect(fields.name).toMatchObject({ changeSetId: proposal.id, source: { kind: 'request' }, run: { promptVersion: 'v7', model: 'small', cost: 0.02 } })
    await expect(flowstate.changesets.apply(proposal.id)).rejects.toMatchObject({ code: 'invalid_state' })
    await flowstate.changesets.revert(proposal.id)
    expect((await flowstate.companies.retrieve(id)).archivedAt).not.toBeNull()
  })

  it('applies beside what others changed, and refuses by name where its own fields have moved', async () => {
    const customer = await flowstate.customers.create({ name: 'Ada', title: 'Buyer', customFields: { a: 1, b: 1 } })
    const beside = await flowstate.customers.update(customer.id, { title: 'Head of Purchasing', customFields: { a: 2 } }, { mode: 'propose' })
    await flowstate.customers.update(customer.id, { phone: '+49 30 123456', customFields: { b: 2 } })
    await flowstate.changesets.apply(beside.id)
    expect(await flowstate.customers.retrieve(customer.id)).toMatchObject({ title: 'Head of Purchasing', phone: '+49 30 123456', customFields: { a: 2, b: 2 } })
    const moved = await flowstate.customers.update(customer.id, { title: 'CEO', name: 'Ada L.' }, { mode: 'propose' })
    await flowstate.customers.update(customer.id, { title: 'CFO' })
    await expect(flowstate.changesets.apply(moved.id)).rejects.toThrow(ConflictError)
    await expect(flowstate.changesets.apply(moved.id)).rejects.toMatchObject({ code: 'changed_since', fieldErrors: [{ pointer: `/customers/${customer.id}/title` }] })
    expect((await flowstate.customers.retrieve(customer.id)).name).toBe('Ada')
    expect(await flowstate.changesets.reject(moved.id, { reason: 'Out of date' })).toMatchObject({ state: 'rejected', reason: 'Out of date', decidedBy: { name: 'Test' } })
    await expect(flowstate.changesets.apply(moved.id)).rejects.toMatchObject({ code: 'invalid_state' })
  })

  it('applies once, however many decide at the same time', async () => {
    const proposal = await flowstate.companies.create({ name: 'Raced' }, { mode: 'propose' })
    const outcomes = await Promise.allSettled([1, 2, 3, 4].map(() => flowstate.changesets.apply(proposal.id)))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await flowstate.companies.list({ name: 'Raced' })).items).toHaveLength(1)
  })

  it('proposes moves, archives, batches and undoings alike', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'Proposed moves' })
    const [first, second] = pipeline.stages
    const deal = await flowstate.deals.create({ title: 'D', stageId: first?.id })
    const move = await flowstate.deals.move(deal.id, { stageId: second?.id ?? '' }, { mode: 'propose' })
    expect(move.changes[0]?.fields).toHaveProperty('stageId')
    await flowstate.changesets.apply(move.id)
    expect((await flowstate.deals.retrieve(deal.id)).stageId).toBe(second?.id)
    const archive = await flowstate.deals.archive(deal.id, { mode: 'propose' })
    await flowstate.changesets.apply(archive.id)
    expect((await flowstate.deals.retrieve(deal.id)).archivedAt).not.toBeNull()
    const undo = await flowstate.changesets.revert(archive.id, { mode: 'rehearse' })
    expect(undo).toMatchObject({ id: null, reverts: archive.id, changes: [{ op: 'restore' }] })
    const proposedUndo = await flowstate.changesets.revert(archive.id, { mode: 'propose' })
    await flowstate.changesets.apply(proposedUndo.id)
    expect((await flowstate.deals.retrieve(deal.id)).archivedAt).toBeNull()
    expect(await flowstate.changesets.retrieve(archive.id)).toMatchObject({ state: 'reverted', revertedBy: proposedUndo.id })
    const batch = await flowstate.companies.batch({ items: [{ op: 'create', data: { name: 'B1' } }, { op: 'create', data: { name: 'B2' } }] }, { mode: 'propose' })
    expect(batch).toMatchObject({ state: 'proposed', changeCount: 2 })
    expect((await flowstate.changesets.changes(batch.id)).items).toHaveLength(2)
  })

  it('refuses to propose a change of stage into one that was archived meanwhile', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'Gone' })
    const [first, second] = pipeline.stages
    const deal = await flowstate.deals.create({ title: 'D', stageId: first?.id })
    const move = await flowstate.deals.move(deal.id, { stageId: second?.id ?? '' }, { mode: 'propose' })
    await flowstate.stages.archive(second?.id ?? '')
    await expect(flowstate.changesets.apply(move.id)).rejects.toMatchObject({ code: 'changed_since' })
  })

  it('says that what is not ledgered cannot be proposed', async () => {
    await expect(flowstate.request({ method: 'POST', path: '/tasks', body: { kind: 'x' }, mode: 'propose' })).rejects.toMatchObject({ status: 422, code: 'mode_not_supported' })
    await expect(flowstate.request({ method: 'POST', path: '/companies', body: { name: 'x' }, query: { mode: 'maybe' } })).rejects.toMatchObject({ status: 422 })
  })

  it('undoes what can be undone when asked to, and lists the rest', async () => {
    const { data: made, response } = await flowstate.companies.batch({ items: ['P1', 'P2', 'P3'].map((name) => ({ op: 'create', data: { name } })) }).withResponse()
    const ids = made.results.map((result) => result.data?.id ?? '')
    await flowstate.companies.update(ids[1] ?? '', { industry: 'Steel' })
    const set = response.headers.get('flowstate-change-set') ?? ''
    await expect(flowstate.changesets.revert(set)).rejects.toMatchObject({ code: 'changed_since' })
    const undo = await flowstate.changesets.revert(set, { partial: true })
    expect(undo).toMatchObject({ state: 'applied', changeCount: 2, skipped: [{ pointer: `/companies/${ids[1]}`, code: 'changed_since' }] })
    expect(await flowstate.changesets.retrieve(undo.id)).toEqual(undo)
    expect((await flowstate.companies.list({ id: { in: ids } })).items.map(({ name }) => name)).toEqual(['P2'])
    await expect(flowstate.changesets.revert(set)).rejects.toMatchObject({ code: 'already_reverted', message: expect.stringContaining(undo.id) })
  })

  it('takes back a tag of its own, and leaves another\'s', async () => {
    const [mine, theirs] = [await flowstate.tags.create({ name: 'Mine' }), await flowstate.tags.create({ name: 'Theirs', color: '#336699' })]
    const company = await flowstate.companies.create({ name: 'Tagged' })
    const { response } = await flowstate.companies.update(company.id, { tags: [mine.id] }).withResponse()
    await flowstate.companies.update(company.id, { tags: [mine.id, theirs.id] })
    await flowstate.changesets.revert(response.headers.get('flowstate-change-set') ?? '')
    expect((await flowstate.companies.retrieve(company.id)).tags).toEqual([theirs.id])
  })
})
