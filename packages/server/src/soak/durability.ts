import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const WRITER = fileURLToPath(new URL('./commit-writer.process.ts', import.meta.url))
const COMMITS = 200

/** At least one sync for each acknowledged commit: true as the ledger is, and false with syncing off, so that it can fail. */
export const soak = async (): Promise<boolean> => {
  if (spawnSync('strace', ['-V']).status !== 0) throw new Error('This needs strace: apt-get install strace')
  const [on, off] = [syncsWith(true), syncsWith(false)]
  const verdict = (syncs: number) => (syncs >= COMMITS ? 'holds' : 'fails')
  process.stdout.write(`${COMMITS} commits, each acknowledged before the next\n  as it is:          ${on} syncs: ${verdict(on)}\n  syncing switched off: ${off} syncs: ${verdict(off)}\n`)
  return on >= COMMITS && off < COMMITS
}

const syncsWith = (sync: boolean): number => {
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-durability-'))
  try {
    const trace = join(dir, 'trace')
    const { status, stderr } = spawnSync('strace', ['-f', '-e', 'trace=fsync,fdatasync', '-o', trace, process.execPath, '--conditions=flowstate-source', WRITER, join(dir, 'x.db'), String(COMMITS), sync ? 'sync' : 'nosync'], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return readFileSync(trace, 'utf8').split('\n').filter((line) => /f(data)?sync\(.*= 0/.test(line) || /<\.\.\. f(data)?sync resumed>.*= 0/.test(line)).length
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}
