import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Flowstate } from '@flowstate-ai/sdk'
import type { Delivery } from '@flowstate-ai/sdk/contract'
import { createFlowstate } from '../index.ts'
import { createReceiver } from './receiver.ts'
import { TEST_SECRET } from './server.ts'

const SERVER = fileURLToPath(new URL('../soak/webhook-server.process.ts', import.meta.url))
const HOUR_MS = 3_600_000
const LOOK_EVERY_MS = 200

export interface RunOptions { databaseUrl: string; dataDir: string; kills: number; records: number; writesBetweenKills: number; failing: number; scale: number; say?: (line: string) => void }
export interface RunResult { changes: number; deliveries: number; missing: number; changedBytes: number; outOfOrder: number; unsigned: number; tries: number; replayed: number; doubled: number }

/**
 * Promise 5, with a real receiver and a real server: writes go on while the receiver fails some of its answers and is down for an hour
 * (shortened by `scale` like the waits between tries), and the server is killed again and again. What died of bad luck is replayed.
 */
export const runWebhooks = async ({ databaseUrl, dataDir, kills, records, writesBetweenKills, failing, scale, say = () => undefined }: RunOptions): Promise<RunResult> => {
  const receiver = await createReceiver()
  let down = false
  const acceptedAt = new Map<string, number>()
  receiver.behaves(({ id }, response) => {
    if (down) {
      response.socket?.destroy()
      return null
    }
    if (Math.random() < failing) return 500
    if (!acceptedAt.has(id)) acceptedAt.set(id, acceptedAt.size)
    return 200
  })

  const first = await createFlowstate({ secret: TEST_SECRET, databaseUrl, dataDir, workerConcurrency: 0 })
  const { id: workspaceId } = await first.services.workspaces.create('acme')
  const { secret: key } = await first.services.keys.createAsOwner(workspaceId, { name: 'Soak', scopes: ['crm:read', 'crm:write', 'agents:read', 'agents:operate', 'admin'] })
  await first.close()

  const start = (): Promise<{ child: ChildProcess; flowstate: Flowstate }> => new Promise((resolve, reject) => {
    const child = fork(SERVER, [databaseUrl, dataDir, String(scale)], { execArgv: ['--conditions=flowstate-source'] })
    child.once('message', (url) => resolve({ child, flowstate: new Flowstate({ baseUrl: String(url), key, maxRetries: 0 }) }))
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  const kill = (child: ChildProcess) => new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGKILL')
  })

  let { child, flowstate } = await start()
  const { secret } = await flowstate.webhooks.create({ url: receiver.url, events: [{ noun: 'companies' }] })
  const created = await flowstate.companies.batch({ items: Array.from({ length: records }, (_, n) => ({ op: 'create' as const, data: { name: `Company ${n}` } })) })
  const ids = created.results.flatMap(({ data }) => (data ? [data.id] : []))
  let writes = 0
  for (let round = 0; round < kills; round++) {
    if (round === Math.floor(kills / 2)) {
      down = true
      setTimeout(() => { down = false }, HOUR_MS * scale)
    }
    for (let n = 0; n < writesBetweenKills; n++) await flowstate.companies.update(ids[writes % ids.length] ?? '', { employeeCount: ++writes })
    await kill(child)
    ;({ child, flowstate } = await start())
    say(`killed ${round + 1} times, ${writes + records} changes, ${receiver.received.length} tries, ${acceptedAt.size} taken`)
  }

  let replayed = 0
  const all: Delivery[] = []
  for (;;) {
    const dead = (await flowstate.deliveries.list({ state: 'dead', limit: 200 })).items
    for (const { id } of dead) await flowstate.deliveries.replay(id)
    replayed += dead.length
    const { seq } = await flowstate.webhooks.list().then(({ items }) => items[0] ?? { seq: 0 })
    const { items: pending } = await flowstate.deliveries.list({ state: 'pending', limit: 1 })
    if (dead.length === 0 && pending.length === 0 && seq >= writes + records) break
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
  for await (const delivery of flowstate.deliveries.list({ limit: 200, sort: 'seq' })) all.push(delivery)
  await kill(child)
  await receiver.close()

  const taken = receiver.received.filter(({ status }) => status === 200)
  const bytes = new Map<string, Set<string>>()
  for (const { id, body } of receiver.received) bytes.set(id, (bytes.get(id) ?? new Set()).add(body))
  const lastOf = new Map<string, number>()
  let outOfOrder = 0
  // A message that was taken before the server could write so comes again with its id; its first coming counts.
  const seen = new Set<string>()
  for (const { id, body } of taken) {
    if (seen.has(id)) continue
    seen.add(id)
    const { data: { change } } = JSON.parse(body) as { data: { change: { id: string; seq: number } } }
    if (change.seq < (lastOf.get(change.id) ?? 0)) outOfOrder++
    lastOf.set(change.id, change.seq)
  }
  let unsigned = 0
  for (const { body, headers } of receiver.received) await Flowstate.webhooks.verify(body, headers, secret, { toleranceSeconds: 3_600 }).catch(() => { unsigned++ })
  return {
    changes: writes + records, deliveries: all.length, missing: all.filter(({ id }) => !seen.has(id)).length + (writes + records - all.length), outOfOrder, unsigned, replayed,
    changedBytes: [...bytes.values()].filter(({ size }) => size > 1).length, tries: receiver.received.length, doubled: taken.length - seen.size,
  }
}
