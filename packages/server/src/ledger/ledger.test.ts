import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Database } from '../db/database.ts'
import { openDatabase } from '../db/open.ts'
import { within } from '../db/within.ts'
import { createScoped } from '../db/scoped.ts'
import { createSystem } from '../db/system.ts'
import { instant } from '../clock.ts'
import { newId } from '../ids.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createWorkspacesService } from '../workspaces/workspaces.service.ts'
import type { Change, PlannedSet } from './ledger.ts'
import { createTail } from './tail.ts'
import { differencesFromLedger } from './verify.ts'

describeEachDatabase('the ledger', (fresh) => {
  let home: FreshDatabase
  let database: Database
  let workspaceId: string
  const seeing = () => ({ workspaceId, records: null })

  beforeEach(async () => {
    home = await fresh()
    database = await openDatabase({ url: home.url })
    workspaceId = (await createWorkspacesService(database, createSystem(database), Date.now).create('acme')).id
  })
  afterEach(async () => {
    await database.close()
    await home.dispose()
  })

  const planned = (changes: Change[], more: Partial<PlannedSet> = {}): PlannedSet => ({
    id: newId('changesets'), workspaceId, actor: { kind: 'system', id: 'system', name: 'Test' }, source: { kind: 'request', id: 'req_1' }, at: instant(Date.now()), changes, ...more,
  })
  const company = (name: string, more: object = {}): Change => ({ verb: 'create', noun: 'companies', id: newId('companies'), set: { name, customFields: {}, ...more } })

  it('commits rows with their diffs, in one feed without a hole', async () => {
    const sets = Array.from({ length: 50 }, (_, index) => planned([company(`Company ${index}`, { annualRevenue: { amount: index, currency: 'EUR' } })]))
    const outcomes = await Promise.all(sets.map((set) => database.ledger.commit(set)))
    expect(outcomes.every(({ state }) => state === 'committed')).toBe(true)
    const feed = await within(workspaceId, () => createTail(database).since(workspaceId, 0, 100))
    expect(feed.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
    expect(feed[7]?.fields).toMatchObject({ name: { to: expect.stringContaining('Company') }, annualRevenue: { to: { currency: 'EUR' } } })
    const page = await within(workspaceId, () => createScoped(database).list(seeing(), 'companies', { limit: 200 }))
    expect(page.items).toHaveLength(50)
    expect(JSON.parse(page.items[0] ?? '')).toMatchObject({ version: 1, archivedAt: null, annualRevenue: { currency: 'EUR' } })
  })

  it('refuses a change whose record has moved on, and leaves no hole behind', async () => {
    const create = company('Acme')
    await database.ledger.commit(planned([create]))
    const update = (expected: number, name: string): Change => ({ verb: 'update', noun: 'companies', id: create.id, expect: expected, before: { name: 'Acme' }, set: { name } })
    const outcomes = await Promise.all([
      database.ledger.commit(planned([update(1, 'First')])), database.ledger.commit(planned([update(1, 'Second')])), database.ledger.commit(planned([company('Other')])),
    ])
    expect(outcomes.map(({ state }) => state)).toEqual(['committed', 'refused', 'committed'])
    expect(outcomes[1]).toMatchObject({ refusal: { reason: 'moved', records: [{ noun: 'companies', id: create.id }] } })
    expect((await within(workspaceId, () => createTail(database).since(workspaceId, 0, 10))).map(({ seq }) => seq)).toEqual([1, 2, 3])
  })

  it('takes nothing from a large set that is written together with one that is refused, nor from those before and after it', async () => {
    const create = company('Acme')
    await database.ledger.commit(planned([create]))
    const late: Change = { verb: 'update', noun: 'companies', id: create.id, expect: 7, before: { name: 'Acme' }, set: { name: 'Late' } }
    const large = (name: string) => Array.from({ length: 200 }, (_, index) => company(`${name} ${index}`, { tags: [] }))
    const outcomes = await Promise.all([
      database.ledger.commit(planned([company('Before')])), database.ledger.commit(planned(large('One'))), database.ledger.commit(planned([...large('Two'), late])),
      database.ledger.commit(planned([company('After')], { once: { key: 'k', bodyHash: 'h', expiresAt: instant(Date.now() + 1_000_000), answer: { status: 201, headers: {}, body: ['{}'] } } })),
    ])
    expect(outcomes.map(({ state }) => state)).toEqual(['committed', 'committed', 'refused', 'committed'])
    expect(outcomes[2]).toMatchObject({ refusal: { reason: 'moved', records: [{ id: create.id }] } })
    expect((await within(workspaceId, () => createTail(database).since(workspaceId, 0, 500))).map(({ seq }) => seq)).toEqual(Array.from({ length: 203 }, (_, index) => index + 1))
    expect(await differencesFromLedger(database, workspaceId)).toEqual([])
  })

  it('names the holder of a unique key, whatever the case of its letters', async () => {
    const first: Change = { verb: 'create', noun: 'customers', id: newId('customers'), set: { name: 'A', email: 'A@x.com', customFields: {} } }
    const second: Change = { verb: 'create', noun: 'customers', id: newId('customers'), set: { name: 'B', email: 'a@x.com', customFields: {} } }
    await database.ledger.commit(planned([first]))
    expect(await database.ledger.commit(planned([second]))).toMatchObject({ state: 'refused', refusal: { reason: 'unique', field: 'email', id: first.id } })
  })

  it('refuses what points to nothing', async () => {
    const customer: Change = { verb: 'create', noun: 'customers', id: newId('customers'), set: { name: 'A', companyId: newId('companies'), customFields: {} } }
    expect(await database.ledger.commit(planned([customer]))).toMatchObject({ state: 'refused', refusal: { reason: 'reference' } })
  })

  it('acts once for an idempotency key, and replays the answer', async () => {
    const once = { key: 'k', bodyHash: 'h', expiresAt: instant(Date.now() + 1_000_000), answer: { status: 201, headers: { etag: '"1"' }, body: ['{"a":1}'] } }
    const outcomes = await Promise.all([1, 2, 3].map(() => database.ledger.commit(planned([company('Once')], { once }))))
    expect(outcomes.map(({ state }) => state).sort()).toEqual(['committed', 'replayed', 'replayed'])
    expect(outcomes.find(({ state }) => state === 'replayed')).toMatchObject({ answer: { status: 201, headers: { etag: '"1"' }, body: '{"a":1}' } })
    expect(await database.ledger.commit(planned([company('Other')], { once: { ...once, bodyHash: 'other' } }))).toMatchObject({ refusal: { reason: 'mismatch' } })
    expect((await within(workspaceId, () => createTail(database).since(workspaceId, 0, 10)))).toHaveLength(1)
  })

  it('loses no update among many writers', async () => {
    const create = company('Counter', { employeeCount: 0 })
    await database.ledger.commit(planned([create]))
    const scoped = createScoped(database)
    let done = 0
    await Promise.all(Array.from({ length: 20 }, async () => {
      for (let round = 0; round < 5;) {
        const found = await within(workspaceId, () => scoped.find(seeing(), 'companies', create.id))
        const { version, employeeCount } = JSON.parse(found?.json ?? '{}') as { version: number; employeeCount: number }
        const outcome = await database.ledger.commit(planned([{ verb: 'update', noun: 'companies', id: create.id, expect: version, before: { employeeCount }, set: { employeeCount: employeeCount + 1 } }]))
        if (outcome.state !== 'committed') continue
        round++
        done++
      }
    }))
    expect(JSON.parse((await within(workspaceId, () => scoped.find(seeing(), 'companies', create.id)))?.json ?? '{}')).toMatchObject({ employeeCount: done, version: 101 })
  })
})
