import { describe, expect, it } from 'vitest'
import { freshDatabase } from '../testing/databases.ts'
import { findWithout, storesWithPredicates } from '../testing/isolation/mutants.ts'

const LATEST_MS = 150_000

/** A test that keeps workspaces apart is one only if it tells when they are not. `npm run soak -- isolation --mutants` tries every store. */
describe('the matrix of two workspaces [sqlite]', () => {
  it.each(['db/scoped.ts', 'ledger/changesets.store.ts', 'audit/audit.store.ts'])('tells when %s has forgotten the workspace', async (store) => {
    expect(storesWithPredicates()).toContain(store)
    const home = await freshDatabase('sqlite')
    try {
      const findings = await findWithout(store, home, LATEST_MS)
      expect(findings).not.toBe('dead')
      expect(findings).toEqual(expect.arrayContaining([expect.stringMatching(/told of the other workspace|tells a foreign id/)]))
    } finally {
      await home.dispose()
    }
  }, LATEST_MS + 30_000)
})
