import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Flowstate } from '@flowstate-ai/sdk'
import { createRandom } from '../demo/random.ts'
import { startCuttingProxy } from '../testing/cutting-proxy.ts'
import { startPostgres } from '../testing/postgres.ts'
import { killed, prepareWorkspace, serveProcess } from '../testing/processes.ts'

const AT_ONCE = 16
const CUT = 0.2
const TRIES = 12

/**
 * POSTs through a proxy that cuts a fifth of the answers, sent again by the SDK's own retries, with the server restarted half-way: each acted
 * once, and what is replayed is what was answered first, byte for byte. `--database postgres`, `--count`.
 */
export const soak = async (args: string[]): Promise<boolean> => {
  const { values } = parseArgs({ args, options: { database: { type: 'string', default: 'sqlite' }, count: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } } })
  const count = Number(values.count)
  const random = createRandom(Number(values.seed))
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-retries-'))
  const postgres = values.database === 'postgres' ? await startPostgres() : null
  const env: Record<string, string> = postgres ? { DATABASE_URL: postgres.url } : {}
  try {
    const key = await prepareWorkspace(dir, env)
    let serving = await serveProcess(dir, env)
    const proxy = await startCuttingProxy(serving.port, () => random.chance(CUT))
    const through = new Flowstate({ baseUrl: proxy.url, key, maxRetries: TRIES })
    const answers = new Map<number, string>()
    let next = 0
    let restarted: Promise<void> | null = null
    const restart = async () => {
      await killed(serving.child)
      serving = await serveProcess(dir, env)
      proxy.toward(serving.port)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      while (next < count) {
        const index = next++
        // Killed, not stopped, with writes under way.
        if (index === Math.floor(count / 2)) restarted = restart()
        const { data } = await through.companies.create({ name: `Company ${index}` }, { idempotencyKey: `post-${index}`, maxRetries: TRIES }).withResponse()
        answers.set(index, JSON.stringify(data))
        if (answers.size % 2_000 === 0) process.stdout.write(`  ${answers.size} acknowledged, ${proxy.cut()} answers cut\n`)
      }
    }))
    await restarted
    const direct = new Flowstate({ baseUrl: serving.url, key })
    let rows = 0
    const names = new Set<string>()
    for await (const { name } of direct.companies.list({ limit: 200 })) {
      rows++
      names.add(name)
    }
    let different = 0
    for (let index = 0; index < count; index += Math.max(1, Math.floor(count / 1_000))) {
      const response = await fetch(`${serving.url}/api/v1/companies`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': `post-${index}` }, body: JSON.stringify({ name: `Company ${index}` }) })
      if (response.headers.get('idempotent-replayed') !== 'true' || (await response.text()) !== answers.get(index)) different++
    }
    process.stdout.write(`${count} POSTs on ${values.database}, ${proxy.cut()} answers cut (${Math.round((100 * proxy.cut()) / (count + proxy.cut()))} %), one kill and restart on the way\n  rows ${rows} (must be ${count}), different names ${names.size}\n  replays that differ ${different} (must be 0)\n`)
    await proxy.close()
    await killed(serving.child, 'SIGTERM')
    return rows === count && names.size === count && different === 0 && proxy.cut() > count * CUT * 0.8
  } finally {
    await postgres?.remove()
    rmSync(dir, { recursive: true, force: true })
  }
}
