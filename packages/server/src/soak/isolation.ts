import { parseArgs } from 'node:util'
import { runIsolation } from '../testing/isolation/matrix.ts'
import { findWithout, storesWithPredicates } from '../testing/isolation/mutants.ts'
import { soakDatabase } from '../testing/soak-database.ts'

/**
 * Promise 8: two workspaces on one server, the one full of words that stand nowhere else; every kind of principal of the other asks for every
 * operation, with its own, foreign and random ids. Nothing is told, nothing is changed, and everything succeeds for whom it is meant.
 * `--database postgres`; `--few` leaves most kinds of principal out. `--mutants` takes the workspace out of one store after the other instead:
 * on SQLite the matrix must tell of the scoped door and of what is read without it, on PostgreSQL row-level security lets nothing through.
 */
export const soak = async (args: string[]): Promise<boolean> => {
  const { values } = parseArgs({ args, options: { database: { type: 'string', default: 'sqlite' }, few: { type: 'boolean', default: false }, mutants: { type: 'boolean', default: false } } })
  if (values.mutants) return mutants(values.database)
  const home = await soakDatabase(values.database)
  const began = performance.now()
  const say = (line: string) => process.stdout.write(`  ${((performance.now() - began) / 1_000).toFixed(1)} s: ${line}\n`)
  try {
    const { findings, ...counts } = await runIsolation(home, { few: values.few, log: say })
    for (const finding of findings) process.stdout.write(`  ✗ ${finding}\n`)
    process.stdout.write(`${values.database}: ${JSON.stringify(counts)}\n  findings ${findings.length} (must be 0)\n`)
    return findings.length === 0 && counts.succeeded === counts.operations
  } finally {
    await home.dispose()
  }
}

/** Stores whose reads stand on nothing but their own predicate. What is missing here is asked for ids that the scoped door has found before, or by no operation. */
const READ_ALONE = ['actions/actions.store.ts', 'agents/agents.store.ts', 'audit/audit.store.ts', 'db/scoped.ts', 'deals/board.store.ts', 'duplicates/duplicates.store.ts', 'files/attachments.store.ts', 'ledger/changesets.store.ts', 'webhooks/deliveries.store.ts']
const LATEST_MS = 180_000

const mutants = async (database: string): Promise<boolean> => {
  let holds = true
  for (const store of storesWithPredicates()) {
    const home = await soakDatabase(database)
    const findings = await findWithout(store, home, LATEST_MS)
    await home.dispose()
    const told = findings !== 'dead' && findings.some((finding) => / told of | tells a foreign | was changed$/.test(finding))
    const fits = database === 'postgres' ? !told : told || !READ_ALONE.includes(store)
    if (!fits) holds = false
    process.stdout.write(`  ${fits ? ' ' : '✗'} without the workspace, ${store}: ${findings === 'dead' ? 'could not do its work' : findings.length === 0 ? 'nothing is told' : findings.map((finding) => finding.slice(0, 140)).join('; ')}\n`)
  }
  return holds
}
