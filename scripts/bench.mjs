import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { must, ROOT, run } from './run.mjs'
import { spawnSync } from 'node:child_process'

/** `npm run bench -- <area> [--json FILE] [--seconds N]`: each prints the limit measured in the same run, ours, and the ratio. */
const AREAS = readdirSync(join(ROOT, 'bench/src'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)
const [area, ...args] = process.argv.slice(2)
if (!AREAS.includes(area)) {
  process.stderr.write(`npm run bench -- ${AREAS.join(' | ')} [--json FILE] [--seconds N]\n`)
  process.exit(2)
}
const bench = join(ROOT, 'bench')
if (!existsSync(join(bench, 'node_modules'))) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: bench, stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) process.exit(status ?? 1)
}
await must('node', [join(ROOT, 'scripts/build.mjs')])
process.exitCode = await run('node', ['--conditions=flowstate-source', join(bench, `src/${area}/${area}.ts`), ...args])
