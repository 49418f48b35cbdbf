import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Flowstate } from '@flowstate-ai/sdk'
import { getTableColumns } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCompactionStore } from '../compaction/compaction.store.ts'
import { type TableName, tablesOf } from '../db/schema.ts'
import { differencesFromLedger } from '../ledger/verify.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { ERASURE_TARGETS } from './targets.ts'

/** A word for each place in which something of the person is put; after erasure none of them is anywhere. */
const canary = (place: string): string => `zq${place}kx7`

describe('the targets of erasure', () => {
  it('say of every table with text or JSON in it what becomes of a person there', () => {
    const tables = tablesOf('sqlite')
    const speaking = (Object.keys(tables) as TableName[]).filter((name) => Object.values(getTableColumns(tables[name]) as unknown as Record<string, PgColumn>).some(({ dataType }) => dataType === 'string' || dataType === 'json'))
    expect(speaking.filter((name) => !Object.hasOwn(ERASURE_TARGETS, name))).toEqual([])
    for (const [name, target] of Object.entries(ERASURE_TARGETS)) {
      if (!('scrub' in target)) continue
      const columns = Object.keys(getTableColumns(tables[name as TableName]))
      expect(target.scrub.filter((column) => !columns.includes(column)), name).toEqual([])
    }
  })
})

