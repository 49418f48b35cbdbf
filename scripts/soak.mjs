import './node-version.mjs'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from './run.mjs'

/** `npm run soak -- <name> [--data DIR]`: the long form of a promise. Bounded, on loopback, prints what it saw. */
const [name, ...args] = process.argv.slice(2)
const SOAKS = { durability, import: importing }
const soak = SOAKS[name]
if (!soak) {
  process.stderr.write(`npm run soak -- ${Object.keys(SOAKS).join(' | ')}\n`)
  process.exit(2)
}
process.exitCode = await soak() ? 0 : 1

/** At least one sync for each acknowledged commit: true as the ledger is, and false with syncing off, so that it can fail. */
function durability() {
  if (spawnSync('strace', ['-V']).status !== 0) throw new Error('This needs strace: apt-get install strace')
  const commits = 200
  const syncsWith = (sync) => {
    const dir = mkdtempSync(join(tmpdir(), 'flowstate-durability-'))
    const trace = join(dir, 'trace')
    const { status, stderr } = spawnSync('strace', ['-f', '-e', 'trace=fsync,fdatasync', '-o', trace, process.execPath, '--conditions=flowstate-source', join(ROOT, 'packages/server/src/testing/commit-writer.ts'), join(dir, 'x.db'), String(commits), sync ? 'sync' : 'nosync'], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    const syncs = readFileSync(trace, 'utf8').split('\n').filter((line) => /f(data)?sync\(.*= 0/.test(line) || /<\.\.\. f(data)?sync resumed>.*= 0/.test(line)).length
    rmSync(dir, { recursive: true, force: true })
    return syncs
  }
  const [on, off] = [syncsWith(true), syncsWith(false)]
  const verdict = (syncs) => (syncs >= commits ? 'holds' : 'fails')
  process.stdout.write(`${commits} commits, each acknowledged before the next\n  as it is:          ${on} syncs: ${verdict(on)}\n  syncing switched off: ${off} syncs: ${verdict(off)}\n`)
  return on >= commits && off < commits
}

/** The Maven opportunities, whole and with 40 spoiled rows; `--data DIR` names the folder that holds crm_sales_opportunities. */
async function importing() {
  const at = args.indexOf('--data')
  const { runImportSoak } = await import('../packages/server/src/testing/import-soak.ts')
  return runImportSoak(at >= 0 ? args[at + 1] : undefined)
}
