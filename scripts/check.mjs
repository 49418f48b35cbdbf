import { must } from './run.mjs'

/** The fast half: types of sources and tests, and the rules of who may import whom. */
await must('tsc', ['-b'])
await must('tsc', ['-p', 'tsconfig.tests.json'])
await must('oxlint', ['--quiet'])
