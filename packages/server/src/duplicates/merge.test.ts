import { type Flowstate, ForbiddenError } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('merging', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home)
    flowstate = test.flowstate
    await flowstate.pipelines.create({ name: 'Sales' })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  const changeSetOf = ({ response }: { response: Response }) => response.headers.get('flowstate-change-set') ?? ''
  /** Two of one person, each with what the other lacks, and with deals and interactions. */
  const twice = async (mark: string) => {
    const [gold, silver] = [await flowstate.tags.create({ name: `Gold ${mark}` }), await flowstate.tags.create({ name: `Silver ${mark}` })]
    const keep = await flowstate.customers.create({ name: 'Ada Lovelace', title: 'Analyst', tags: [gold.id], customFields: { a: 'kept', b: 'kept' } })
    const merged = await flowstate.customers.create({ name: 'A. Lovelace', email: `ada.${mark}@example.com`, phone: '+49 30 5550001', externalId: `x-${mark}`, tags: [silver.id, gold.id], customFields: { b: 'other', c: 'other' } })
    const deal = await flowstate.deals.create({ title: `Deal ${mark}`, customerId: merged.id })
    const note = await flowstate.interactions.create({ kind: 'note', customerId: merged.id, body: mark })
    const lost = await flowstate.interactions.create({ kind: 'call', customerId: merged.id, body: 'archived before' })
    await flowstate.interactions.archive(lost.id)
    return { gold, silver, keep, merged, deal, note, lost }
  }

  it('keeps what is there, takes what is missing, unites tags and custom fields, and takes along what pointed to the other', async () => {
    const { gold, silver, keep, merged, deal, note, lost } = await twice('one')
    const answered = await flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id] }).withResponse()
    expect(answered.data).toMatchObject({
      id: keep.id, name: 'Ada Lovelace', title: 'Analyst', email: 'ada.one@example.com', phone: '+49 30 5550001', externalId: 'x-one',
      tags: [gold.id, silver.id], customFields: { a: 'kept', b: 'kept', c: 'other' }, version: 2, mergedIntoId: null,
    })
    expect(await flowstate.customers.retrieve(keep.id)).toEqual(answered.data)
    expect(await flowstate.customers.retrieve(merged.id)).toMatchObject({ archivedAt: expect.any(String), mergedIntoId: keep.id, email: 'ada.one@example.com' })
    expect((await flowstate.deals.retrieve(deal.id)).customerId).toBe(keep.id)
    for (const { id } of [note, lost]) expect((await flowstate.interactions.retrieve(id)).customerId).toBe(keep.id)
    const set = await flowstate.changesets.retrieve(changeSetOf(answered))
    expect(set).toMatchObject({ source: { kind: 'merge', id: keep.id }, changeCount: 5 })
    await expect(flowstate.customers.update(merged.id, { title: 'x' })).rejects.toMatchObject({ code: 'archived' })
  })

  it('shows the same in rehearsal as it does in earnest, and keeps nothing of it', async () => {
    const { keep, merged, deal } = await twice('preview')
    const body = { keepId: keep.id, mergeIds: [merged.id], fields: { name: merged.id, title: { value: 'Countess' }, 'customFields.b': merged.id } }
    const seq = await test.services.ledger.seqOf(test.workspace.id)
    const preview = await flowstate.customers.merge(body, { mode: 'rehearse' })
    expect(preview).toMatchObject({ id: null, changeCount: 5 })
    expect(await test.services.ledger.seqOf(test.workspace.id)).toBe(seq)
    expect((await flowstate.deals.retrieve(deal.id)).customerId).toBe(merged.id)
    const answered = await flowstate.customers.merge(body).withResponse()
    expect(answered.data).toMatchObject({ name: 'A. Lovelace', title: 'Countess', customFields: { a: 'kept', b: 'other', c: 'other' } })
    expect((await flowstate.changesets.retrieve(changeSetOf(answered))).changes).toEqual(preview.changes)
  })

  it('puts all back when it is undone: keys, children, both records', async () => {
    const made = await twice('undo')
    const { keep, merged, deal, note, lost } = made
    const before = await Promise.all([flowstate.customers.retrieve(keep.id), flowstate.customers.retrieve(merged.id), flowstate.deals.retrieve(deal.id), flowstate.interactions.retrieve(note.id), flowstate.interactions.retrieve(lost.id)])
    const set = changeSetOf(await flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id] }).withResponse())
    const since = await flowstate.deals.create({ title: 'Since', customerId: keep.id })
    const undo = await flowstate.changesets.revert(set)
    expect(undo.skipped).toEqual([{ pointer: `/deals/${since.id}/customerId`, code: 'added_since', detail: `was added since the merge and stays with ${keep.id}` }])
    const after = await Promise.all([flowstate.customers.retrieve(keep.id), flowstate.customers.retrieve(merged.id), flowstate.deals.retrieve(deal.id), flowstate.interactions.retrieve(note.id), flowstate.interactions.retrieve(lost.id)])
    const without = (records: object[]) => records.map((record) => ({ ...record, version: 0, updatedAt: '' }))
    expect(without(after)).toEqual(without(before))
    expect((await flowstate.deals.retrieve(since.id)).customerId).toBe(keep.id)
    // Undoing the undoing merges them again.
    await flowstate.changesets.revert(undo.id)
    expect(await flowstate.customers.retrieve(keep.id)).toMatchObject({ email: 'ada.undo@example.com' })
    expect(await flowstate.customers.retrieve(merged.id)).toMatchObject({ mergedIntoId: keep.id })
  })

  it('names who holds a key that a merged record would take back', async () => {
    const { keep, merged } = await twice('taken')
    const set = changeSetOf(await flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id], fields: { email: keep.id, externalId: keep.id } }).withResponse())
    const holder = await flowstate.customers.create({ name: 'Holder', email: 'Ada.TAKEN@example.com' })
    await expect(flowstate.customers.restore(merged.id)).rejects.toMatchObject({ code: 'unique_taken', fieldErrors: [{ pointer: '/email', detail: `is held by ${holder.id}` }] })
    await expect(flowstate.changesets.revert(set)).rejects.toMatchObject({ code: 'unique_taken', fieldErrors: [{ pointer: `/customers/${merged.id}/email`, detail: expect.stringContaining(holder.id) }] })
    await flowstate.customers.update(holder.id, { email: null })
    await flowstate.changesets.revert(set)
    expect(await flowstate.customers.retrieve(merged.id)).toMatchObject({ archivedAt: null, mergedIntoId: null, email: 'ada.taken@example.com' })
  })

  it('makes a merged record one of its own again when it alone is restored', async () => {
    const { keep, merged } = await twice('alone')
    await flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id], fields: { email: keep.id, externalId: keep.id } })
    expect(await flowstate.customers.restore(merged.id)).toMatchObject({ archivedAt: null, mergedIntoId: null })
  })

  it('merges several companies, with their people, deals and domain', async () => {
    const keep = await flowstate.companies.create({ name: 'Kestrel Freight' })
    const older = await flowstate.companies.create({ name: 'Kestrel Freight GmbH', domain: 'kestrel.example', industry: 'Freight' })
    const newer = await flowstate.companies.create({ name: 'Kestrel', industry: 'Logistics', annualRevenue: { amount: 5, currency: 'EUR' } })
    const people = [await flowstate.customers.create({ name: 'One', companyId: older.id }), await flowstate.customers.create({ name: 'Two', companyId: newer.id })]
    const deal = await flowstate.deals.create({ title: 'D', companyId: older.id })
    const answered = await flowstate.companies.merge({ keepId: keep.id, mergeIds: [older.id, newer.id] }).withResponse()
    expect(answered.data).toMatchObject({ name: 'Kestrel Freight', domain: 'kestrel.example', industry: 'Logistics', annualRevenue: { amount: 5, currency: 'EUR' } })
    for (const { id } of people) expect((await flowstate.customers.retrieve(id)).companyId).toBe(keep.id)
    expect((await flowstate.deals.retrieve(deal.id)).companyId).toBe(keep.id)
    await flowstate.changesets.revert(changeSetOf(answered))
    expect((await flowstate.customers.list({ companyId: older.id })).items.map(({ name }) => name)).toEqual(['One'])
    expect(await flowstate.companies.retrieve(older.id)).toMatchObject({ domain: 'kestrel.example', archivedAt: null })
  })

  it('shows the history of what was merged into a record when asked to, each under its own id', async () => {
    const { keep, merged } = await twice('history')
    await flowstate.customers.update(merged.id, { title: 'Countess' })
    await flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id] })
    expect((await flowstate.customers.history(keep.id)).items.map(({ id, op }) => [id, op])).toEqual([[keep.id, 'update'], [keep.id, 'create']])
    const { items, fields } = await flowstate.customers.history(keep.id, { merged: true })
    expect(items.map(({ id, op }) => [id, op])).toEqual([[keep.id, 'update'], [merged.id, 'archive'], [merged.id, 'update'], [merged.id, 'create'], [keep.id, 'create']])
    expect(fields.email).toMatchObject({ source: { kind: 'merge' } })
    const first = await flowstate.customers.history(keep.id, { merged: true, limit: 2 })
    expect((await flowstate.customers.history(keep.id, { merged: true, cursor: first.nextCursor ?? '' })).items.map(({ id }) => id)).toEqual([merged.id, merged.id, keep.id])
  })

  it('takes along what is added to a record while it is merged, and what others change meanwhile', async () => {
    const { keep, merged, deal } = await twice('race')
    const racing = Array.from({ length: 12 }, (_, index) => (index % 3 === 0
      ? flowstate.deals.update(deal.id, { title: `Renamed ${index}` })
      : flowstate.interactions.create({ kind: 'note', customerId: merged.id, body: `While ${index}` })))
    const merging = flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id] })
    const [, ...done] = await Promise.all([merging, ...racing])
    expect((await flowstate.deals.retrieve(deal.id)).customerId).toBe(keep.id)
    const { archivedAt } = await flowstate.customers.retrieve(merged.id)
    const left = (await flowstate.interactions.list({ customerId: merged.id })).items
    // Only what was created after the merge, by its id, can still name it.
    expect(left.every(({ createdAt }) => createdAt >= (archivedAt ?? ''))).toBe(true)
    expect(done).toHaveLength(12)
  })

  it('is a proposal when asked to be, and is applied on the world as it is then', async () => {
    const { keep, merged, deal } = await twice('proposed')
    const proposal = await flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id] }, { mode: 'propose' })
    expect(proposal).toMatchObject({ state: 'proposed', source: { kind: 'merge' } })
    expect((await flowstate.customers.retrieve(merged.id)).archivedAt).toBeNull()
    const added = await flowstate.deals.create({ title: 'Added', customerId: merged.id })
    await flowstate.deals.update(deal.id, { title: 'Renamed' })
    const applied = await flowstate.changesets.apply(proposal.id)
    expect(applied).toMatchObject({ state: 'applied', changeCount: 6 })
    for (const { id } of [deal, added]) expect((await flowstate.deals.retrieve(id)).customerId).toBe(keep.id)
    await flowstate.changesets.revert(proposal.id)
    expect((await flowstate.deals.retrieve(added.id)).customerId).toBe(merged.id)
    const again = await flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id] }, { mode: 'propose' })
    await flowstate.customers.update(merged.id, { phone: '+49 30 777777' })
    await expect(flowstate.changesets.apply(again.id)).rejects.toMatchObject({ code: 'changed_since', fieldErrors: [{ pointer: `/customers/${merged.id}` }] })
  })

  it('takes thousands along in one change set, and puts them back part by part', async () => {
    const { keep, merged } = await twice('large')
    for (let part = 0; part < 2; part++) await flowstate.interactions.batch({ items: Array.from({ length: 800 }, (_, n) => ({ op: 'create', data: { kind: 'note', customerId: merged.id, body: `${part}.${n}` } })) })
    const answered = await flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id] }).withResponse()
    const set = changeSetOf(answered)
    expect(await flowstate.changesets.retrieve(set)).toMatchObject({ changeCount: 1_605, state: 'applied' })
    const count = async (customerId: string) => {
      let found = 0
      for await (const page of flowstate.interactions.list({ customerId, archived: 'any', limit: 200 }).pages()) found += page.items.length
      return found
    }
    expect(await count(keep.id)).toBe(1_602)
    expect(await flowstate.changesets.revert(set)).toMatchObject({ changeCount: 1_605, state: 'applied', skipped: [] })
    expect([await count(keep.id), await count(merged.id)]).toEqual([0, 1_602])
    expect(await flowstate.customers.retrieve(merged.id)).toMatchObject({ archivedAt: null, email: 'ada.large@example.com' })
  })

  it('moves a match key between records of one batch, and back', async () => {
    const [first, second] = [await flowstate.customers.create({ name: 'F', email: 'swap.f@example.com', externalId: 'swap-1' }), await flowstate.customers.create({ name: 'S' })]
    const { response } = await flowstate.customers.batch({ items: [{ op: 'update', id: first.id, data: { email: null, externalId: null } }, { op: 'update', id: second.id, data: { email: 'swap.f@example.com', externalId: 'swap-1' } }], atomic: true }).withResponse()
    expect(await flowstate.customers.retrieve(second.id)).toMatchObject({ email: 'swap.f@example.com', externalId: 'swap-1' })
    await flowstate.changesets.revert(response.headers.get('flowstate-change-set') ?? '')
    expect(await flowstate.customers.retrieve(first.id)).toMatchObject({ email: 'swap.f@example.com', externalId: 'swap-1' })
    expect(await flowstate.customers.retrieve(second.id)).toMatchObject({ email: null, externalId: null })
  })

  it('refuses what cannot be merged, and says why', async () => {
    const { keep, merged } = await twice('refused')
    const other = await flowstate.customers.create({ name: 'Third', email: 'third@example.com' })
    const merge = (body: object) => flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id], ...body })
    await expect(merge({ mergeIds: [keep.id] })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/mergeIds' }] })
    await expect(merge({ mergeIds: [] })).rejects.toMatchObject({ status: 422 })
    await expect(merge({ mergeIds: [`cus_${'0'.repeat(26)}`] })).rejects.toMatchObject({ code: 'not_found' })
    await expect(merge({ fields: { version: merged.id } })).rejects.toMatchObject({ fieldErrors: [{ pointer: '/fields/version', code: 'unrecognized_keys' }] })
    await expect(merge({ fields: { email: other.id } })).rejects.toMatchObject({ fieldErrors: [{ pointer: '/fields/email', code: 'invalid_value' }] })
    await expect(merge({ fields: { email: { value: 'nonsense' } } })).rejects.toMatchObject({ fieldErrors: [{ pointer: '/fields/email/value' }] })
    for (const mode of [undefined, 'rehearse'] as const) await expect(flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id], fields: { email: { value: 'THIRD@example.com' } } }, mode ? { mode } : {})).rejects.toMatchObject({ code: 'unique_taken', fieldErrors: [{ pointer: '/email', detail: `is held by ${other.id}` }] })
    await expect(flowstate.customers.merge({ keepId: keep.id, mergeIds: [merged.id] }, { ifMatch: 9 })).rejects.toMatchObject({ code: 'stale' })
    await flowstate.customers.archive(merged.id)
    await expect(merge({})).rejects.toMatchObject({ code: 'archived' })
    const limited = await test.embed({ subject: 's', role: 'member', records: { customers: [keep.id, other.id] } })
    await expect(limited.customers.merge({ keepId: keep.id, mergeIds: [other.id] })).rejects.toThrow(ForbiddenError)
    await expect(limited.duplicates.list()).rejects.toThrow(ForbiddenError)
    await expect(limited.duplicates.propose({ noun: 'customers', minScore: 0.9 })).rejects.toThrow(ForbiddenError)
  })
})
