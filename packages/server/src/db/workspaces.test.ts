import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { runIsolation } from '../testing/isolation/matrix.ts'

describeEachDatabase('one workspace and another', (fresh) => {
  let home: FreshDatabase
  beforeEach(async () => { home = await fresh() })
  afterEach(() => home.dispose())

  it('see nothing of each other, whoever of the one asks for whatever of the other', async () => {
    const { findings, operations, succeeded, compared, refused, asked, scanned } = await runIsolation(home)
    expect(findings).toEqual([])
    expect(succeeded).toBe(operations)
    expect(operations).toBeGreaterThan(150)
    expect({ compared: compared > 1_000, refused: refused > 1_000, asked: asked > 1_000, scanned: scanned > 4_000 }).toEqual({ compared: true, refused: true, asked: true, scanned: true })
  }, 180_000)
})
