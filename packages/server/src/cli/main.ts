#!/usr/bin/env node
import process from 'node:process'
import { loadQuickly } from './load-quickly.ts'

const NAPI_NEEDED = 10
if (Number(process.versions.napi ?? 0) < NAPI_NEEDED) {
  process.stderr.write(`Flowstate needs Node 22.14 or newer, not ${process.version}. Run this through npm, which brings its own: npm start, or npx flowstate.\n`)
  process.exit(1)
}
loadQuickly()
const [{ run }, { keepHeapSmall }] = await Promise.all([import('./run.ts'), import('./heap.ts')])
keepHeapSmall()
process.exitCode = await run(process.argv.slice(2))
