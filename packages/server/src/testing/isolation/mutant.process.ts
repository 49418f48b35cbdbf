import type { FreshDatabase } from '../databases.ts'
import { runIsolation } from './matrix.ts'

/** The matrix in a process of its own, in which a store may be another (see mutant.hook.ts): prints what it found. */
const [dialect, url, dir] = process.argv.slice(2) as [FreshDatabase['dialect'], string, string]
const { findings } = await runIsolation({ dialect, url, dir, dispose: async () => undefined }, { few: true, untilTold: true })
process.stdout.write(JSON.stringify(findings))
process.exit(0)
