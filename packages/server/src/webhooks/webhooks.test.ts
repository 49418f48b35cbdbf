import { afterEach, beforeEach, expect, it } from 'vitest'
import { Webhook as Library } from 'standardwebhooks'
import type { FlowstateOptions } from '../index.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createReceiver, type Receiver } from '../testing/receiver.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('webhooks', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let receiver: Receiver
  let now = Date.now()
  const serve = (more: Partial<FlowstateOptions> = {}) => createTestServer(home, { workerConcurrency: 2, allowPrivateTargets: true, sweepMs: 50, heartbeatMs: 200, clock: () => now, delivery: { timeoutMs: 1_000 }, ...more })
  beforeEach(async () => {
    now = Date.now()
    home = await fresh()
    receiver = await createReceiver()
    test = await serve()
  })
  afterEach(async () => {
    await test.close()
    await receiver.close()
    await home.dispose()
  })

  it('tells of a change, signed, with old and new values and the record', async () => {
    const { secret } = await test.flowstate.webhooks.create({ url: receiver.url })
    const company = await test.flowstate.companies.create({ name: 'Acme' })
    await test.flowstate.companies.update(company.id, { name: 'Acme Ltd' })
    await receiver.until(({ length }) => length === 2)
    const [first, second] = receiver.received
    const message = new Library(secret).verify(first?.body ?? '', first?.headers as Record<string, string>)
    expect(message).toMatchObject({ type: 'companies.created', data: { change: { noun: 'companies', id: company.id, op: 'create', fields: { name: { to: 'Acme' } } } } })
    expect(JSON.parse(second?.body ?? '')).toMatchObject({ type: 'companies.updated', data: { change: { fields: { name: { from: 'Acme', to: 'Acme Ltd' } } }, record: { id: company.id, name: 'Acme Ltd' } } })
  })
})
