import { expect, it } from 'vitest'
import { describeEachDatabase } from '../testing/databases.ts'
import { createTestServer } from '../testing/server.ts'
import { seedDemo } from './seed.ts'

describeEachDatabase('the demo', (fresh) => {
  it('shows reminders, some that recur, of which none fires as it begins, and who took part in what', async () => {
    const home = await fresh()
    const test = await createTestServer(home)
    await seedDemo(test.services, test.workspace.id)
    const { items } = await test.flowstate.reminders.list({ limit: 200 })
    expect(items.length).toBeGreaterThanOrEqual(24)
    expect(items.filter(({ recurrence }) => recurrence !== null).length).toBeGreaterThanOrEqual(5)
    expect(new Set(items.map(({ status }) => status))).toEqual(new Set(['open', 'done']))
    expect(await test.services.firing.sweep()).toBe(0)
    expect((await test.flowstate.stats.retrieve()).crm.openReminders).toBe(items.filter(({ status }) => status === 'open').length)
    const [next] = items.filter(({ status, recurrence }) => status === 'open' && recurrence?.startsWith('FREQ=MONTHLY'))
    expect((await test.flowstate.reminders.occurrences(next?.id ?? '', { limit: 3 })).items).toHaveLength(3)
    expect((await test.flowstate.interactions.list({ kind: 'call', limit: 5 })).items.every(({ participants }) => participants[0]?.customerId !== undefined)).toBe(true)
    await test.close()
    await home.dispose()
  })
})
