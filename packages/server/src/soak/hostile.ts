import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runHostile } from '../testing/hostile/hostile.ts'
import { createTestServer } from '../testing/server.ts'
import { soakDatabase } from '../testing/soak-database.ts'

const SLOWEST_MS = 2_000
const MOST_SHOWN = 40

/**
 * Requests made from `/openapi.json`, as documented, nearly so and not at all, over real HTTP: none answered 5xx, none slower than two
 * seconds, each answer as documented. `--database postgres`, `--count`, `--seed` to see the same again, `--data` for the naughty strings.
 */
export const soak = async (args: string[]): Promise<boolean> => {
  const { values } = parseArgs({ args, options: { database: { type: 'string', default: 'sqlite' }, seed: { type: 'string' }, count: { type: 'string', default: '10000' }, data: { type: 'string' } } })
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : Number(values.seed)
  const count = Number(values.count)
  const naughty = values.data === undefined ? [] : (JSON.parse(readFileSync(join(values.data, 'naughty_strings/blns.json'), 'utf8')) as string[])
  const home = await soakDatabase(values.database)
  const faults: unknown[] = []
  const test = await createTestServer(home, { workerConcurrency: 2, log: { info: () => undefined, warn: () => undefined, error: (details) => { faults.push((details as { err?: unknown }).err) } } })
  const { port, stop } = await test.listen()
  process.stdout.write(`${count} requests on ${values.database}, --seed ${seed}\n`)
  try {
    const keys = await test.flowstate.keys.list()
    const { findings, statuses, kinds, slowest, operations } = await runHostile({
      port, prefix: '/api/v1', credentials: [test.secret], spared: keys.items.map(({ id }) => id), seed, count, naughty, slowestMs: SLOWEST_MS,
      said: (index) => { if (index % 1_000 === 999) process.stdout.write(`  ${index + 1} answered\n`) },
    })
    process.stdout.write(`of ${operations} operations\n  statuses ${JSON.stringify(statuses)}\n  ways ${JSON.stringify(kinds)}\n  slowest ${Math.round(slowest)} ms (at most ${SLOWEST_MS})\n  findings ${findings.length} (must be 0)\n`)
    for (const { index, operation, kind, fault, request, answer } of findings.slice(0, MOST_SHOWN)) process.stdout.write(`\n#${index} ${operation} (${kind}): ${fault}\n${indented(brief(request))}\n→ ${indented(answer)}\n`)
    for (const error of faults.slice(0, MOST_SHOWN)) process.stdout.write(`\nlogged: ${error instanceof Error ? error.stack : String(error)}\n`)
    return findings.length === 0
  } finally {
    await stop()
    await test.close()
    await home.dispose()
  }
}

/** Without the headers that all of them have. */
const brief = (request: string): string => request.split('\r\n').filter((line) => !/^(Host: 127|Authorization: Bearer fsk_0|Connection: close)/.test(line)).map((line) => line.slice(0, 800)).join('\r\n')
const indented = (text: string): string => text.slice(0, 1_200).split('\r\n').join('\n').split('\n').map((line) => `    ${line}`).join('\n')
