import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { must, ROOT } from './run.mjs'

/** TypeScript to `dist`, then the bundles for browsers, beside the server too. Chunks carry a hash in their names: those of earlier builds go. */
await must('tsc', ['-b'])
rmSync(join(ROOT, 'packages/elements/bundle'), { recursive: true, force: true })
await must('rollup', ['-c', '--silent'])
