import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { must, ROOT } from './run.mjs'

/** Takes the pictures of the README anew, by the test that looks at the playground. */
await must('node', ['scripts/build.mjs'])
await must('vitest', ['run', 'test/playground.test.ts'])
mkdirSync(join(ROOT, 'docs/images'), { recursive: true })
for (const scheme of ['light', 'dark']) copyFileSync(join(ROOT, `node_modules/.cache/screenshots/playground-${scheme}.png`), join(ROOT, `docs/images/playground-${scheme}.png`))
