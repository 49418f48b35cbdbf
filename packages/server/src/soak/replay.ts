import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { createCompactionStore } from '../compaction/compaction.store.ts'
import { newId } from '../ids.ts'
import { differencesFromLedger } from '../ledger/verify.ts'
import { anAct, emptyWorld, perform } from '../testing/ledger-acts.ts'
import { createTestServer } from '../testing/server.ts'
import { soakPostgres } from '../testing/soak-postgres.ts'

const DEFAULT_RUNS = 200
const ACTS_A_RUN = 120

const option = (args: readonly string[], name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)

/**
 * `npm run soak -- replay [--database postgres] [--runs 200] [--seed N]`: whatever is written, proposed, applied, undone and compacted, the
 * ledger replayed from its beginning gives the tables, column by column.
 */
export const soak = async (args: readonly string[]): Promise<boolean> => {
  const runs = Number(option(args, '--runs') ?? DEFAULT_RUNS)
  const seed = option(args, '--seed')
  const postgres = option(args, '--database') === 'postgres' ? await soakPostgres() : null
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-replay-'))
  const test = await createTestServer({ dialect: postgres ? 'postgres' : 'sqlite', url: postgres?.url ?? `file:${join(dir, 'flowstate.db')}`, dir, dispose: async () => undefined })
  const { workspaces, keys, compaction, indexer, follower, database, ledger } = test.services
  const answers = new Map<string, number>()
  let changes = 0
  try {
    const property = fc.asyncProperty(fc.array(anAct, { minLength: 20, maxLength: ACTS_A_RUN, size: 'max' }), async (acts) => {
      const { id } = await workspaces.create(`w-${newId('workspaces').slice(-12)}`)
      const world = emptyWorld(test.clientFor((await keys.createAsOwner(id, { scopes: ['crm:read', 'crm:write', 'admin'] })).secret))
      const compact = async (keep: number) => {
        await Promise.all([indexer.catchUp(id, 10_000), follower.catchUp(id, 10_000)])
        await compaction.compact(id, { seqs: keep })
      }
      for (const act of acts) {
        const answer = `${act.kind}: ${await perform({ ...world, compact }, act)}`
        answers.set(answer, (answers.get(answer) ?? 0) + 1)
      }
      changes += await ledger.seqOf(id)
      const found = await differencesFromLedger(database, id, createCompactionStore(database).allSnapshots)
      if (found.length > 0) throw new Error(found.join('\n'))
    })
    const { failed, seed: used, counterexample, errorInstance, numRuns } = await fc.check(property, { numRuns: runs, ...(seed === undefined ? {} : { seed: Number(seed) }) })
    for (const [answer, count] of [...answers].sort(([a], [b]) => (a < b ? -1 : 1))) process.stdout.write(`  ${String(count).padStart(6)} × ${answer}\n`)
    process.stdout.write(`  ${failed ? '✗' : '✓'} ${numRuns} sequences on ${postgres ? 'PostgreSQL' : 'SQLite'}, ${changes} changes, seed ${used}: the ledger and the tables ${failed ? 'differ' : 'are equal'}\n`)
    if (failed) process.stdout.write(`${errorInstance instanceof Error ? errorInstance.message : String(errorInstance)}\n${JSON.stringify(counterexample)}\n`)
    return !failed
  } finally {
    await test.close()
    rmSync(dir, { recursive: true, force: true })
    await postgres?.stop()
  }
}
