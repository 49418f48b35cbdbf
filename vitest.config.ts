import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

const conditions = ['flowstate-source']
/** Sources run as they are: in tests, and in the threads and processes that tests start. */
const node = { pool: 'forks' as const, execArgv: ['--conditions=flowstate-source'], testTimeout: 60_000, hookTimeout: 120_000 }
const resolve = { conditions: [...conditions, 'node'] }
const ssr = { resolve: { conditions: [...conditions, 'node'] } }

export default defineConfig({
  resolve,
  ssr,
  test: {
    // Tests wait for processes and databases more than they compute: two at a time even where there are no more than two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      { resolve, ssr, test: { name: 'repository', include: ['test/**/*.test.ts'], ...node, testTimeout: 120_000 } },
      ...['sdk', 'party', 'server'].map((name) => ({ resolve, ssr, test: { name, root: `packages/${name}`, include: ['src/**/*.test.ts'], ...node, ...(name === 'server' ? { globalSetup: ['src/testing/postgres.global.ts'] } : {}) } })),
    ],
  },
})
