import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { postgresScenario } from '../testing/storage-postgres.ts'
import { createVerdict } from '../testing/storage-soak.ts'
import { sqliteScenario } from '../testing/storage-sqlite.ts'

/**
 * Promise 16: the disk full, the database held by others, restarted, killed and cut off, under at least 50 writes a second with reads
 * beside. Writes are answered 2xx, 503 or 507, reads go on, the same server recovers, and what it said holds. `--database postgres`;
 * `--unmounted` does without a disk of its own, as where none may be mounted.
 */
export const soak = async (args: string[]): Promise<boolean> => {
  const { values } = parseArgs({ args, options: { database: { type: 'string', default: 'sqlite' }, unmounted: { type: 'boolean', default: false } } })
  if (values.database !== 'sqlite' && values.database !== 'postgres') throw new Error(`--database takes sqlite or postgres, not ${values.database}.`)
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-storage-'))
  const verdict = createVerdict()
  // Ended early, it leaves neither a mount nor a server behind.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  verdict.say(values.database === 'sqlite' ? 'SQLite' : 'PostgreSQL')
  try {
    await (values.database === 'sqlite' ? sqliteScenario : postgresScenario)(dir, verdict, { mounts: !values.unmounted })
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  for (const problem of verdict.problems) verdict.say(`  ✗ ${problem}`)
  verdict.say(verdict.problems.length === 0 ? 'holds' : 'fails')
  return verdict.problems.length === 0
}
