import { existsSync, readdirSync, statSync } from 'node:fs'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { must, ROOT } from './run.mjs'

/** Builds what is missing or older than its sources, then starts the demo. */
const newest = (folder) => readdirSync(folder, { withFileTypes: true, recursive: true })
  .filter((entry) => entry.isFile()).reduce((latest, entry) => Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs), 0)
const built = join(ROOT, 'packages/server/assets/elements/flowstate.js')
const sources = ['packages/sdk/src', 'packages/party/src', 'packages/elements/src', 'packages/server/src', 'playground'].map((folder) => newest(join(ROOT, folder)))
if (!existsSync(built) || statSync(built).mtimeMs < Math.max(...sources)) await must('node', [join(ROOT, 'scripts/build.mjs')])

const child = spawn(process.execPath, [join(ROOT, 'packages/server/dist/cli/main.js'), 'demo', ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
child.once('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
