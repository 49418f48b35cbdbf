import { parseArgs } from 'node:util'
import { Flowstate, StaleError } from '@flowstate-ai/sdk'
import { soakDatabase } from '../testing/soak-database.ts'
import { createTestServer } from '../testing/server.ts'

/** What a client does: reads, adds one, writes with the version it read. Answers how many writes were taken, refused as stale, or neither. */
export const contend = async (flowstate: Flowstate, id: string, clients: number, times: number): Promise<{ taken: number; stale: number; other: number }> => {
  const counts = { taken: 0, stale: 0, other: 0 }
  await Promise.all(Array.from({ length: clients }, async () => {
    for (let time = 0; time < times; time++) {
      try {
        const { version, employeeCount } = await flowstate.companies.retrieve(id)
        await flowstate.companies.update(id, { employeeCount: (employeeCount ?? 0) + 1 }, { ifMatch: version })
        counts.taken++
      } catch (error) {
        counts[error instanceof StaleError ? 'stale' : 'other']++
      }
    }
  }))
  return counts
}

/** 50 clients × 200 read-modify-writes of one record: the counter is the number of those taken, all others are 412; with a function all get there. */
export const soak = async (args: string[]): Promise<boolean> => {
  const { values } = parseArgs({ args, options: { database: { type: 'string', default: 'sqlite' }, clients: { type: 'string', default: '50' }, times: { type: 'string', default: '200' } } })
  const [clients, times] = [Number(values.clients), Number(values.times)]
  const home = await soakDatabase(values.database)
  const test = await createTestServer(home)
  const { url, stop } = await test.listen()
  try {
    const flowstate = new Flowstate({ baseUrl: url, key: test.secret, maxRetries: 0 })
    const { id } = await flowstate.companies.create({ name: 'Contended', employeeCount: 0 })
    const { taken, stale, other } = await contend(flowstate, id, clients, times)
    const counter = (await flowstate.companies.retrieve(id)).employeeCount
    const { id: second } = await flowstate.companies.create({ name: 'By function', employeeCount: 0 })
    const patient = new Flowstate({ baseUrl: url, key: test.secret })
    const each = Math.ceil(times / 10)
    let failed = 0
    await Promise.all(Array.from({ length: clients }, async () => {
      for (let time = 0; time < each; time++) await patient.companies.update(second, ({ employeeCount }) => ({ employeeCount: (employeeCount ?? 0) + 1 })).catch(() => failed++)
    }))
    const byFunction = (await flowstate.companies.retrieve(second)).employeeCount
    process.stdout.write(`${clients} clients × ${times} on ${values.database}\n  taken ${taken}, stale ${stale}, anything else ${other} (must be 0)\n  counter ${counter} (must be ${taken})\n  with a function: ${byFunction} of ${clients * each} got there, ${failed} gave up\n`)
    return counter === taken && taken > 0 && other === 0 && taken + stale === clients * times && byFunction === clients * each
  } finally {
    await stop()
    await test.close()
    await home.dispose()
  }
}
