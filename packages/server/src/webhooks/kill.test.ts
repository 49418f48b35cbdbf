import { expect, it } from 'vitest'
import { runWebhooks } from '../testing/webhook-run.ts'
import { describeEachDatabase } from '../testing/databases.ts'

describeEachDatabase('a server that is killed while it delivers', (fresh) => {
  it('delivers every change, with the same id and bytes at each try, in order per record', async () => {
    const home = await fresh()
    const result = await runWebhooks({ databaseUrl: home.url, dataDir: home.dir, kills: 3, records: 10, writesBetweenKills: 20, failing: 0.4, scale: 1 / 20_000 })
    expect(result).toMatchObject({ changes: 70, deliveries: 70, missing: 0, changedBytes: 0, outOfOrder: 0, unsigned: 0 })
    expect(result.tries).toBeGreaterThan(70)
    await home.dispose()
  }, 240_000)
})
