import type { Delivery, Task } from '@flowstate-ai/sdk/contract'
import { Flowstate } from '@flowstate-ai/sdk'
import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Webhook as Library } from 'standardwebhooks'
import { createFlowstate, type FlowstateOptions } from '../index.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { silentLog } from '../log.ts'
import { newId } from '../ids.ts'
import { describeEachDatabase, type FreshDatabase, freshDatabase } from '../testing/databases.ts'
import { createReceiver, type Receiver } from '../testing/receiver.ts'
import { createTestServer, TEST_SECRET, type TestServer } from '../testing/server.ts'
import { createDeliveriesStore } from './deliveries.store.ts'
import { createPlanner, taskIds } from './planner.ts'
import { createWebhooksStore } from './webhooks.store.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.parse('2026-03-01T09:00:00.000Z')

describeEachDatabase('webhooks', (fresh, dialect) => {
  let home: FreshDatabase
  let test: TestServer
  let receiver: Receiver
  let now = START
  const serve = (more: Partial<FlowstateOptions> = {}) => createTestServer(home, { workerConcurrency: 2, allowPrivateTargets: true, sweepMs: 50, heartbeatMs: 100, clock: () => now, delivery: { timeoutMs: 1_000, random: () => 0.5 }, ...more })
  beforeEach(async () => {
    now = START
    home = await fresh()
    receiver = await createReceiver()
    test = await serve()
  })
  afterEach(async () => {
    await test.close()
    await receiver.close()
    await home.dispose()
  })

  /** Looks again at whatever the queue says, until it holds. */
  const until = async <T>(look: () => Promise<T | false>): Promise<T> => {
    let ring = () => {}
    const stop = test.services.status.subscribe(() => ring())
    try {
      for (;;) {
        const heard = new Promise<void>((resolve) => { ring = resolve })
        const found = await look()
        if (found !== false) return found
        await heard
      }
    } finally {
      stop()
    }
  }
  const deliveries = async (query: Parameters<TestServer['flowstate']['deliveries']['list']>[0] = {}): Promise<Delivery[]> => (await test.flowstate.deliveries.list({ sort: 'createdAt', limit: 200, ...query })).items
  /** The delivery, once its task rests after so many tries. */
  const tried = (id: string, tries: number) => until(async () => {
    const delivery = await test.flowstate.deliveries.retrieve(id)
    const task = await test.flowstate.tasks.retrieve(delivery.taskId)
    return delivery.tries === tries && task.state !== 'running' && (delivery.state === 'pending' || ['succeeded', 'dead'].includes(task.state)) ? delivery : false
  })
  const soleDelivery = () => until(async () => (await deliveries())[0] ?? false)
  /** Tries it until there is no more to try, turning the clock. */
  const toTheEnd = async (id: string): Promise<Delivery> => {
    for (let tries = 1; ; tries++) {
      const delivery = await tried(id, tries)
      if (delivery.nextAttemptAt === null) return delivery
      now = Date.parse(delivery.nextAttemptAt)
    }
  }

  it('tells of a change, signed, with old and new values and the record', async () => {
    const { secret, id } = await test.flowstate.webhooks.create({ url: receiver.url })
    const company = await test.flowstate.companies.create({ name: 'Acme' })
    await test.flowstate.companies.update(company.id, { name: 'Acme Ltd' })
    await receiver.until(({ length }) => length === 2)
    const [first, second] = receiver.received
    const options = { now: () => now }
    expect(await Flowstate.webhooks.verify(first?.body ?? '', first?.headers ?? {}, secret, options)).toMatchObject({ type: 'companies.created', data: { change: { noun: 'companies', id: company.id, op: 'create', fields: { name: { to: 'Acme' } } } } })
    const message = await Flowstate.webhooks.verify(second?.body ?? '', second?.headers ?? {}, secret, options)
    expect(message).toMatchObject({ type: 'companies.updated', timestamp: new Date(START).toISOString(), data: { change: { fields: { name: { from: 'Acme', to: 'Acme Ltd' } } }, record: { id: company.id, name: 'Acme Ltd' } } })
    const [delivery] = await deliveries({ seq: 2 })
    expect(delivery).toMatchObject({ id: second?.id, webhookId: id, type: 'companies.updated', recordId: company.id })
    expect(await tried(second?.id ?? '', 1)).toMatchObject({ state: 'delivered', body: second?.body, attempts: [{ status: 204, error: null }] })
  })

  it('signs as the reference library does', async () => {
    await test.close()
    test = await serve({ clock: Date.now })
    const { secret } = await test.flowstate.webhooks.create({ url: receiver.url })
    await test.flowstate.companies.create({ name: 'Ünïcödé 🦊' })
    await receiver.until(({ length }) => length === 1)
    const [message] = receiver.received
    expect(new Library(secret).verify(message?.body ?? '', message?.headers as Record<string, string>)).toEqual(JSON.parse(message?.body ?? ''))
  })

  it('tells only what it is asked for: a stage come to, and not what was before it', async () => {
    const pipeline = await test.flowstate.pipelines.create({ name: 'Sales', currency: 'EUR', stages: [{ name: 'Open', kind: 'open' }, { name: 'Won', kind: 'won' }, { name: 'Lost', kind: 'lost' }] })
    const [open, won, lost] = pipeline.stages
    await test.flowstate.webhooks.create({ url: receiver.url, events: [{ noun: 'deals', fields: [{ field: 'stageId', from: open?.id, to: won?.id }] }] })
    const deal = await test.flowstate.deals.create({ title: 'A', stageId: open?.id ?? '' })
    const other = await test.flowstate.deals.create({ title: 'B', stageId: open?.id ?? '' })
    await test.flowstate.deals.update(deal.id, { title: 'A2' })
    await test.flowstate.deals.move(other.id, { stageId: lost?.id ?? '' })
    await test.flowstate.deals.move(deal.id, { stageId: won?.id ?? '' })
    await receiver.until(({ length }) => length === 1)
    await test.services.planner.catchUp(test.workspace.id)
    expect((await deliveries()).map(({ recordId }) => recordId)).toEqual([deal.id])
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ data: { change: { fields: { stageId: { from: open?.id, to: won?.id } } }, record: { title: 'A2', status: 'won' } } })
  })

  it('tries again with the same id and bytes, and keeps one record\'s messages in order while others go ahead', async () => {
    await test.flowstate.webhooks.create({ url: receiver.url })
    let failing = true
    receiver.behaves(({ body }) => (failing && body.includes('Slow') ? 500 : 200))
    const slow = await test.flowstate.companies.create({ name: 'Slow' })
    const first = await soleDelivery()
    await tried(first.id, 1)
    await test.flowstate.companies.update(slow.id, { industry: 'x' })
    await test.flowstate.companies.create({ name: 'Quick' })
    await receiver.until((all) => all.some(({ body }) => body.includes('Quick')))
    now += 10_000
    await tried(first.id, 2)
    failing = false
    now += 10 * 60_000
    await receiver.until((all) => all.some(({ body }) => body.includes('"updated"') || body.includes('companies.updated')))
    const ofSlow = receiver.received.filter(({ body }) => body.includes(slow.id))
    expect(ofSlow.map(({ status }) => status)).toEqual([500, 500, 200, 200])
    expect(new Set(ofSlow.slice(0, 3).map(({ id, body }) => `${id} ${body}`)).size).toBe(1)
    expect(ofSlow[3]?.id).not.toBe(first.id)
    expect(new Set(ofSlow.slice(0, 3).map(({ headers }) => headers['webhook-timestamp'])).size).toBe(3)
  })

  it('takes whatever else a receiver does for a failure, and says which', async () => {
    const trap = await createReceiver()
    await test.flowstate.webhooks.create({ url: receiver.url })
    const cases: [behave: Parameters<Receiver['behaves']>[0], reason: RegExp, status: number | null][] = [
      [(_, response) => { response.writeHead(302, { location: trap.url }).end(); return null }, /redirects are not followed/, 302],
      [(_, response) => { response.socket?.destroy(); return null }, /No answer: (socket hang up|read ECONNRESET)/, null],
      [() => null, /No answer: no answer within 1 s/, null],
      [(_, response) => { response.writeHead(503, { 'retry-after': '7200' }).end('later'); return null }, /It answered 503/, 503],
      [(_, response) => { response.socket?.end('HTTP/1.1 nonsense\r\n\r\n'); return null }, /No answer: /, null],
    ]
    await test.flowstate.companies.create({ name: 'x' })
    const { id } = await soleDelivery()
    for (const [index, [behave]] of cases.entries()) {
      receiver.behaves(behave)
      // The first try went to a receiver that was well; the replay is one of five misfortunes.
      if (index === 0) {
        await tried(id, 1)
        await test.flowstate.deliveries.replay(id)
      } else now = Date.parse((await tried(id, index)).nextAttemptAt ?? '')
      const { attempts } = await tried(id, index + 1)
      expect(attempts.at(-1)?.status).toBe(cases[index]?.[2])
      const { taskId, nextAttemptAt } = await test.flowstate.deliveries.retrieve(id)
      expect((await test.flowstate.tasks.retrieve(taskId)).error).toMatch(cases[index]?.[1] ?? /never/)
      if (attempts.at(-1)?.status === 503) expect(Date.parse(nextAttemptAt ?? '') - now).toBeGreaterThanOrEqual(2 * HOUR)
    }
    expect(trap.connections()).toBe(0)
    await trap.close()
  })

  it('goes by the status of an answer that is huge, or never ends', async () => {
    await test.flowstate.webhooks.create({ url: receiver.url })
    receiver.behaves((_, response) => {
      response.writeHead(200)
      const more = () => { if (!response.destroyed && response.write('x'.repeat(65_536))) setImmediate(more) }
      response.on('drain', more)
      more()
      return null
    })
    await test.flowstate.companies.create({ name: 'x' })
    const { id } = await soleDelivery()
    const delivery = await tried(id, 1)
    expect(delivery.state).toBe('delivered')
    expect(delivery.attempts[0]?.response).toBe('x'.repeat(2_000))
  })

  it('is switched off by 410, keeps what waited, and sends it again by the button', async () => {
    const webhook = await test.flowstate.webhooks.create({ url: receiver.url })
    receiver.behaves(() => 410)
    await test.flowstate.companies.create({ name: 'Gone' })
    const { id } = await soleDelivery()
    const dead = await tried(id, 1)
    expect(dead).toMatchObject({ state: 'dead', error: 'It answered 410.' })
    expect(await test.flowstate.webhooks.retrieve(webhook.id)).toMatchObject({ enabled: false, disabledReason: 'gone', disabledBy: { kind: 'system' } })
    await expect(test.flowstate.deliveries.replay(id)).rejects.toMatchObject({ code: 'invalid_state' })
    await test.flowstate.companies.create({ name: 'Unheard' })
    receiver.behaves(() => 200)
    expect(await test.flowstate.webhooks.update(webhook.id, { enabled: true })).toMatchObject({ enabled: true, disabledReason: null })
    await test.flowstate.deliveries.replay(id)
    const delivered = await tried(id, 1)
    expect(delivered).toMatchObject({ state: 'delivered', body: dead.body, attempts: [{ status: 410 }, { status: 200 }] })
    expect(new Set(receiver.received.map(({ id: header, body }) => `${header} ${body}`)).size).toBe(1)
    await test.flowstate.companies.create({ name: 'Heard' })
    await receiver.until((all) => all.some(({ body }) => body.includes('Heard')))
    expect(receiver.received.some(({ body }) => body.includes('Unheard'))).toBe(false)
  })

  it('gives up after ten tries in three days, and frees the record\'s later messages', async () => {
    await test.flowstate.webhooks.create({ url: receiver.url })
    receiver.behaves(({ body }) => (body.includes('companies.created') ? 500 : 200))
    const company = await test.flowstate.companies.create({ name: 'x' })
    const { id } = await soleDelivery()
    await tried(id, 1)
    await test.flowstate.companies.update(company.id, { name: 'y' })
    const delivery = await toTheEnd(id)
    expect(delivery).toMatchObject({ state: 'dead', tries: 10, error: 'It answered 500.' })
    expect(now - START).toBeGreaterThan(2.9 * DAY)
    expect(now - START).toBeLessThan(3.1 * DAY)
    await receiver.until((all) => all.at(-1)?.body.includes('companies.updated') === true)
    expect(receiver.received.map(({ status }) => status)).toEqual([...Array<number>(10).fill(500), 200])
  })

  it('is switched off when ten deliveries in a row have died', async () => {
    const webhook = await test.flowstate.webhooks.create({ url: receiver.url })
    receiver.behaves(() => 500)
    await test.flowstate.companies.createMany(Array.from({ length: 10 }, (_, n) => ({ name: `Company ${n}` })))
    for (const { id } of await until(async () => { const all = await deliveries(); return all.length === 10 ? all : false })) await until(async () => (await test.flowstate.deliveries.retrieve(id)).tries > 0)
    for (;;) {
      const pending = (await deliveries({ state: 'pending' })).map(({ nextAttemptAt }) => Date.parse(nextAttemptAt ?? ''))
      if (pending.length === 0) break
      now = Math.max(...pending)
      await until(async () => { const left = await deliveries({ state: 'pending' }); return left.every(({ nextAttemptAt }) => Date.parse(nextAttemptAt ?? '') > now) })
    }
    expect(await test.flowstate.webhooks.retrieve(webhook.id)).toMatchObject({ enabled: false, disabledReason: 'failing', failures: 10 })
  })

  it('delivers everything to a receiver that was down for an hour, once it is back', async () => {
    await test.flowstate.webhooks.create({ url: receiver.url })
    receiver.behaves((_, response) => { response.socket?.destroy(); return null })
    const companies = await test.flowstate.companies.createMany(Array.from({ length: 5 }, (_, n) => ({ name: `Company ${n}` })))
    const all = await until(async () => { const list = await deliveries(); return list.length === companies.length ? list : false })
    for (let tries = 1; now < START + HOUR; tries++) {
      const resting = await Promise.all(all.map(({ id }) => tried(id, tries)))
      now = Math.max(...resting.map(({ nextAttemptAt }) => Date.parse(nextAttemptAt ?? '')))
      if (now >= START + HOUR) receiver.behaves(() => 200)
    }
    await until(async () => (await deliveries({ state: 'delivered' })).length === all.length)
    expect(now - START).toBeLessThan(2 * HOUR)
    for (const { id } of all) {
      const tries = receiver.received.filter((message) => message.id === id)
      expect(new Set(tries.map(({ body }) => body)).size).toBe(1)
      expect(tries.filter(({ status }) => status === 200)).toHaveLength(1)
    }
  })

  it('changes its secret over a day, in which both sign, and keeps none of them readable', async () => {
    const { id, secret } = await test.flowstate.webhooks.create({ url: receiver.url })
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    const { secret: next } = await test.flowstate.webhooks.rotate(id)
    expect(next).not.toBe(secret)
    const accepts = async (of: string): Promise<boolean> => {
      const message = receiver.received.at(-1)
      return Flowstate.webhooks.verify(message?.body ?? '', message?.headers ?? {}, of, { now: () => now }).then(() => true, () => false)
    }
    await test.flowstate.webhooks.test(id)
    await receiver.until(({ length }) => length === 1)
    expect(receiver.received[0]?.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/)
    expect([await accepts(secret), await accepts(next)]).toEqual([true, true])
    now += DAY + 1
    await test.flowstate.webhooks.test(id)
    await receiver.until(({ length }) => length === 2)
    expect([await accepts(secret), await accepts(next)]).toEqual([false, true])
    expect(JSON.parse(receiver.received[1]?.body ?? '')).toMatchObject({ type: 'webhooks.test', data: { webhookId: id } })
    const query = sql`select * from webhooks`
    const reader = test.services.database.reader as unknown as { all(query: unknown): unknown[]; execute(query: unknown): Promise<{ rows: unknown[] }> }
    const rows = JSON.stringify(dialect === 'sqlite' ? reader.all(query) : (await reader.execute(query)).rows)
    const answers = JSON.stringify([await test.flowstate.webhooks.list(), await test.flowstate.webhooks.retrieve(id)])
    for (const each of [secret, next]) for (const text of [rows, answers]) expect(text).not.toContain(each.slice('whsec_'.length, 30))
  })

  it('refuses addresses of the inside and credentials when they are given, and a name that leads inside when it is tried', async () => {
    await test.close()
    test = await serve({ allowPrivateTargets: false, delivery: { timeoutMs: 1_000, resolve: async () => [{ address: '127.0.0.1', family: 4 }] } })
    for (const url of ['http://example.com/', 'https://127.0.0.1/', 'https://[::ffff:169.254.169.254]/', 'https://localhost/', 'https://user:pass@example.com/', 'nonsense']) {
      await expect(test.flowstate.webhooks.create({ url })).rejects.toMatchObject({ code: 'validation_failed', fieldErrors: [{ pointer: '/url' }] })
    }
    await expect(test.flowstate.webhooks.create({ url: 'https://example.com/', events: [{ noun: 'deals', fields: ['stage'] }] })).rejects.toMatchObject({ fieldErrors: [{ pointer: '/events/0/fields/0' }] })
    const { id } = await test.flowstate.webhooks.create({ url: `https://hooks.example.com:${receiver.port}/` })
    const delivery = await test.flowstate.webhooks.test(id)
    expect((await tried(delivery.id, 1)).attempts).toMatchObject([{ status: null, error: 'hooks.example.com leads to an address that is not public; it was not connected to' }])
    expect(receiver.connections()).toBe(0)
  })

  it('is for those who administer the workspace alone, and unknown to others', async () => {
    const { secret } = await test.flowstate.keys.create({ scopes: ['crm:read', 'crm:write', 'agents:read'] })
    await expect(test.clientFor(secret).webhooks.list()).rejects.toMatchObject({ code: 'forbidden' })
    const { id } = await test.flowstate.webhooks.create({ url: receiver.url })
    const other = await test.services.workspaces.create('other')
    const key = await test.services.keys.createAsOwner(other.id, { name: 'Other', scopes: ['admin'] })
    const stranger = test.clientFor(key.secret)
    const delivery = await test.flowstate.webhooks.test(id)
    const attempts = [
      () => stranger.webhooks.retrieve(id), () => stranger.webhooks.update(id, { enabled: false }), () => stranger.webhooks.rotate(id), () => stranger.webhooks.test(id),
      () => stranger.webhooks.archive(id), () => stranger.deliveries.retrieve(delivery.id), () => stranger.deliveries.replay(delivery.id),
    ]
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'not_found' })
    expect((await stranger.deliveries.list()).items).toEqual([])
    await test.flowstate.webhooks.archive(id)
    await expect(test.flowstate.webhooks.test(id)).rejects.toMatchObject({ code: 'archived' })
  })

  it('ends a delivery whose task an operator cancelled, and sends it when the task is revived', async () => {
    await test.flowstate.webhooks.create({ url: receiver.url })
    receiver.behaves(() => 500)
    await test.flowstate.companies.create({ name: 'x' })
    const { id, taskId } = await soleDelivery()
    await tried(id, 1)
    await test.flowstate.tasks.cancel(taskId)
    await test.services.planner.sweep()
    expect(await test.flowstate.deliveries.retrieve(id)).toMatchObject({ state: 'dead', nextAttemptAt: null })
    receiver.behaves(() => 200)
    await test.flowstate.tasks.retry(taskId)
    expect(await tried(id, 1)).toMatchObject({ state: 'delivered' })
    now += 31 * DAY
    await test.services.planner.sweep()
    await expect(test.flowstate.deliveries.retrieve(id)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('makes each delivery once, though the server dies before or after it is written', async () => {
    await test.close()
    test = await serve({ workerConcurrency: 0 })
    await test.services.planner.close()
    const { database, ledger, tail, scoped, tasks } = test.services
    await test.flowstate.webhooks.create({ url: receiver.url })
    for (let n = 0; n < 250; n += 50) await test.flowstate.companies.batch({ items: Array.from({ length: 50 }, (_, index) => ({ op: 'create' as const, data: { name: `Company ${n + index}` } })) })
    let turn = 0
    // Every first write is lost with its server, every second is done and its server lost: the answer never comes.
    const dying: Ledger = { ...ledger, run: async (batch) => {
      turn++
      if (turn % 3 === 1) throw new Error('killed before')
      const outcome = await ledger.run(batch)
      if (turn % 3 === 2) throw new Error('killed after')
      return outcome
    } }
    let deaths = 0
    for (;;) {
      const planner = createPlanner({ tail, scoped, ledger: dying, webhooks: createWebhooksStore(database), deliveries: createDeliveriesStore(database), tasks, clock: () => now, log: silentLog })
      const done = await planner.catchUp(test.workspace.id).then(() => true, () => false)
      await planner.close()
      if (done) break
      deaths++
    }
    expect(deaths).toBeGreaterThan(2)
    const all: Delivery[] = []
    for await (const delivery of test.flowstate.deliveries.list({ limit: 200, sort: 'seq' })) all.push(delivery)
    expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 250 }, (_, index) => index + 1))
    const kept: Task[] = []
    for await (const task of test.flowstate.tasks.list({ limit: 200, kind: 'deliver-webhook' })) kept.push(task)
    expect(new Set(kept.map(({ id }) => id))).toEqual(new Set(all.map(({ taskId }) => taskId)))
    expect(all.map(({ taskId }) => taskId)).toEqual(all.map(({ taskId }) => taskId).toSorted())
  })
})

