import { must } from './run.mjs'

/** TypeScript to `dist`, then the bundles for browsers, beside the server too. */
await must('tsc', ['-b'])
await must('rollup', ['-c', '--silent'])
