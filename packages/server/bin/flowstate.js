#!/usr/bin/env node
import { existsSync } from 'node:fs'
import process from 'node:process'

/** Stands here, and not in `dist`, so that npm finds it before anything was built. */
const main = new URL('../dist/cli/main.js', import.meta.url)
if (!existsSync(main)) {
  process.stderr.write('Flowstate has not been built here yet: run npm run build first, or npm start.\n')
  process.exit(1)
}
await import(main.href)