describe('two servers on one database [postgres]', () => {
  it('make and send each delivery once, in order', async () => {
    const home = await freshDatabase('postgres')
    const receiver = await createReceiver()
    const options = { workerConcurrency: 2, allowPrivateTargets: true, sweepMs: 50, heartbeatMs: 100 }
    const one = await createTestServer(home, options)
    const two = await createFlowstate({ secret: TEST_SECRET, databaseUrl: home.url, dataDir: home.dir, ...options })
    await one.flowstate.webhooks.create({ url: receiver.url })
    const ids = (await one.flowstate.companies.createMany(Array.from({ length: 10 }, (_, n) => ({ name: `Company ${n}` })))).map((result) => ('data' in result ? result.data?.id ?? '' : ''))
    for (let round = 0; round < 10; round++) await Promise.all(ids.map((id) => one.flowstate.companies.update(id, { employeeCount: round + 1 })))
    await receiver.until((all) => new Set(all.map(({ id }) => id)).size === 110)
    expect(receiver.received).toHaveLength(110)
    for (const id of ids) {
      const seqs = receiver.received.map(({ body }) => JSON.parse(body) as { data: { change: { id: string; seq: number } } }).filter(({ data }) => data.change.id === id).map(({ data }) => data.change.seq)
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
      expect(seqs).toHaveLength(11)
    }
    await two.close()
    await one.close()
    await receiver.close()
    await home.dispose()
  })
})

describe('ids of tasks', () => {
  it('sort after the last, though the server that made it has a clock a day ahead', () => {
    const ahead = newId('tasks', Date.now() + DAY)
    const next = taskIds(ahead)
    const made = [next(), next(), next()]
    expect([ahead, ...made]).toEqual([ahead, ...made].toSorted())
    expect(new Set(made).size).toBe(3)
  })
})