describeEachDatabase('erasure of a person', (fresh, dialect) => {
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
  const differences = () => differencesFromLedger(test.services.database, test.workspace.id, createCompactionStore(test.services.database).allSnapshots)
  const finished = async (id: string) => {
    for (;;) {
      const task = await flowstate.tasks.retrieve(id)
      if (['succeeded', 'dead', 'cancelled'].includes(task.state)) return task
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Where a word stands still: tables by the database's own catalogue, the bytes of SQLite's files, and every file of the data directory. */
  const remains = async (words: readonly string[]): Promise<string[]> => {
    const found: string[] = []
    if (dialect === 'postgres') {
      const client = new Client({ connectionString: home.url })
      await client.connect()
      const { rows } = await client.query<{ name: string }>("select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')")
      for (const { name } of rows) {
        for (const word of words) {
          const { rows: [count] } = await client.query<{ n: string }>(`select count(*) as n from ${name} t where position($1 in lower(t::text)) > 0`, [word.toLowerCase()])
          if (Number(count?.n) > 0) found.push(`${word} in ${name}`)
        }
      }
      await client.end()
    }
    const walk = (folder: string): string[] => readdirSync(folder).flatMap((name) => (statSync(join(folder, name)).isDirectory() ? walk(join(folder, name)) : [join(folder, name)]))
    for (const file of walk(home.dir)) {
      const bytes = readFileSync(file).toString('latin1').toLowerCase()
      for (const word of words) if (bytes.includes(Buffer.from(word.toLowerCase()).toString('latin1'))) found.push(`${word} in ${file.slice(home.dir.length)}`)
    }
    return found
  }

  const person = (tag: string) => ({
    name: `Ada ${canary(`${tag}name`)}`, email: `${canary(`${tag}mail`)}@x.example`, phone: `+49 30 4${tag.length}99887766`, title: canary(`${tag}title`), description: `Says ${canary(`${tag}desc`)} often`,
    externalId: canary(`${tag}ext`), customFields: { passport: canary(`${tag}custom`), list: [canary(`${tag}list`)] },
  })
  const words: string[] = ['name', 'mail', 'title', 'desc', 'ext', 'custom', 'list'].flatMap((part) => ['a', 'bb', 'ccc'].map((tag) => canary(`${tag}${part}`)))
  const put = (place: string): string => {
    words.push(canary(place))
    return canary(place)
  }

  it('leaves none of them anywhere, and everything else as it was', async () => {
    const pipeline = await flowstate.pipelines.create({ name: 'Sales' })
    // Nobody answers there: what is to be delivered waits, with its bytes.
    await flowstate.webhooks.create({ url: 'https://receiver.invalid/crm', events: [] })
    const other = await flowstate.customers.create({ name: 'Somebody else', email: 'else@x.example', customFields: { passport: 'kept' } })
    const { id } = await flowstate.customers.create(person('a'))
    await flowstate.customers.update(id, person('bb'))
    const batch = await flowstate.customers.batch({ items: [{ op: 'update', id, data: person('ccc') }, { op: 'update', id: other.id, data: { title: 'Also changed' } }] }).withResponse()
    const both = batch.response.headers.get('flowstate-change-set') ?? ''
    await flowstate.customers.upsert('email', person('ccc').email, { title: put('upserted') })
    const deal = await flowstate.deals.create({ title: `Scanners for Ada ${canary('cccname')}`, customerId: id, stageId: pipeline.stages[0]?.id, value: { amount: 4_800_000, currency: 'EUR' }, expectedCloseDate: '2000-01-01' })
    const talk = await flowstate.interactions.create({ kind: 'email', direction: 'inbound', dealId: deal.id, subject: put('subject'), body: `Dear all, ${put('body')}`, customFields: { mood: put('mood') }, occurredAt: '2020-01-01T00:00:00Z' })
    await flowstate.interactions.update(talk.id, { body: put('rebody') })
    const [letter, shared] = [await flowstate.files.upload(put('letter'), { name: `${put('filename')}.txt`, type: 'text/plain' }), await flowstate.files.upload('for everybody', { name: 'price-list.txt' })]
    await flowstate.interactions.update(talk.id, { attachments: [letter.id, shared.id] })
    await flowstate.interactions.create({ kind: 'meeting', customerId: other.id, attachments: [shared.id], participants: [{ customerId: id, name: `Ada ${canary('cccname')}`, email: person('ccc').email }, { customerId: other.id, name: 'Somebody else' }] })
    await flowstate.reminders.create({ title: `Call Ada ${canary('cccname')}`, dueAt: '2030-01-01T09:00:00Z', customerId: id })
    await flowstate.interactions.batch({ items: [{ op: 'create', data: { kind: 'note', customerId: id, subject: put('batched') } }] })
    const about = await flowstate.interactions.create({ kind: 'note', customerId: other.id, subject: 'About somebody else' })
    await flowstate.customers.update(id, { title: put('proposedtitle') }, { mode: 'propose' })
    const proposal = await flowstate.interactions.create({ kind: 'note', customerId: id, body: put('proposedtalk') }, { mode: 'propose' })
    await flowstate.interactions.update(talk.id, { subject: put('proposedsubject') }, { mode: 'propose' })
    const rejected = await flowstate.customers.update(id, { description: put('rejected') }, { mode: 'propose' })
    await flowstate.changesets.reject(rejected.id, { reason: `Not true of Ada ${canary('cccname')}` })
    await flowstate.companies.create({ name: 'Never made' }, { mode: 'rehearse' })
    const task = await flowstate.tasks.create({ kind: 'research', payload: { customerId: id, ask: put('asked') } })
    const { agent } = await flowstate.agents.register({ name: 'Researcher', kinds: ['research'] }) as unknown as { agent: { id: string } }
    const [claimed] = (await flowstate.tasks.claim({ agentId: agent.id })).tasks
    await flowstate.tasks.complete(claimed?.id ?? '', { token: claimed?.lease.token ?? '', result: { found: put('found') } })
    await finished((await flowstate.actions.generate({ customerId: id })).id)
    const imported = await flowstate.imports.upload(`name,email,phone,annual\n"Ada ${canary('cccname')}",${canary('cccmail')}@x.example,${put('badphone').repeat(8)},1\nKeeper,not an address,,2\n,${canary('cccmail')}@x.example,,${put('cell')}\n`, { noun: 'customers', name: 'people.csv' })
    await finished(imported.taskId)
    await flowstate.search.query({ q: canary('cccname') })
    expect((await flowstate.actions.list({ subjectId: deal.id })).items.length).toBeGreaterThan(0)
    expect(await flowstate.tasks.retrieve(task.id)).toMatchObject({ state: 'succeeded' })
    while ((await flowstate.deliveries.list({ recordId: talk.id })).items.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    expect((await remains(words)).length).toBeGreaterThan(words.length)
    expect(await differences()).toEqual([])

    await expect(flowstate.customers.erase(id, { confirm: 'Somebody else' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/confirm' }] })
    const before = await flowstate.customers.retrieve(id)
    const erasedOnce = await flowstate.customers.erase(id, { confirm: before.email ?? '' }).withResponse()
    const erased = erasedOnce.data
    expect(erased).toEqual({ ...before, name: 'Erased person', email: null, phone: null, title: null, description: null, externalId: null, customFields: {}, version: before.version + 1, updatedAt: erased.updatedAt })
    expect(await remains(words)).toEqual([])
    expect(await flowstate.files.retrieve(letter.id)).toMatchObject({ name: 'erased', bytes: 0 })
    expect(await flowstate.files.retrieve(shared.id)).toMatchObject({ name: 'price-list.txt', archivedAt: null })
    expect(await differences()).toEqual([])

    expect(await flowstate.interactions.retrieve(talk.id)).toMatchObject({ kind: 'email', customerId: id, dealId: deal.id, subject: null, body: null, customFields: {} })
    expect(await flowstate.deals.retrieve(deal.id)).toMatchObject({ title: 'Scanners for Erased person', customerId: id })
    expect(await flowstate.interactions.retrieve(about.id)).toEqual(about)
    expect(await flowstate.customers.retrieve(other.id)).toMatchObject({ title: 'Also changed', customFields: { passport: 'kept' } })
    expect((await flowstate.search.query({ q: canary('cccname') })).items).toEqual([])
    const set = await flowstate.changesets.retrieve(erasedOnce.response.headers.get('flowstate-change-set') ?? '')
    expect(set).toMatchObject({ state: 'applied', source: { kind: 'erase', id } })
    expect(set.changes.find((change) => change.id === id)?.fields).toMatchObject({ email: { from: { erased: true }, to: null }, 'customFields.passport': { from: { erased: true }, to: null } })

    // What would bring them back is refused; what else the same change set did can still be undone.
    await expect(flowstate.changesets.revert(both)).rejects.toMatchObject({ status: 409, code: 'erased' })
    await expect(flowstate.changesets.revert(set.id)).rejects.toMatchObject({ code: 'erased' })
    const partly = await flowstate.changesets.revert(both, { partial: true })
    expect(partly).toMatchObject({ changeCount: 1, changes: [{ id: other.id }] })
    expect(partly.skipped.every(({ code }) => code === 'erased')).toBe(true)
    expect((await flowstate.customers.retrieve(other.id)).title).toBeNull()
    expect(await flowstate.customers.retrieve(id)).toEqual(erased)

    // A proposal that was waiting brings nothing back either, and erasing again changes nothing.
    await flowstate.changesets.apply(proposal.id)
    expect(await flowstate.interactions.retrieve(proposal.changes[0]?.id ?? '')).toMatchObject({ customerId: id, body: null })
    expect((await flowstate.customers.erase(id)).version).toBe(erased.version)
    expect(await remains(words)).toEqual([])
    expect(await differences()).toEqual([])
  }, 120_000)

  it('reaches into snapshots too, and leaves compaction a true ledger', async () => {
    const { id } = await flowstate.customers.create({ name: `Bo ${put('snapname')}`, customFields: { note: put('snapnote') } })
    await flowstate.customers.update(id, { customFields: { note: put('snaplater') } })
    for (const follower of [test.services.indexer, test.services.follower]) await follower.catchUp(test.workspace.id, 20_000)
    for (const waiting of (await flowstate.changesets.list({ state: 'proposed' })).items) await flowstate.changesets.reject(waiting.id)
    await test.services.compaction.compact(test.workspace.id, { seqs: 0 })
    expect((await remains(words)).length).toBeGreaterThan(0)
    await flowstate.customers.erase(id)
    expect(await remains(words)).toEqual([])
    expect(await differences()).toEqual([])
    for (const follower of [test.services.indexer, test.services.follower]) await follower.catchUp(test.workspace.id, 20_000)
    await test.services.compaction.compact(test.workspace.id, { seqs: 0 })
    expect(await differences()).toEqual([])
  })

  it('is for whoever may, and for the whole workspace alone', async () => {
    const { id } = await flowstate.customers.create({ name: 'Kept' })
    const { secret } = await test.services.keys.createAsOwner(test.workspace.id, { scopes: ['crm:read', 'crm:write'] })
    await expect(test.clientFor(secret).customers.erase(id)).rejects.toMatchObject({ status: 403 })
    await expect(flowstate.customers.erase(`cus_${'0'.repeat(26)}`)).rejects.toMatchObject({ status: 404 })
    expect((await flowstate.customers.retrieve(id)).name).toBe('Kept')
  })
})
