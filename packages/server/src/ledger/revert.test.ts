import type { Customer, Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { systemCaller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import { within } from '../db/within.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createFieldsStore } from '../fields/fields.store.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { createChangeSetsStore } from './changesets.store.ts'
import { createPointersStore } from './pointers.store.ts'
import { createUndoPlan } from './undo.plan.ts'
import { differencesFromLedger } from './verify.ts'

/** Case by case, as the ledger's rules for undoing name them. */
describeEachDatabase('undoing', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  let workspaceId: string
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { workerConcurrency: 1, heartbeatMs: 1_000 })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  beforeEach(async () => {
    workspaceId = (await test.services.workspaces.create(`w-${newId('workspaces').slice(-12)}`)).id
    flowstate = test.clientFor((await test.services.keys.createAsOwner(workspaceId, { scopes: ['crm:read', 'crm:write', 'agents:read', 'agents:operate', 'admin'] })).secret)
  })
  const setOf = async (write: { withResponse(): Promise<{ response: Response }> }): Promise<string> => (await write.withResponse()).response.headers.get('flowstate-change-set') ?? ''
  const agrees = async () => expect(await differencesFromLedger(test.services.database, workspaceId)).toEqual([])

  it('gives a field that nobody touched since its value back; the version goes up, never back', async () => {
    const company = await flowstate.companies.create({ name: 'A', annualRevenue: { amount: 5, currency: 'EUR' } })
    const set = await setOf(flowstate.companies.update(company.id, { name: 'B', annualRevenue: null }))
    await flowstate.changesets.revert(set)
    expect(await flowstate.companies.retrieve(company.id)).toMatchObject({ name: 'A', annualRevenue: { amount: 5, currency: 'EUR' }, version: 3 })
  })

  it('names the last change of a field that others changed since, by who named it and not by its value', async () => {
    const company = await flowstate.companies.create({ name: 'A' })
    const set = await setOf(flowstate.companies.update(company.id, { name: 'B', industry: 'Steel' }))
    await flowstate.companies.update(company.id, { name: 'C' })
    const last = await setOf(flowstate.companies.update(company.id, { name: 'B' }))
    await expect(flowstate.changesets.revert(set)).rejects.toMatchObject({ code: 'changed_since', fieldErrors: [{ pointer: `/companies/${company.id}/name`, detail: expect.stringContaining(last) }] })
    expect(await flowstate.changesets.revert(set, { partial: true })).toMatchObject({ skipped: [{ pointer: `/companies/${company.id}/name` }] })
    expect(await flowstate.companies.retrieve(company.id)).toMatchObject({ name: 'B', industry: null })
  })

  it('skips what is as it was already', async () => {
    const company = await flowstate.companies.create({ name: 'A' })
    const set = await setOf(flowstate.companies.update(company.id, { name: 'B' }))
    await flowstate.companies.update(company.id, { name: 'A' })
    expect(await flowstate.changesets.revert(set)).toMatchObject({ changeCount: 0, skipped: [], state: 'applied' })
  })

  it('leaves to others what a partial undoing has left to them', async () => {
    const company = await flowstate.companies.create({ name: 'A', country: 'DE' })
    const first = await setOf(flowstate.companies.update(company.id, { name: 'B' }))
    const second = await setOf(flowstate.companies.update(company.id, { name: 'C', country: 'FR' }))
    const third = await setOf(flowstate.companies.update(company.id, { name: 'D' }))
    await flowstate.changesets.revert(second, { partial: true })
    await flowstate.changesets.revert(third)
    expect(await flowstate.companies.retrieve(company.id)).toMatchObject({ name: 'C', country: 'DE' })
    // The second change of the name still stands: whoever undoes the first must not undo it by the way.
    await expect(flowstate.changesets.revert(first)).rejects.toMatchObject({ code: 'changed_since', fieldErrors: [{ detail: expect.stringContaining(second) }] })
  })

  it('makes one net change of several that one set made of a record', async () => {
    const company = await flowstate.companies.create({ name: 'A' })
    const set = newId('changesets')
    for (const [index, name] of ['B', 'C', 'D'].entries()) {
      await test.services.ledger.commit({
        id: set, workspaceId, actor: { kind: 'system', id: 'system', name: 'Test' }, source: { kind: 'import', id: 'imp_1' }, at: new Date().toISOString(), part: { first: index === 0, last: index === 2 },
        changes: [{ verb: 'update', noun: 'companies', id: company.id, expect: index + 1, before: { name: 'ABC'[index] }, set: { name } }],
      })
    }
    expect(await flowstate.changesets.revert(set)).toMatchObject({ changeCount: 1, changes: [{ fields: { name: { from: 'D', to: 'A' } } }] })
    await agrees()
  })

  it('archives what was created, unless somebody changed it or points to it', async () => {
    const [{ data: company, response }, other] = [await flowstate.companies.create({ name: 'A' }).withResponse(), await flowstate.companies.create({ name: 'B' })]
    const set = response.headers.get('flowstate-change-set') ?? ''
    const customer = await flowstate.customers.create({ name: 'Ada', companyId: company.id })
    await expect(flowstate.changesets.revert(set)).rejects.toMatchObject({ code: 'changed_since', fieldErrors: [{ detail: `is in use by ${customer.id}` }] })
    await flowstate.customers.update(customer.id, { companyId: other.id })
    await flowstate.changesets.revert(set)
    expect((await flowstate.companies.retrieve(company.id)).archivedAt).not.toBeNull()
    const tagged = await flowstate.tags.create({ name: 'T' }).withResponse()
    const carrier = await flowstate.companies.update(other.id, { tags: [tagged.data.id] })
    await expect(flowstate.changesets.revert(tagged.response.headers.get('flowstate-change-set') ?? '')).rejects.toMatchObject({ fieldErrors: [{ detail: `is in use by ${carrier.id}` }] })
  })

  it('restores what was archived, unless its key is taken meanwhile: then it names the holder, and does the rest if asked', async () => {
    const customer = await flowstate.customers.create({ name: 'Ada', email: 'Ada@x.example' })
    const second = await flowstate.customers.create({ name: 'Bo', email: 'bo@x.example' })
    const set = await setOf(flowstate.customers.batch({ items: [{ op: 'archive', id: customer.id }, { op: 'archive', id: second.id }] }))
    const holder = await flowstate.customers.create({ name: 'New Ada', email: 'ada@x.example' })
    await expect(flowstate.changesets.revert(set)).rejects.toMatchObject({ code: 'unique_taken', fieldErrors: [{ pointer: `/customers/${customer.id}/email`, detail: expect.stringContaining(holder.id) }] })
    expect(await flowstate.changesets.revert(set, { partial: true })).toMatchObject({ changeCount: 1, skipped: [{ pointer: `/customers/${customer.id}/email`, code: 'unique_taken', detail: expect.stringContaining(holder.id) }] })
    expect((await flowstate.customers.retrieve(second.id)).archivedAt).toBeNull()
    expect((await flowstate.customers.retrieve(customer.id)).archivedAt).not.toBeNull()
  })

  it('moves unique keys back between records of the set, in a circle too', async () => {
    const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => flowstate.customers.create({ name, email: `${name}@x.example` }))) as [Customer, Customer, Customer]
    const around = await setOf(flowstate.customers.batch({ atomic: true, items: [
      { op: 'update', id: a.id, data: { email: null } }, { op: 'update', id: b.id, data: { email: 'a@x.example' } }, { op: 'update', id: c.id, data: { email: 'b@x.example' } }, { op: 'update', id: a.id, data: { email: 'c@x.example' } },
    ] }))
    const emails = async () => Promise.all([a, b, c].map(async ({ id }) => (await flowstate.customers.retrieve(id)).email))
    expect(await emails()).toEqual(['c@x.example', 'a@x.example', 'b@x.example'])
    const undo = await flowstate.changesets.revert(around)
    expect(await emails()).toEqual(['a@x.example', 'b@x.example', 'c@x.example'])
    await flowstate.changesets.revert(undo.id)
    expect(await emails()).toEqual(['c@x.example', 'a@x.example', 'b@x.example'])
    await agrees()
  })

  it('lets a key go back to a record that is undone in a later window than its holder, if the holder lets go of it', async () => {
    const [count, window] = [700, 500]
    const made = await flowstate.customers.createMany(Array.from({ length: count }, (_, n) => ({ name: `Shifted ${n}`, email: `e${n + 1}@x.example` })))
    const ids = made.map((result) => (result as { data: Customer }).data.id)
    const shifting = () => setOf(flowstate.customers.batch({ atomic: true, items: ids.map((id, n) => ({ op: 'update', id, data: { email: `e${n}@x.example` } })) }))
    const [first, holder] = [count - window - 1, count - window]
    const emailOf = async (n: number) => (await flowstate.customers.retrieve(ids[n] ?? '')).email
    const shift = await shifting()
    expect([await emailOf(first), await emailOf(holder)]).toEqual([`e${first}@x.example`, `e${holder}@x.example`])
    expect((await flowstate.changesets.revert(shift)).changeCount).toBe(count)
    expect([await emailOf(first), await emailOf(holder)]).toEqual([`e${first + 1}@x.example`, `e${holder + 1}@x.example`])

    const again = await shifting()
    // It has its address because somebody meant it so: then the one before it cannot have that back, nor any before that.
    for (const email of ['meant@x.example', `e${holder}@x.example`]) await flowstate.customers.update(ids[holder] ?? '', { email })
    await expect(flowstate.changesets.revert(again)).rejects.toMatchObject({ status: 409, fieldErrors: expect.arrayContaining([
      expect.objectContaining({ pointer: `/customers/${ids[holder]}/email`, code: 'changed_since' }), expect.objectContaining({ pointer: `/customers/${ids[first]}/email`, code: 'unique_taken' }),
    ]) })
    await agrees()
  }, 60_000)

  it('undoes in part what it can: a field that is left keeps no other of its record back, in whatever window', async () => {
    const made = await flowstate.customers.createMany([{ name: 'Y', email: 'b@x.example' }, { name: 'X' }, ...Array.from({ length: 600 }, (_, n) => ({ name: `Between ${n}` }))])
    const [y, x, ...between] = made.map((result) => (result as { data: Customer }).data.id)
    const set = await setOf(flowstate.customers.batch({ atomic: true, items: [
      { op: 'update', id: y, data: { email: 'c@x.example' } }, ...between.map((id) => ({ op: 'update' as const, id, data: { title: 'Between' } })), { op: 'update', id: x, data: { email: 'b@x.example', name: 'X two' } },
    ] }))
    await flowstate.customers.update(x ?? '', { name: 'X three' })
    const { skipped } = await flowstate.changesets.revert(set, { partial: true })
    expect(skipped.map(({ pointer }) => pointer)).toEqual([`/customers/${x}/name`])
    expect([(await flowstate.customers.retrieve(y ?? '')).email, (await flowstate.customers.retrieve(x ?? '')).email]).toEqual(['b@x.example', null])
    await agrees()
  }, 60_000)

  it('moves a deal back as a whole, or not at all; its place alone never stands in the way', async () => {
    const { stages } = await flowstate.pipelines.create({ name: 'P' })
    const [open, other] = stages.filter(({ kind }) => kind === 'open')
    const [won, lost] = ['won', 'lost'].map((kind) => stages.find((stage) => stage.kind === kind)?.id ?? '') as [string, string]
    const [first, deal, last] = [await flowstate.deals.create({ title: '1', stageId: open?.id }), await flowstate.deals.create({ title: '2', stageId: open?.id }), await flowstate.deals.create({ title: '3', stageId: open?.id })]
    const order = async () => (await flowstate.deals.list({ stageId: open?.id, sort: 'position' })).items.map(({ title }) => title)
    const moved = await setOf(flowstate.deals.move(deal.id, { stageId: won }))
    await flowstate.deals.create({ title: '4', stageId: won })
    await flowstate.deals.move(deal.id, { stageId: won })
    await flowstate.changesets.revert(moved)
    expect(await flowstate.deals.retrieve(deal.id)).toMatchObject({ stageId: open?.id, status: 'open', closedAt: null, position: deal.position })
    expect(await order()).toEqual(['1', '2', '3'])
    const again = await setOf(flowstate.deals.move(deal.id, { stageId: won }))
    await flowstate.deals.move(deal.id, { stageId: lost })
    // Its status was set since, so its stage stays as well: half of it would be nonsense.
    await expect(flowstate.changesets.revert(again)).rejects.toMatchObject({ code: 'changed_since' })
    expect(await flowstate.changesets.revert(again, { partial: true })).toMatchObject({ changeCount: 0 })
    expect(await flowstate.deals.retrieve(deal.id)).toMatchObject({ stageId: lost, status: 'lost' })
    const within = await setOf(flowstate.deals.move(first.id, { stageId: open?.id ?? '', afterId: last.id }))
    await flowstate.deals.move(first.id, { stageId: open?.id ?? '', beforeId: last.id })
    expect(await flowstate.changesets.revert(within)).toMatchObject({ skipped: [], changeCount: 0 })
    expect(other).toBeDefined()
    await agrees()
  })

  it('resurrects nothing by the way: a stage, an owner or a tag that is gone is a conflict', async () => {
    const { stages } = await flowstate.pipelines.create({ name: 'P' })
    const [from, to] = stages
    const member = await flowstate.members.create({ email: 'o@x.example', name: 'Owner', role: 'member' })
    const tag = await flowstate.tags.create({ name: 'T' })
    const deal = await flowstate.deals.create({ title: 'D', stageId: from?.id, ownerId: member.id, tags: [tag.id] })
    const moved = await setOf(flowstate.deals.move(deal.id, { stageId: to?.id ?? '' }))
    const handed = await setOf(flowstate.deals.update(deal.id, { ownerId: null, tags: [] }))
    await flowstate.stages.archive(from?.id ?? '')
    await flowstate.tags.archive(tag.id)
    await flowstate.members.archive(member.id)
    await expect(flowstate.changesets.revert(moved)).rejects.toMatchObject({ fieldErrors: [{ pointer: `/deals/${deal.id}/stageId` }] })
    await expect(flowstate.changesets.revert(handed)).rejects.toMatchObject({ fieldErrors: [{ pointer: `/deals/${deal.id}/ownerId`, detail: 'belonged to a member who is gone' }, { pointer: `/deals/${deal.id}/tags.${tag.id}` }] })
  })

  it('undoes what points to others before them', async () => {
    const set = newId('changesets')
    const [company, customer, deal] = [newId('companies'), newId('customers'), newId('deals')]
    const pipeline = await flowstate.pipelines.create({ name: 'P' })
    await test.services.ledger.commit({
      id: set, workspaceId, actor: { kind: 'system', id: 'system', name: 'Test' }, source: { kind: 'import', id: 'imp_1' }, at: new Date().toISOString(),
      changes: [
        { verb: 'create', noun: 'companies', id: company, set: { name: 'C', customFields: {} } }, { verb: 'create', noun: 'customers', id: customer, set: { name: 'P', companyId: company, customFields: {} } },
        { verb: 'create', noun: 'deals', id: deal, set: { title: 'D', customerId: customer, companyId: company, pipelineId: pipeline.id, stageId: pipeline.stages[0]?.id, position: 'a0', status: 'open', customFields: {} } },
      ],
    })
    expect(await flowstate.changesets.revert(set)).toMatchObject({ changeCount: 3, changes: [{ noun: 'deals' }, { noun: 'customers' }, { noun: 'companies' }] })
    await agrees()
  })

  it('puts a value back into a custom field only when it fits again', async () => {
    const field = await flowstate.fields.create({ noun: 'companies', key: 'size', type: 'text' })
    const company = await flowstate.companies.create({ name: 'C', customFields: { size: 'large' } })
    const cleared = await setOf(flowstate.companies.update(company.id, { customFields: { size: null } }))
    await flowstate.fields.update(field.id, { type: 'number' })
    await expect(flowstate.changesets.revert(cleared)).rejects.toMatchObject({ fieldErrors: [{ pointer: `/companies/${company.id}/customFields.size`, detail: expect.stringContaining('must be a number') }] })
    await flowstate.fields.archive(field.id)
    await expect(flowstate.changesets.revert(cleared)).rejects.toMatchObject({ fieldErrors: [{ detail: expect.stringContaining('archived') }] })
    await flowstate.fields.restore(field.id)
    await flowstate.fields.update(field.id, { type: 'text' })
    await flowstate.changesets.revert(cleared)
    expect((await flowstate.companies.retrieve(company.id)).customFields).toEqual({ size: 'large' })
  })

  it('can be undone, and that again; twice the same is refused by the name of the first', async () => {
    const company = await flowstate.companies.create({ name: 'A' })
    const set = await setOf(flowstate.companies.update(company.id, { name: 'B' }))
    const undo = await flowstate.changesets.revert(set)
    await expect(flowstate.changesets.revert(set)).rejects.toMatchObject({ code: 'already_reverted', message: expect.stringContaining(undo.id) })
    const redo = await flowstate.changesets.revert(undo.id)
    expect((await flowstate.companies.retrieve(company.id)).name).toBe('B')
    expect(await flowstate.changesets.retrieve(set)).toMatchObject({ state: 'applied', revertedBy: null })
    await flowstate.changesets.revert(redo.id)
    expect((await flowstate.companies.retrieve(company.id)).name).toBe('A')
  })

  it('leaves the answer to an idempotency key as it was, and does nothing for it', async () => {
    const [first, response] = await (async () => {
      const sent = await flowstate.companies.create({ name: 'Once' }, { idempotencyKey: 'k1' }).withResponse()
      return [sent.data, sent.response] as const
    })()
    await flowstate.changesets.revert(response.headers.get('flowstate-change-set') ?? '')
    expect(await flowstate.companies.create({ name: 'Once' }, { idempotencyKey: 'k1' })).toEqual(first)
    expect((await flowstate.companies.list({ name: 'Once' })).items).toEqual([])
  })

  it('plans anew what moves under its hands', async () => {
    const company = await flowstate.companies.create({ name: 'A' })
    const set = await setOf(flowstate.companies.update(company.id, { name: 'B' }))
    const outcomes = await Promise.all([...Array.from({ length: 8 }, (_, n) => flowstate.companies.update(company.id, { employeeCount: n })), flowstate.changesets.revert(set)])
    expect(outcomes).toHaveLength(9)
    expect((await flowstate.companies.retrieve(company.id)).name).toBe('A')
    await agrees()
  })

  it('undoes a large set in parts, goes on exactly where it was stopped, and lists all that it left', async () => {
    const [changes, parts] = [10_200, 21]
    const set = newId('changesets')
    const ids = Array.from({ length: changes }, () => newId('companies'))
    for (let part = 0; part < parts; part++) {
      await test.services.ledger.commit({
        id: set, workspaceId, actor: { kind: 'system', id: 'system', name: 'Test' }, source: { kind: 'import', id: 'imp_1' }, at: new Date().toISOString(), part: { first: part === 0, last: part === parts - 1 },
        changes: ids.slice(part * 500, part * 500 + 500).map((id, n) => ({ verb: 'create', noun: 'companies', id, set: { name: `Company ${part * 500 + n}`, customFields: {} } })),
      })
    }
    const touched = ids.filter((_, n) => n % 70 === 0)
    for (let start = 0; start < touched.length; start += 100) await flowstate.companies.batch({ items: touched.slice(start, start + 100).map((id) => ({ op: 'update', id, data: { industry: 'Touched' } })) })
    const { ledger, undo, database, scoped } = test.services
    const stores = { store: createChangeSetsStore(database), scoped, pointers: createPointersStore(database), fields: createFieldsStore(database) }
    const row = await within(workspaceId, () => stores.store.find(workspaceId, set))
    let turns = 0
    let turning = setImmediate(function turn() { turns++; turning = setImmediate(turn) })
    let windows = 0
    await within(workspaceId, async () => {
      for await (const _ of createUndoPlan(stores).windows(systemCallerOf(workspaceId), row as NonNullable<typeof row>, '')) windows++
    })
    clearImmediate(turning)
    expect(turns, 'whoever asks meanwhile is answered between two windows').toBeGreaterThanOrEqual(windows - 1)
    const started = await flowstate.changesets.revert(set, { partial: true })
    expect(started.state).toBe('applying')
    for (;;) {
      const done = await flowstate.changesets.retrieve(started.id)
      if (done.state === 'applied') break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const done = await flowstate.changesets.retrieve(started.id)
    expect(done).toMatchObject({ changeCount: changes - touched.length, reverts: set })
    expect(done.skipped).toHaveLength(100)
    const left: string[] = []
    for await (const { pointer } of flowstate.changesets.conflicts(started.id, { limit: 40 })) left.push(pointer)
    expect(left.sort()).toEqual(touched.map((id) => `/companies/${id}`).sort())

    // The undoing of the undoing is stopped three times, by a worker that goes away, and taken up again.
    const caller = { ...systemCallerOf(workspaceId), actor: { kind: 'key' as const, id: 'key_1', name: 'Test' } }
    const redo = newId('changesets')
    await ledger.commit({ id: redo, workspaceId, actor: caller.actor, source: { kind: 'revert', id: started.id }, at: new Date().toISOString(), changes: [], reverts: started.id, part: { first: true, last: false } })
    let stops = 0
    for (;;) {
      const stop = new AbortController()
      let progressed = 0
      const context = { caller, signal: stop.signal, progress: async (share: number) => { if (share > 0 && ++progressed === 4 && stops < 3) stop.abort(new Error('killed')) } }
      try {
        await within(workspaceId, () => undo.handler({ payload: { changeSetId: started.id, undoing: redo, partial: false, actor: caller.actor } } as unknown as Parameters<typeof undo.handler>[0], context))
        break
      } catch (error) {
        expect(error).toMatchObject({ message: 'killed' })
        expect((await flowstate.changesets.retrieve(started.id)).state).toBe('reverting')
        stops++
      }
    }
    expect(stops).toBe(3)
    expect(await flowstate.changesets.retrieve(redo)).toMatchObject({ state: 'applied', changeCount: changes - touched.length })
    expect(await flowstate.changesets.retrieve(started.id)).toMatchObject({ state: 'reverted', revertedBy: redo })
    let live = 0
    for await (const { version } of flowstate.companies.list({ limit: 200 })) live += Number(version <= 3)
    expect(live).toBe(changes)
    await agrees()
  }, 240_000)
})

const systemCallerOf = (workspaceId: string) => systemCaller(workspaceId, 'Worker', 'worker')
