import type { Flowstate } from '@flowstate-ai/sdk'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { decide, replay } from './engine/decide.ts'
import type { Facts } from './engine/facts.ts'
import { DEFAULT_POLICY } from './engine/policy.ts'

const facts = (more: Partial<Facts> = {}): Facts => ({
  subjectId: 'dea_1', title: 'Scanners', stage: 'Proposal', stageProbability: 0.5, isOpen: true, valueAmount: 1_000_000, currency: 'EUR', customerName: 'Ada', hasPhone: true, hasEmail: true,
  daysSinceContact: 10, awaitsAnswer: false, daysToClose: 20, daysSinceChange: 3, touchesInWindow: 0, daysSinceDismissal: null, hour: 10, ...more,
})
const AT = '2026-01-05T10:00:00.000Z'
const stopOf = (more: Partial<Facts>, kind: string) => decide(facts(more), DEFAULT_POLICY, AT).candidates.find((candidate) => candidate.kind === kind)?.stoppedBy?.rule

describe('the decision', () => {
  it('is stopped by its gates, each with its reason', () => {
    expect(stopOf({ hasPhone: false }, 'call')).toBe('has-phone')
    expect(stopOf({ customerName: null }, 'email')).toBe('has-customer')
    expect(stopOf({ daysSinceContact: 1 }, 'call')).toBe('called-lately')
    expect(stopOf({ daysSinceContact: 1, awaitsAnswer: true }, 'call')).toBeUndefined()
    expect(stopOf({ touchesInWindow: 3 }, 'email')).toBe('touches-in-window')
    expect(stopOf({ daysSinceDismissal: 2 }, 'meeting')).toBe('dismissed-lately')
    expect(stopOf({ hour: 22 }, 'call')).toBe('quiet-hours')
    expect(stopOf({ isOpen: false }, 'task')).toBe('deal-open')
    expect(decide(facts({ isOpen: false }), DEFAULT_POLICY, AT).chosen).toBe('nothing')
  })

  it('says what would have changed it, and it is true', () => {
    const decision = decide(facts(), DEFAULT_POLICY, AT)
    const [, needed = '', , second = ''] = /propensity of ([\d.]+) instead of ([\d.]+), (\w+) would/.exec(decision.wouldChange ?? '') ?? []
    const other = decide(facts(), { ...DEFAULT_POLICY, propensity: { ...DEFAULT_POLICY.propensity, [second]: Number(needed) } }, AT)
    const best = (of: typeof decision) => of.candidates.filter(({ priority }) => priority !== null).sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0))[0]?.kind
    expect(best(other)).toBe(second)
    expect(best(decision)).not.toBe(second)
  })

  it('comes out the same from its receipt, whatever the facts; its probabilities are one', () => {
    fc.assert(fc.property(fc.record({ stageProbability: fc.double({ min: 0, max: 1, noNaN: true }), valueAmount: fc.option(fc.integer({ min: 0, max: 1e9 })), daysSinceContact: fc.option(fc.integer({ min: 0, max: 400 })), daysToClose: fc.option(fc.integer({ min: -100, max: 400 })), hasPhone: fc.boolean(), hasEmail: fc.boolean(), awaitsAnswer: fc.boolean(), touchesInWindow: fc.integer({ min: 0, max: 9 }), hour: fc.integer({ min: 0, max: 23 }), subjectId: fc.string() }), (more) => {
      const decision = decide(facts(more), DEFAULT_POLICY, AT)
      expect(replay(JSON.parse(JSON.stringify(decision)) as typeof decision, DEFAULT_POLICY)).toEqual(decision)
      expect(decision.candidates.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 4)
      expect(decision.candidates.find(({ kind }) => kind === decision.chosen)?.stoppedBy).toBeNull()
    }))
  })
})

describeEachDatabase('next best actions', (fresh) => {
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
  const finished = async (id: string) => {
    for (;;) {
      const task = await flowstate.tasks.retrieve(id)
      if (task.state === 'succeeded' || task.state === 'dead') return task
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  it('are decided by a task, kept with receipts, answered by people, and not repeated', async () => {
    await flowstate.pipelines.create({ name: 'Sales' })
    const customer = await flowstate.customers.create({ name: 'Ada', email: 'ada@x.example', phone: '+49 30 1' })
    const deal = await flowstate.deals.create({ title: 'Scanners', customerId: customer.id, value: { amount: 4_800_000, currency: 'EUR' }, expectedCloseDate: '2000-01-01' })
    await flowstate.interactions.create({ kind: 'email', direction: 'inbound', dealId: deal.id, subject: 'Question', occurredAt: '2020-01-01T00:00:00Z' })
    expect(await finished((await flowstate.actions.generate({})).id)).toMatchObject({ state: 'succeeded', result: { deals: 1 } })
    const { items } = await flowstate.actions.list({ subjectId: deal.id })
    const [action] = items
    expect(action?.subject).toEqual({ noun: 'deals', id: deal.id, name: 'Scanners' })
    const receipt = await flowstate.actions.receipt(action?.id ?? '')
    expect(receipt).toMatchObject({ actionId: action?.id, context: { awaitsAnswer: true, valueAmount: 4_800_000 }, chosen: action?.kind })
    expect(replay(receipt, DEFAULT_POLICY).chosen).toBe(receipt.chosen)
    if (action?.state === 'open') {
      expect(action.reason).toContain('has no answer yet')
      expect(await flowstate.actions.accept(action.id)).toMatchObject({ state: 'accepted', decidedBy: 'Test' })
      await expect(flowstate.actions.dismiss(action.id, {})).rejects.toMatchObject({ code: 'invalid_state' })
      expect(await flowstate.actions.outcome(action.id, { result: 'succeeded' })).toMatchObject({ state: 'done', outcome: { result: 'succeeded' } })
    }
    await finished((await flowstate.actions.generate({ dealId: deal.id })).id)
    await finished((await flowstate.actions.generate({ dealId: deal.id })).id)
    expect((await flowstate.actions.list({ subjectId: deal.id, state: 'open' })).items.length).toBeLessThanOrEqual(1)
  })

  it('are run through the analyses\' own endpoint too, which says what it takes', async () => {
    expect((await flowstate.ai.kinds()).items.find(({ kind }) => kind === 'next-best-actions')).toMatchObject({ input: { type: 'object' } })
    expect(await flowstate.ai.run('next-best-actions', { limit: 1 })).toMatchObject({ kind: 'next-best-actions', state: 'queued' })
  })
})
