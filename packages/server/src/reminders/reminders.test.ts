import { ConflictError, ForbiddenError, type Flowstate, NotFoundError } from '@flowstate-ai/sdk'
import type { NewEmbedToken, Scope } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemCaller } from '../http/caller.ts'
import { within } from '../db/within.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { occurrencesOf } from './series.ts'

const START = Date.parse('2026-03-20T08:00:00.000Z')
const ALL: Scope[] = ['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'agents:operate', 'tasks:work', 'admin']
const DAILY = { title: 'Call back', dueAt: '2026-03-27T01:30:00.000Z', timeZone: 'Europe/Berlin', recurrence: 'FREQ=DAILY;COUNT=5' }

describeEachDatabase('reminders', (fresh, dialect) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  let now = START
  const until = (instant: string) => { now = Date.parse(instant) }

  let workspaceId = ''
  let count = 0

  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { clock: () => now })
  })
  beforeEach(async () => {
    now = START
    workspaceId = (await test.services.workspaces.create(`acme-${count++}`)).id
    flowstate = test.clientFor((await test.services.keys.createAsOwner(workspaceId, { name: 'Test', scopes: ALL })).secret)
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const embed = async (token: NewEmbedToken): Promise<Flowstate> => test.clientFor((await flowstate.embedTokens.create(token)).token)

  describe('as records', () => {
    it('take the workspace\'s time zone and are open, and fire when they are due', async () => {
      await flowstate.workspaces.update({ timeZone: 'Asia/Kathmandu' })
      const reminder = await flowstate.reminders.create({ title: 'Call', dueAt: '2026-04-01T10:00:00+02:00' })
      expect(reminder).toMatchObject({ status: 'open', timeZone: 'Asia/Kathmandu', dueAt: '2026-04-01T08:00:00.000Z', remindAt: '2026-04-01T08:00:00.000Z', recurrence: null, recurrenceStart: null, remindedAt: null, version: 1 })
      expect(await flowstate.reminders.retrieve(reminder.id)).toEqual(reminder)
    })

    it('are refused with a zone or a rule that is none, at its place', async () => {
      await expect(flowstate.reminders.create({ ...DAILY, timeZone: 'Europe/Atlantis' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/timeZone' }] })
      await expect(flowstate.reminders.create({ ...DAILY, timeZone: '+01:00' })).rejects.toMatchObject({ status: 422 })
      await expect(flowstate.reminders.create({ ...DAILY, recurrence: 'FREQ=SOMETIMES' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '/recurrence', code: 'invalid_format' }] })
      const reminder = await flowstate.reminders.create(DAILY)
      await expect(flowstate.reminders.update(reminder.id, { recurrence: 'FREQ=DAILY;UNTIL=20200101' })).rejects.toMatchObject({ status: 422 })
    })

    it('are listed, filtered, searched, tagged, upserted, batched and told of like every noun', async () => {
      const tag = await flowstate.tags.create({ name: 'Urgent' })
      await flowstate.fields.create({ noun: 'reminders', key: 'channel', type: 'select', options: ['phone', 'mail'] })
      const company = await flowstate.companies.create({ name: 'Acme' })
      const customer = await flowstate.customers.create({ name: 'Ada', companyId: company.id })
      const deal = await flowstate.deals.create({ title: 'Sale', customerId: customer.id, companyId: company.id, pipelineId: (await flowstate.pipelines.create({ name: 'P' })).id })
      const made = await flowstate.reminders.create({ title: 'Send the quotation', description: 'with the terms', dueAt: '2026-04-01T08:00:00Z', dealId: deal.id, tags: [tag.id], externalId: 'x-1', customFields: { channel: 'phone' } })
      expect(made).toMatchObject({ customerId: customer.id, companyId: company.id, dealId: deal.id })
      await flowstate.reminders.create({ title: 'Other', dueAt: '2026-04-02T08:00:00Z' })
      const found = async (query: Parameters<typeof flowstate.reminders.list>[0]) => (await flowstate.reminders.list(query)).items.map(({ title }) => title)
      expect(await found({})).toEqual(['Send the quotation', 'Other'])
      for (const query of [{ dealId: deal.id }, { tags: tag.id }, { externalId: 'x-1' }, { 'customFields.channel': 'phone' }, { q: 'quotaton' }, { dueAt: { lt: '2026-04-02T00:00:00Z' } }, { title: { contains: 'QUOTA' } }, { description: 'with the terms' }] as Parameters<typeof found>[0][]) expect(await found(query)).toEqual(['Send the quotation'])
      expect((await flowstate.search.query({ q: 'quotation', nouns: ['reminders'] })).items).toMatchObject([{ noun: 'reminders', id: made.id }])
      await expect(flowstate.reminders.create({ title: 'x', dueAt: '2026-04-01T08:00:00Z', customFields: { channel: 'pigeon' } })).rejects.toMatchObject({ status: 422 })
      expect(await flowstate.reminders.upsert('externalId', 'x-1', { title: 'Send it' })).toMatchObject({ id: made.id, title: 'Send it', version: 2 })
      const batch = await flowstate.reminders.batch({ items: [{ op: 'create', data: { title: 'B', dueAt: '2026-05-01T08:00:00Z' } }, { op: 'update', id: made.id, data: { dueAt: '2026-05-02T08:00:00Z' } }] })
      expect(batch.results).toMatchObject([{ status: 201, data: { remindAt: '2026-05-01T08:00:00.000Z' } }, { status: 200, data: { remindAt: '2026-05-02T08:00:00.000Z' } }])
      expect((await flowstate.reminders.history(made.id)).items).toHaveLength(3)
      const view = await flowstate.views.create({ noun: 'reminders', name: 'Mine', filter: { field: 'status', value: 'open' }, sort: '-dueAt' })
      expect((await flowstate.reminders.list({ view: view.id })).items).toHaveLength(3)
      expect((await flowstate.stats.retrieve()).crm.openReminders).toBe(3)
      await flowstate.reminders.archive(made.id)
      expect((await flowstate.stats.retrieve()).crm.openReminders).toBe(2)
    })

    it('that point to a customer keep its creation from being undone', async () => {
      const { data: customer, changeSetId } = await flowstate.customers.create({ name: 'Ada' }).withResponse()
      await flowstate.reminders.create({ title: 'Call', dueAt: '2026-04-01T08:00:00Z', customerId: customer.id })
      await expect(flowstate.changesets.revert(changeSetId ?? '')).rejects.toThrow(ConflictError)
    })
  })

  describe('that recur', () => {
    it.each(['FREQ=DAILY;COUNT=5', 'FREQ=DAILY;UNTIL=20260331T000000Z', 'RRULE:FREQ=DAILY;COUNT=6\nEXDATE:20260329T033000\nEXDATE;VALUE=DATE:20260330', 'FREQ=WEEKLY;BYDAY=SA,SU;COUNT=4'])('walk by completing exactly what %j brings, and end as done', async (recurrence) => {
      const made = await flowstate.reminders.create({ ...DAILY, recurrence })
      const all = [...occurrencesOf({ start: made.dueAt, timeZone: made.timeZone, recurrence })]
      expect((await flowstate.reminders.occurrences(made.id, { limit: 100 }))).toEqual({ items: all.map((dueAt) => ({ dueAt, remindAt: dueAt })), complete: true })
      const walked = [made.dueAt]
      for (;;) {
        const after = await flowstate.reminders.complete(made.id)
        expect(after).toMatchObject({ completedAt: new Date(now).toISOString(), recurrenceStart: made.dueAt })
        if (after.status === 'done') {
          expect(after).toMatchObject({ dueAt: walked.at(-1), remindAt: null })
          break
        }
        expect(after.remindAt).toBe(after.dueAt)
        walked.push(after.dueAt)
      }
      expect(walked).toEqual(all)
      await expect(flowstate.reminders.complete(made.id)).rejects.toMatchObject({ status: 409, code: 'invalid_state' })
    })

    it('are skipped and snoozed without losing their place', async () => {
      const made = await flowstate.reminders.create(DAILY)
      expect(await flowstate.reminders.snooze(made.id, { minutes: 90 })).toMatchObject({ dueAt: made.dueAt, snoozedUntil: '2026-03-20T09:30:00.000Z', remindAt: '2026-03-20T09:30:00.000Z' })
      expect(await flowstate.reminders.skip(made.id)).toMatchObject({ dueAt: '2026-03-28T01:30:00.000Z', snoozedUntil: null, remindAt: '2026-03-28T01:30:00.000Z', completedAt: null })
      await expect(flowstate.reminders.snooze(made.id, { until: '2026-03-19T00:00:00Z' })).rejects.toMatchObject({ status: 422 })
      for (let skips = 0; skips < 3; skips++) await flowstate.reminders.skip(made.id)
      expect(await flowstate.reminders.skip(made.id)).toMatchObject({ status: 'cancelled', remindAt: null, completedAt: null })
      const once = await flowstate.reminders.create({ title: 'x', dueAt: '2026-04-01T08:00:00Z' })
      await expect(flowstate.reminders.skip(once.id)).rejects.toMatchObject({ code: 'invalid_state' })
      expect((await flowstate.reminders.occurrences(once.id)).items).toEqual([{ dueAt: '2026-04-01T08:00:00.000Z', remindAt: '2026-04-01T08:00:00.000Z' }])
    })

    it('begin anew where their time or rule is set', async () => {
      const made = await flowstate.reminders.create(DAILY)
      await flowstate.reminders.complete(made.id)
      expect(await flowstate.reminders.update(made.id, { dueAt: '2026-05-01T08:00:00Z' })).toMatchObject({ recurrenceStart: '2026-05-01T08:00:00.000Z' })
      expect((await flowstate.reminders.occurrences(made.id)).items).toHaveLength(5)
      expect(await flowstate.reminders.update(made.id, { recurrence: null })).toMatchObject({ recurrenceStart: null })
      expect(await flowstate.reminders.complete(made.id)).toMatchObject({ status: 'done' })
      expect(await flowstate.reminders.update(made.id, { status: 'open' })).toMatchObject({ status: 'open', completedAt: null, remindAt: '2026-05-01T08:00:00.000Z' })
      expect(await flowstate.reminders.update(made.id, { status: 'cancelled' })).toMatchObject({ status: 'cancelled', remindAt: null })
    })

    it('are back where they stood when completing, snoozing or skipping is undone', async () => {
      const made = await flowstate.reminders.create(DAILY)
      for (const verb of [() => flowstate.reminders.complete(made.id), () => flowstate.reminders.snooze(made.id, { minutes: 5 }), () => flowstate.reminders.skip(made.id)]) {
        const { changeSetId } = await verb().withResponse()
        await flowstate.changesets.revert(changeSetId ?? '')
        const { version: _, updatedAt: __, ...back } = await flowstate.reminders.retrieve(made.id)
        expect(back).toEqual((({ version: ___, updatedAt: ____, ...rest }) => rest)(made))
      }
      expect((await flowstate.reminders.occurrences(made.id)).items).toHaveLength(5)
    })

    it('are rehearsed and proposed like every write, and refuse who saw an older version', async () => {
      const made = await flowstate.reminders.create(DAILY)
      const rehearsed = await flowstate.reminders.complete(made.id, { mode: 'rehearse' })
      expect(rehearsed).toMatchObject({ id: null, changes: [{ fields: { dueAt: { from: made.dueAt, to: '2026-03-28T01:30:00.000Z' } } }] })
      expect((await flowstate.reminders.retrieve(made.id)).version).toBe(1)
      const proposed = await flowstate.reminders.complete(made.id, { mode: 'propose' })
      await flowstate.changesets.apply(proposed.id)
      expect(await flowstate.reminders.retrieve(made.id)).toMatchObject({ dueAt: '2026-03-28T01:30:00.000Z', version: 2 })
      await expect(flowstate.reminders.complete(made.id, { ifMatch: 1 })).rejects.toMatchObject({ status: 412 })
    })
  })

  describe('fire', () => {
    const work = (): Promise<unknown[]> => within(workspaceId, async () => {
      await test.services.firing.sweep()
      const caller = callerOf()
      const { agent } = await test.services.agents.register(caller, { name: 'Tester', kinds: ['remind'], description: null })
      const tasks = await test.services.tasks.claim(caller, { agentId: agent.id, kinds: ['remind'], limit: 100, waitMs: 0 })
      const results: unknown[] = []
      for (const task of tasks) {
        const result = await test.services.firing.handler(task, { caller, progress: async () => undefined, signal: new AbortController().signal })
        await test.services.tasks.complete(caller, task.id, { token: task.lease.token, result: result as never })
        results.push(result)
      }
      return results
    })
    const callerOf = () => systemCaller(workspaceId, 'Tester', 'test')

    it('once, when they are due, by a change set of a task; and again at the next occurrence', async () => {
      const made = await flowstate.reminders.create(DAILY)
      until('2026-03-27T01:29:59.999Z')
      expect(await work()).toEqual([])
      until('2026-03-27T01:30:00.000Z')
      expect(await work()).toEqual([{ fired: true, remindedAt: '2026-03-27T01:30:00.000Z' }])
      expect(await work()).toEqual([])
      const fired = await flowstate.reminders.retrieve(made.id)
      expect(fired).toMatchObject({ remindedAt: '2026-03-27T01:30:00.000Z', status: 'open' })
      const change = (await flowstate.changes.list()).items.at(-1)
      expect(change).toMatchObject({ noun: 'reminders', id: made.id, fields: { remindedAt: { from: null, to: '2026-03-27T01:30:00.000Z' } } })
      expect(await flowstate.changesets.retrieve(change?.changeSetId ?? '')).toMatchObject({ source: { kind: 'task' }, actor: { kind: 'system' } })
      until('2026-03-27T09:00:00.000Z')
      await flowstate.reminders.complete(made.id)
      until('2026-03-28T01:30:00.000Z')
      expect(await work()).toHaveLength(1)
    })

    it('late and once after days of silence', async () => {
      await flowstate.reminders.create(DAILY)
      until('2026-06-01T00:00:00.000Z')
      expect(await work()).toEqual([{ fired: true, remindedAt: '2026-06-01T00:00:00.000Z' }])
      expect(await work()).toEqual([])
    })

    it('not when they were moved, snoozed, done, archived or undone between the sweep and the task', async () => {
      const due = { title: 'x', dueAt: '2026-03-21T00:00:00Z' }
      const [moved, snoozed, done, archived, renamed] = [await flowstate.reminders.create(due), await flowstate.reminders.create(due), await flowstate.reminders.create(due), await flowstate.reminders.create(due), await flowstate.reminders.create(due)]
      const { changeSetId } = await flowstate.reminders.create(due).withResponse()
      until('2026-03-21T00:00:01.000Z')
      await test.services.firing.sweep()
      await flowstate.reminders.update(moved.id, { dueAt: '2026-03-22T00:00:00Z' })
      await flowstate.reminders.snooze(snoozed.id, { minutes: 10 })
      await flowstate.reminders.complete(done.id)
      await flowstate.reminders.archive(archived.id)
      await flowstate.changesets.revert(changeSetId ?? '')
      await flowstate.reminders.update(renamed.id, { title: 'Still due' })
      const results = await work()
      expect(results.filter((result) => (result as { fired: boolean }).fired)).toHaveLength(1)
      expect((await flowstate.reminders.list({ archived: 'any', remindedAt: { gt: '2000-01-01T00:00:00Z' } })).items.map(({ id }) => id)).toEqual([renamed.id])
      until('2026-03-21T00:10:01.000Z')
      expect(await work()).toMatchObject([{ fired: true }])
      expect((await flowstate.reminders.retrieve(snoozed.id)).remindedAt).toBe('2026-03-21T00:10:01.000Z')
      const { id } = await flowstate.reminders.restore(archived.id)
      expect(await work()).toMatchObject([{ fired: true }])
      expect((await flowstate.reminders.retrieve(id)).remindedAt).not.toBeNull()
    })

    it('when what set them stands in a proposal that was applied, or in an undoing', async () => {
      const proposal = await flowstate.reminders.create({ title: 'Proposed', dueAt: '2026-03-21T00:00:00Z' }, { mode: 'propose' })
      const made = await flowstate.reminders.create({ title: 'Undone', dueAt: '2026-03-21T00:00:00Z' })
      const { changeSetId } = await flowstate.reminders.complete(made.id).withResponse()
      until('2026-03-21T06:00:00.000Z')
      expect(await work()).toEqual([])
      await flowstate.changesets.apply(proposal.id)
      expect(await work()).toHaveLength(1)
      await flowstate.changesets.revert(changeSetId ?? '')
      expect(await work()).toMatchObject([{ fired: true }])
      expect((await flowstate.reminders.retrieve(made.id)).remindedAt).toBe('2026-03-21T06:00:00.000Z')
    })

    it('once more where completing is undone after the next one fired: not again', async () => {
      const made = await flowstate.reminders.create(DAILY)
      until('2026-03-27T01:30:00.000Z')
      await work()
      const { changeSetId } = await flowstate.reminders.complete(made.id).withResponse()
      until('2026-03-28T01:30:00.000Z')
      expect(await work()).toHaveLength(1)
      await flowstate.changesets.revert(changeSetId ?? '')
      expect(await flowstate.reminders.retrieve(made.id)).toMatchObject({ dueAt: DAILY.dueAt, remindAt: DAILY.dueAt, remindedAt: '2026-03-28T01:30:00.000Z' })
      expect(await work()).toEqual([])
    })

    it('once where two servers sweep and two workers take the same task', async () => {
      const made = await Promise.all(Array.from({ length: 20 }, (_, index) => flowstate.reminders.create({ title: `No. ${index}`, dueAt: '2026-03-21T00:00:00Z' })))
      until('2026-03-21T00:00:00.000Z')
      await Promise.all([test.services.firing.sweep(), test.services.firing.sweep(), test.services.firing.sweep()])
      const tasks = (await flowstate.tasks.list({ kind: 'remind', limit: 200 })).items
      expect(tasks).toHaveLength(20)
      const caller = callerOf()
      const results = await Promise.all([...tasks, ...tasks].map((task) => within(workspaceId, () => test.services.firing.handler({ ...task, lease: { token: '', until: '' } }, { caller, progress: async () => undefined, signal: new AbortController().signal }))))
      expect(results.filter((result) => (result as { fired: boolean }).fired)).toHaveLength(20)
      const firings = (await flowstate.changes.list({ limit: 200 })).items.filter(({ fields }) => fields.remindedAt?.to)
      expect(firings.map(({ id }) => id).sort()).toEqual(made.map(({ id }) => id).sort())
    })

    it('at the end of quiet hours, in the zone of the workspace, across a change of clocks', async () => {
      await flowstate.workspaces.update({ timeZone: 'Europe/Berlin', quietHours: { from: '22:00', to: '07:00' } })
      const made = await flowstate.reminders.create({ title: 'Night', dueAt: '2026-03-29T00:30:00Z', recurrence: 'FREQ=WEEKLY' })
      expect(made).toMatchObject({ dueAt: '2026-03-29T00:30:00.000Z', remindAt: '2026-03-29T05:00:00.000Z' })
      expect((await flowstate.reminders.occurrences(made.id, { limit: 2 }))).toEqual({ items: [{ dueAt: '2026-03-29T00:30:00.000Z', remindAt: '2026-03-29T05:00:00.000Z' }, { dueAt: '2026-04-04T23:30:00.000Z', remindAt: '2026-04-05T05:00:00.000Z' }], complete: false })
      until('2026-03-29T04:59:59.000Z')
      expect(await work()).toMatchObject([{ moved: 0 }])
      until('2026-03-29T05:00:00.000Z')
      expect(await work()).toMatchObject([{ fired: true }])
    })

    it('by new quiet hours as soon as they are set, and not within them', async () => {
      const made = await flowstate.reminders.create({ title: 'Night', dueAt: '2026-03-21T03:00:00Z' })
      const fired = await flowstate.reminders.create({ title: 'Before', dueAt: '2026-03-20T07:00:00Z' })
      expect(await work()).toHaveLength(1)
      await flowstate.workspaces.update({ quietHours: { from: '00:00', to: '09:00' } })
      expect(await work()).toEqual([{ moved: 1 }])
      expect((await flowstate.reminders.retrieve(made.id)).remindAt).toBe('2026-03-21T09:00:00.000Z')
      await flowstate.workspaces.update({ quietHours: null })
      until('2026-03-21T03:00:00.000Z')
      await work()
      expect(await work()).toMatchObject([{ fired: true }])
      expect((await flowstate.reminders.retrieve(fired.id)).remindAt).toBe('2026-03-20T07:00:00.000Z')
    })

    it('by the built-in workers, each once: of two servers on PostgreSQL, of one on SQLite', async () => {
      const made = await flowstate.reminders.batch({ items: Array.from({ length: 30 }, (_, index) => ({ op: 'create' as const, data: { title: `No. ${index}`, dueAt: '2026-03-20T07:00:00Z' } })) })
      await test.close()
      const servers = await Promise.all(Array.from({ length: dialect === 'postgres' ? 2 : 1 }, () => createTestServer(home, { clock: () => now, workerConcurrency: 4, sweepMs: 50 })))
      const [{ services }] = servers as [TestServer]
      const firings = async () => (await within(workspaceId, () => services.changes.list(callerOf(), { limit: 200 }))).items.filter(({ fields }) => fields.remindedAt?.to)
      await new Promise<void>((resolve) => {
        const look = async () => { if ((await firings()).length >= made.results.length) resolve() }
        services.tail.onCommit(() => void look())
        void look()
      })
      await Promise.all(servers.map((server) => server.close()))
      test = await createTestServer(home, { clock: () => now })
      const all = (await within(workspaceId, () => test.services.changes.list(callerOf(), { limit: 200 }))).items.filter(({ fields }) => fields.remindedAt?.to)
      expect(all.map(({ id }) => id).sort()).toEqual(made.results.map(({ data }) => data?.id).sort())
    })
  })

  describe('of a workspace', () => {
    it('has settings that admins change, and refuses quiet hours that never end', async () => {
      expect(await flowstate.workspaces.retrieve()).toMatchObject({ slug: `acme-${count - 1}`, timeZone: 'UTC', quietHours: null })
      expect(await flowstate.workspaces.update({ name: 'Acme Sales', quietHours: { from: '20:00', to: '24:00', days: ['FR'] } })).toMatchObject({ name: 'Acme Sales', quietHours: { from: '20:00', to: '24:00', days: ['FR'] } })
      expect(await flowstate.workspaces.retrieve()).toMatchObject({ name: 'Acme Sales', quietHours: { from: '20:00', to: '24:00', days: ['FR'] } })
      for (const quietHours of [{ from: '00:00', to: '24:00' }, { from: '22:00', to: '22:00' }, { from: '25:00', to: '07:00' }]) await expect(flowstate.workspaces.update({ quietHours })).rejects.toMatchObject({ status: 422 })
      const member = await embed({ subject: 's', role: 'member' })
      await expect(member.workspaces.update({ name: 'Mine' })).rejects.toThrow(ForbiddenError)
    })
  })

  it('of others do not exist for a token limited to one customer', async () => {
    const [mine, other] = [await flowstate.customers.create({ name: 'Mine' }), await flowstate.customers.create({ name: 'Other' })]
    const due = '2026-04-01T08:00:00Z'
    const [own, theirs] = [await flowstate.reminders.create({ title: 'Own', dueAt: due, customerId: mine.id }), await flowstate.reminders.create({ title: 'Theirs', dueAt: due, customerId: other.id })]
    await flowstate.reminders.create({ title: 'Nobody\'s', dueAt: due })
    const limited = await embed({ subject: 's', role: 'member', records: { customers: [mine.id] } })
    expect((await limited.reminders.list()).items.map(({ id }) => id)).toEqual([own.id])
    for (const verb of [() => limited.reminders.retrieve(theirs.id), () => limited.reminders.complete(theirs.id), () => limited.reminders.skip(theirs.id), () => limited.reminders.snooze(theirs.id, { minutes: 1 }), () => limited.reminders.occurrences(theirs.id), () => limited.reminders.archive(theirs.id)]) await expect(verb()).rejects.toThrow(NotFoundError)
    await expect(limited.reminders.create({ title: 'x', dueAt: due })).rejects.toThrow(ForbiddenError)
    await expect(limited.reminders.create({ title: 'x', dueAt: due, customerId: other.id })).rejects.toMatchObject({ status: 422 })
    expect(await limited.reminders.complete(own.id)).toMatchObject({ status: 'done' })
    expect((await limited.changes.list()).items.map(({ id }) => id)).not.toContain(theirs.id)
  })
})
