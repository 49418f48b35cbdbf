import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Flowstate } from '@flowstate-ai/sdk'
import type { Import } from '@flowstate-ai/sdk/contract'
import { peopleCsv, personOf } from '../testing/people.ts'
import { command, serving, type Serving } from '../testing/serving.ts'

const KILLS = 3
const OLD = 400
/** Of those that were there before, how many stand in the file too. */
const OLD_IN_FILE = 50
const MOST_MEMORY_MB = 150
/** A killed server's task is taken up again when its lease is over. */
const ENV = { LEASE_MS: '3000', HEARTBEAT_MS: '1000', SWEEP_MS: '500' }
const LOOK_EVERY_MS = 200

/**
 * `npm run soak -- import-million [--rows N]`: a million customers with their companies in one file, into a real server that is killed three
 * times on the way; then the same file again, then all of it undone.
 */
export const soak = async (args: readonly string[]): Promise<boolean> => {
  const rows = args.includes('--rows') ? Number(args[args.indexOf('--rows') + 1]) : 1_000_000
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-import-'))
  const problems: string[] = []
  const check = (what: string, good: boolean, saw: unknown) => {
    process.stdout.write(`  ${good ? '✓' : '✗'} ${what}: ${typeof saw === 'string' ? saw : JSON.stringify(saw)}\n`)
    if (!good) problems.push(what)
  }
  const memory = { idle: 0, peak: 0, idleOwn: 0, peakOwn: 0 }
  let server: Serving | null = null
  const watch = setInterval(() => {
    if (!server) return
    try {
      memory.peak = Math.max(memory.peak, server.memory('VmRSS'))
      memory.peakOwn = Math.max(memory.peakOwn, server.memory('RssAnon'))
    } catch { /* just killed */ }
  }, LOOK_EVERY_MS)
  try {
    await command(dir, 'workspace', 'create', 'acme')
    const { secret } = JSON.parse(await command(dir, 'keys', 'create', '--workspace', 'acme', '--scopes', 'crm:read,crm:write,agents:read')) as { secret: string }
    server = await serving(dir, ENV)
    let flowstate = new Flowstate({ baseUrl: server.url, key: secret, timeout: 600_000 })
    await flowstate.customers.createMany(Array.from({ length: OLD }, (_, index) => ({ name: `Old ${index}`, email: index < OLD_IN_FILE ? personOf(index * 7).email.toUpperCase() : `old.${index}@people.example` })))
    const before = await exported(flowstate)
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    Object.assign(memory, { idle: server.memory('VmRSS'), idleOwn: server.memory('RssAnon'), peak: 0, peakOwn: 0 })

    const started = performance.now()
    const { id, changeSetId } = await flowstate.imports.upload(stream(rows), { noun: 'customers', name: 'people.csv' })
    process.stdout.write(`  uploaded in ${seconds(started)} s\n`)
    for (let kill = 1; kill <= KILLS; kill++) {
      await until(flowstate, id, (item) => item.counts.created >= (rows * kill) / (KILLS + 1.5))
      await server.kill()
      server = await serving(dir, ENV)
      flowstate = new Flowstate({ baseUrl: server.url, key: secret, timeout: 600_000 })
      process.stdout.write(`  killed and restarted at ${seconds(started)} s\n`)
    }
    const done = await until(flowstate, id, () => false)
    check(`imported, killed ${KILLS} times, in ${seconds(started)} s`, done.state === 'succeeded', done.state)
    check('counts', JSON.stringify(done.counts) === JSON.stringify({ rows, created: rows - OLD_IN_FILE, updated: 0, merged: OLD_IN_FILE, unchanged: 0, collapsed: 0, rejected: 0 }), done.counts)
    const { crm } = await flowstate.stats.retrieve()
    check('records', crm.customers === rows + OLD - OLD_IN_FILE && crm.companies === Math.ceil(rows / 20), crm)
    check(`memory ≤ +${MOST_MEMORY_MB} MB`, memory.peak - memory.idle <= MOST_MEMORY_MB, `+${Math.round(memory.peak - memory.idle)} MB (${Math.round(memory.idle)} → ${Math.round(memory.peak)}), of it +${Math.round(memory.peakOwn - memory.idleOwn)} MB its own, the rest pages of mapped files`)

    const again = performance.now()
    const second = await until(flowstate, (await flowstate.imports.upload(stream(rows), { noun: 'customers', name: 'people.csv' })).id, () => false)
    check(`the same file again changes nothing, in ${seconds(again)} s`, second.counts.unchanged === rows && second.state === 'succeeded', second.counts)

    const undoing = performance.now()
    await flowstate.changesets.revert(changeSetId)
    for (;;) {
      const { state } = await flowstate.changesets.retrieve(changeSetId)
      if (state !== 'applied' && state !== 'reverting') break
      if (state === 'applied' && performance.now() - undoing > 60_000) break
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
    check(`undone in ${seconds(undoing)} s`, (await flowstate.changesets.retrieve(changeSetId)).state === 'reverted', (await flowstate.changesets.retrieve(changeSetId)).state)
    check('an export is byte for byte what it was before', (await exported(flowstate)) === before, before)
  } finally {
    clearInterval(watch)
    await server?.stop()
    rmSync(dir, { recursive: true, force: true })
  }
  return problems.length === 0
}

async function* stream(rows: number): AsyncGenerator<Uint8Array> {
  yield* peopleCsv(rows)
}
const seconds = (since: number): string => ((performance.now() - since) / 1_000).toFixed(1)

const until = async (flowstate: Flowstate, id: string, enough: (item: Import) => boolean): Promise<Import> => {
  for (;;) {
    const item = await flowstate.imports.retrieve(id)
    if (!['queued', 'running'].includes(item.state) || enough(item)) return item
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

/** Everything that is live, in its order, by its values. */
const exported = async (flowstate: Flowstate): Promise<string> => {
  const hash = createHash('sha256')
  for await (const bytes of await flowstate.exports.stream('customers', { columns: ['id', 'name', 'email', 'phone', 'title', 'companyId', 'ownerId', 'externalId', 'createdAt'] })) hash.update(bytes)
  for await (const bytes of await flowstate.exports.stream('companies')) hash.update(bytes)
  return hash.digest('hex')
}
