import { parseArgs } from 'node:util'
import { runIsolation } from '../testing/isolation/matrix.ts'
import { soakDatabase } from '../testing/soak-database.ts'

/**
 * Promise 8: two workspaces on one server, the one full of words that stand nowhere else; every kind of principal of the other asks for every
 * operation, with its own, foreign and random ids. Nothing is told, nothing is changed, and everything succeeds for whom it is meant.
 * `--database postgres`.
 */
export const soak = async (args: string[]): Promise<boolean> => {
  const { values } = parseArgs({ args, options: { database: { type: 'string', default: 'sqlite' }, few: { type: 'boolean', default: false } } })
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
