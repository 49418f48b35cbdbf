import type { Flowstate } from '@flowstate-ai/sdk'
import fc from 'fast-check'
import { Client } from 'pg'
import Sqlite from 'better-sqlite3'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { anAct, emptyWorld, perform } from '../testing/ledger-acts.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { newId } from '../ids.ts'
import { createCompactionStore } from '../compaction/compaction.store.ts'
import { differencesFromLedger } from './verify.ts'

const RUNS = 12
const VALUED = ['companies', 'customers', 'deals', 'interactions', 'pipelines', 'stages', 'tags', 'fields'] as const
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
    const { compaction, indexer, follower, database } = test.services
    const compact = async (keep: number) => {
      // Search and duplicates follow the feed at places of their own, and what they have not read stays.
      await Promise.all([indexer.catchUp(id, 10_000), follower.catchUp(id, 10_000)])
      await compaction.compact(id, { seqs: keep })
    }
    return { id, world: { ...emptyWorld(test.clientFor(secret)), compact }, differences: () => differencesFromLedger(database, id, createCompactionStore(database).allSnapshots) }
  }

  it('stay equal through whatever is written, proposed, applied, undone and compacted', async () => {
    await fc.assert(fc.asyncProperty(fc.array(anAct, { minLength: 5, maxLength: ACTS_A_RUN, size: 'max' }), async (acts) => {
      const { world, differences } = await inWorkspace()
      for (const act of acts) await perform(world, act)
      expect(await differences()).toEqual([])
    }), { numRuns: RUNS })
  }, 120_000)

  it('stand as they stood before the last change set when that is undone', async () => {
    const seen = { undone: 0, refused: 0 }
    await fc.assert(fc.asyncProperty(fc.array(anAct, { minLength: 20, maxLength: ACTS_A_RUN, size: 'max' }), fc.array(anAct, { minLength: 6, maxLength: 12, size: 'max' }), async (acts, last) => {
      const { world } = await inWorkspace()
      for (const act of acts) await perform(world, act)
      for (const act of last) {
        const [before, known] = [await valuesOf(world.flowstate), world.sets.length]
        await perform(world, act)
        const set = world.sets[known]
        if (set === undefined || world.sets.length !== known + 1) continue
        try {
          await world.flowstate.changesets.revert(set)
          seen.undone++
        } catch (error) {
          // What does not fit its field any more, or stood in what was archived before: refused by name, and nothing was done.
          expect((error as { code?: string }).code).toMatch(/changed_since|compacted/)
          seen.refused++
          continue
        }
        const after = await valuesOf(world.flowstate)
        expect(Object.fromEntries(Object.keys(before).map((id) => [id, after[id]]))).toEqual(before)
        expect(Object.entries(after).filter(([id, { live }]) => !(id in before) && live)).toEqual([])
      }
    }), { numRuns: 6 })
    expect(seen.undone).toBeGreaterThan(seen.refused)
  }, 180_000)

  it('are told apart by a single value that was written beside the ledger', async () => {
    const { world, differences } = await inWorkspace()
    const company = await world.flowstate.companies.create({ name: 'Kestrel' })
    expect(await differences()).toEqual([])
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
    expect(await differences()).toEqual([`companies ${company.id}: name is not what the ledger says`])
  })
})

/** What records hold, without what only tells when and how often they were written. */
const valuesOf = async (flowstate: Flowstate): Promise<Record<string, { live: boolean; fields: object }>> => {
  const values: Record<string, { live: boolean; fields: object }> = {}
  for (const noun of VALUED) {
    for await (const { id, version: _version, updatedAt: _updatedAt, archivedAt, ...fields } of flowstate[noun].list({ archived: 'any', limit: 200 } as never)) values[id] = { live: archivedAt === null, fields: 'stages' in fields ? { ...fields, stages: [] } : fields }
  }
  return values
}
