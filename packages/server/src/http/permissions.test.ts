import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { runIsolation } from '../testing/isolation/matrix.ts'

const LATEST_MS = 300_000

describeEachDatabase('every operation', (fresh) => {
  let home: FreshDatabase
  beforeEach(async () => { home = await fresh() })
  afterEach(() => home.dispose())

  it('is for whom it is meant, and tells nobody else, nor anybody of another workspace', async () => {
    const { findings, operations, succeeded, compared, refused, asked, scanned } = await runIsolation(home)
    expect(findings).toEqual([])
    // Whatever was refused could have been done: by whom it is meant for, it was.
    expect(succeeded).toBe(operations)
    expect(operations).toBeGreaterThan(150)
    expect(compared).toBeGreaterThan(800)
    expect(refused).toBeGreaterThan(1_500)
    expect(asked).toBeGreaterThan(1_000)
    expect(scanned).toBeGreaterThan(5_000)
  }, LATEST_MS)
})
