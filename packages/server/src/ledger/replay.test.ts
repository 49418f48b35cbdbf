import fc from 'fast-check'
import { Client } from 'pg'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { anAct, emptyWorld, perform } from '../testing/ledger-acts.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { newId } from '../ids.ts'
import { differencesFromLedger } from './verify.ts'

const RUNS = 12
const ACTS_A_RUN = 45

describeEachDatabase('the ledger and the tables', (fresh, dialect) => {
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home)
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const inWorkspace = async () => {
    const { id } = await test.services.workspaces.create(`w-${newId('workspaces').slice(-12)}`)
    const { secret } = await test.services.keys.createAsOwner(id, { scopes: ['crm:read', 'crm:write', 'admin'] })
    return { id, world: emptyWorld(test.clientFor(secret)) }
  }

  it('stay equal through whatever is written, proposed, applied and undone', async () => {
    await fc.assert(fc.asyncProperty(fc.array(anAct, { minLength: 5, maxLength: ACTS_A_RUN, size: 'max' }), async (acts) => {
      const { id, world } = await inWorkspace()
      for (const act of acts) await perform(world, act)
      expect(await differencesFromLedger(test.services.database, id)).toEqual([])
    }), { numRuns: RUNS })
  }, 120_000)

  it('are told apart by a single value that was written beside the ledger', async () => {
    const { id, world } = await inWorkspace()
    const company = await world.flowstate.companies.create({ name: 'Kestrel' })
    expect(await differencesFromLedger(test.services.database, id)).toEqual([])
    const update = `update companies set name = 'Otherwise' where id = '${company.id}'`
    if (dialect === 'sqlite') {
      const raw = new Sqlite(home.url.slice('file:'.length))
      raw.exec(update)
      raw.close()
    } else {
      const raw = new Client({ connectionString: home.url })
      await raw.connect()
      await raw.query(update)
      await raw.end()
    }
    expect(await differencesFromLedger(test.services.database, id)).toEqual([`companies ${company.id}: name is not what the ledger says`])
  })
})
