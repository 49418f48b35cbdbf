import './node-version.mjs'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ROOT } from './run.mjs'

/**
 * `npm run soak -- <name> [--data DIR] …`: the long form of a promise. Bounded, on loopback, prints what it saw, and fails when that is
 * not what was promised. Each lives in a file of its own that exports `soak(args)`.
 */
const FOLDER = join(ROOT, 'packages/server/src/soak')
const names = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && !/\.(test|process)\.ts$/.test(file)).map((file) => file.slice(0, -3))
const [name = '', ...args] = process.argv.slice(2)
if (!names.includes(name)) {
  process.stderr.write(`npm run soak -- ${names.join(' | ')}\n`)
  process.exit(2)
}
const { soak } = await import(pathToFileURL(join(FOLDER, `${name}.ts`)).href)
process.exitCode = (await soak(args)) ? 0 : 1
