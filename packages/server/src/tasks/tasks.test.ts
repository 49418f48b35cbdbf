import type { Flowstate } from '@flowstate-ai/sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { retryDelayMs } from './retry.ts'

const LEASE_MS = 10_000

describeEachDatabase('the queue', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  let agentId: string
  let now = Date.parse('2026-01-01T00:00:00Z')
  let kinds = 0
  /** Each test has a kind of its own. */
  const newKind = async () => {
    const kind = `kind-${kinds++}`
    agentId = (await flowstate.agents.register({ name: `Agent ${kind}`, kinds: [kind] })).agent.id
    return kind
  }
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { clock: () => now, leaseMs: LEASE_MS, heartbeatMs: 5_000 })
    flowstate = test.flowstate
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const claim = async (limit = 1) => (await flowstate.tasks.claim({ agentId, limit })).tasks

  it('gives a task to one agent, by priority, and takes its result once', async () => {
    const kind = await newKind()
    const low = await flowstate.tasks.create({ kind, payload: { n: 1 } })
    const high = await flowstate.tasks.create({ kind, priority: 5 })
    const claims = (await Promise.all([claim(), claim(), claim()])).flat()
    expect(claims.map(({ id }) => id).sort()).toEqual([low.id, high.id].sort())
    expect(claims[0]?.id === high.id || claims[1]?.id === high.id).toBe(true)
    const task = claims.find(({ id }) => id === low.id)
    const token = task?.lease.token ?? ''
    expect(task).toMatchObject({ state: 'running', attempts: 1, payload: { n: 1 }, agentId })
    const { task: done } = await flowstate.tasks.complete(low.id, { token, result: { ok: true }, usage: { input: 10, cost: 0.5 } })
    expect(done).toMatchObject({ state: 'succeeded', result: { ok: true }, usage: { input: 10, cost: 0.5 }, progress: 1 })
    expect((await flowstate.tasks.complete(low.id, { token })).task).toEqual(done)
    await expect(flowstate.tasks.complete(low.id, { token: 'stale' })).rejects.toMatchObject({ code: 'lease_lost', status: 409 })
  })

  it('takes a task back when its lease runs out, and refuses the late agent', async () => {
    const kind = await newKind()
    await flowstate.tasks.create({ kind, maxAttempts: 2 })
    const [first] = await claim()
    now += LEASE_MS + 1
    await test.services.tasks.sweep()
    const [second] = await claim()
    expect(second).toMatchObject({ id: first?.id, attempts: 2 })
    await expect(flowstate.tasks.complete(first?.id ?? '', { token: first?.lease.token ?? '' })).rejects.toMatchObject({ code: 'lease_lost' })
    await expect(flowstate.tasks.heartbeat(first?.id ?? '', { token: first?.lease.token ?? '' })).rejects.toMatchObject({ code: 'lease_lost' })
    now += LEASE_MS + 1
    await test.services.tasks.sweep()
    expect(await flowstate.tasks.retrieve(first?.id ?? '')).toMatchObject({ state: 'dead', attempts: 2, error: expect.stringContaining('not heard of') })
    expect(await flowstate.tasks.retry(first?.id ?? '')).toMatchObject({ state: 'queued', attempts: 0 })
  })

  it('keeps a lease alive by heartbeats, and carries the progress', async () => {
    const kind = await newKind()
    await flowstate.tasks.create({ kind })
    const [task] = await claim()
    for (let beat = 1; beat <= 4; beat++) {
      now += LEASE_MS - 1_000
      expect((await flowstate.tasks.heartbeat(task?.id ?? '', { token: task?.lease.token ?? '', progress: beat / 4, message: `step ${beat}`, usage: { output: 5 } })).cancel).toBe(false)
      await test.services.tasks.sweep()
    }
    expect(await flowstate.tasks.retrieve(task?.id ?? '')).toMatchObject({ state: 'running', progress: 1, message: 'step 4', usage: { output: 20 } })
  })

  it('tries a failed task again later, and buries one that fails too often', async () => {
    const kind = await newKind()
    const { id } = await flowstate.tasks.create({ kind, maxAttempts: 2 })
    const [first] = await claim()
    expect(await flowstate.tasks.fail(id, { token: first?.lease.token ?? '', error: 'no luck' })).toMatchObject({ state: 'scheduled', error: 'no luck' })
    expect(await claim()).toEqual([])
    now += 60_000
    const [second] = await claim()
    expect(await flowstate.tasks.fail(id, { token: second?.lease.token ?? '', error: 'again' })).toMatchObject({ state: 'dead' })
  })

  it('runs tasks of one order key one after the other', async () => {
    const kind = await newKind()
    const made = []
    for (let index = 0; index < 3; index++) made.push(await flowstate.tasks.create({ kind, orderKey: 'deal-1' }))
    const order: string[] = []
    for (let round = 0; round < 3; round++) {
      const claimed = await claim(10)
      expect(claimed).toHaveLength(1)
      order.push(claimed[0]?.id ?? '')
      await flowstate.tasks.complete(claimed[0]?.id ?? '', { token: claimed[0]?.lease.token ?? '' })
    }
    expect(order).toEqual(made.map(({ id }) => id))
  })

  it('lets people hold, resume and cancel, and tells the agent at its next heartbeat', async () => {
    const kind = await newKind()
    const { id } = await flowstate.tasks.create({ kind })
    const [task] = await claim()
    const token = task?.lease.token ?? ''
    expect(await flowstate.tasks.pause(id)).toMatchObject({ state: 'paused' })
    expect((await flowstate.tasks.heartbeat(id, { token })).cancel).toBe(true)
    await expect(flowstate.tasks.complete(id, { token })).rejects.toMatchObject({ code: 'lease_lost' })
    expect(await flowstate.tasks.resume(id)).toMatchObject({ state: 'queued' })
    expect(await flowstate.tasks.cancel(id)).toMatchObject({ state: 'cancelled' })
    await expect(flowstate.tasks.resume(id)).rejects.toMatchObject({ code: 'invalid_state' })
    expect(await claim()).toEqual([])
  })

  it('claims the next task in the commit that finishes the last', async () => {
    const kind = await newKind()
    const [first, second] = [await flowstate.tasks.create({ kind }), await flowstate.tasks.create({ kind })]
    const [task] = await claim()
    const { claimed } = await flowstate.tasks.complete(first.id, { token: task?.lease.token ?? '', claim: { kinds: [kind], limit: 1 } })
    expect(claimed).toMatchObject([{ id: second.id, state: 'running', lease: { token: expect.any(String) } }])
  })

  it('wakes who waits for a task, at once', async () => {
    const kind = await newKind()
    const waiting = flowstate.tasks.claim({ agentId, waitMs: 20_000 })
    await flowstate.tasks.create({ kind })
    expect((await waiting).tasks).toHaveLength(1)
  })

  it('loses no task and finishes none twice, whatever agents and leases do', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.constantFrom('create', 'claim', 'complete', 'fail', 'expire', 'late'), { minLength: 5, maxLength: 40 }), async (steps) => {
      const kind = await newKind()
      const created = new Set<string>()
      const finished: string[] = []
      const leases: { id: string; token: string }[] = []
      const lost: { id: string; token: string }[] = []
      for (const step of steps) {
        const lease = leases[0]
        if (step === 'create') created.add((await flowstate.tasks.create({ kind, maxAttempts: 50 })).id)
        if (step === 'claim') leases.push(...(await claim(2)).map(({ id, lease: { token } }) => ({ id, token })))
        if (step === 'complete' && lease) {
          await flowstate.tasks.complete(lease.id, { token: lease.token })
          finished.push(lease.id)
          leases.shift()
        }
        if (step === 'fail' && lease) {
          await flowstate.tasks.fail(lease.id, { token: lease.token, error: 'x' })
          lost.push(lease)
          leases.shift()
        }
        if (step === 'expire') {
          now += LEASE_MS + 1
          await test.services.tasks.sweep()
          lost.push(...leases.splice(0))
        }
        const late = lost[0]
        if (step === 'late' && late) await expect(flowstate.tasks.complete(late.id, { token: late.token })).rejects.toMatchObject({ code: 'lease_lost' })
      }
      for (let round = 0; finished.length < created.size && round < 200; round++) {
        now += 20 * 60_000
        await test.services.tasks.sweep()
        for (const { id, lease: { token } } of await claim(50)) {
          await flowstate.tasks.complete(id, { token })
          finished.push(id)
        }
      }
      expect(finished.sort()).toEqual([...created].sort())
    }), { numRuns: 8 })
  })
})

describe('the wait before a retry', () => {
  it('doubles, is capped, and spreads', () => {
    expect([1, 2, 3, 4].map((attempts) => retryDelayMs(attempts, 1))).toEqual([1_000, 2_000, 4_000, 8_000])
    expect(retryDelayMs(40, 1)).toBe(15 * 60_000)
    expect(retryDelayMs(1, 0)).toBe(500)
  })
})
