import { spawn } from 'node:child_process'
import { must, ROOT } from './run.mjs'

/** The demo from its sources, started anew when they change, and the bundles rebuilt beside it. */
await must('node', ['scripts/build.mjs'])
const children = [
  spawn(process.execPath, ['--watch', '--conditions=flowstate-source', 'packages/server/src/cli/main.ts', 'demo', ...process.argv.slice(2)], { cwd: ROOT, stdio: 'inherit' }),
  spawn(`${ROOT}node_modules/.bin/tsc`, ['-b', '--watch', '--preserveWatchOutput'], { cwd: ROOT, stdio: 'inherit' }),
  spawn(`${ROOT}node_modules/.bin/rollup`, ['-c', '--watch', '--silent'], { cwd: ROOT, stdio: 'inherit' }),
]
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { for (const child of children) child.kill(signal) })
