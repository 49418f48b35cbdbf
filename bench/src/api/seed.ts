import { createHash } from 'node:crypto'
import { copyFileSync, constants, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateNKeysBetween } from 'fractional-indexing'
import type { Database } from '../../../packages/server/src/db/database.ts'
import { openDatabase } from '../../../packages/server/src/db/open.ts'
import { newId } from '../../../packages/server/src/ids.ts'
import type { Change } from '../../../packages/server/src/ledger/ledger.ts'
import { settled } from '../../../packages/server/src/ledger/settled.ts'
import { silentLog } from '../../../packages/server/src/log.ts'
import { resolveOptions } from '../../../packages/server/src/options.ts'
import { createServices } from '../../../packages/server/src/services.ts'

export interface Sizes { customers: number; deals: number; interactions: number }
/** What the benches ask for: a key's secret, the stages, and customers and deals from all over the tables. */
export interface Seeded { workspaceId: string; secret: string; stages: string[]; customers: string[]; deals: string[] }

/** The servers under test are given it too, or they would not know the key. */
export const INSTANCE_SECRET = 'of the benches alone, and of no instance that anybody uses'
const PART = 500
const STAGES = 6
const SPREAD = 500
const TIMELINE = 60
const EPOCH = 1.7e12
const at = (minutes: number) => new Date(EPOCH + minutes * 60_000).toISOString()

/** The records one after the other, so that millions need no memory. The customers that are asked for have a page of interactions and more; the others share the rest. */
function* records(sizes: Sizes, seeded: Seeded): Generator<Change> {
  const pipelineId = newId('pipelines')
  yield { verb: 'create', noun: 'pipelines', id: pipelineId, set: { name: 'Bench', currency: 'EUR' } }
  const tags = ['Key account', 'Renewal'].map((name) => ({ id: newId('tags'), name }))
  for (const { id, name } of tags) yield { verb: 'create', noun: 'tags', id, set: { name } }
  for (const [index, position] of generateNKeysBetween(null, null, STAGES).entries()) {
    const id = newId('stages')
    seeded.stages.push(id)
    yield { verb: 'create', noun: 'stages', id, set: { pipelineId, name: `Stage ${index}`, kind: 'open', probability: (index + 1) / 8, rottingDays: index % 2 === 0 ? 30 : null, position } }
  }
  const customers: string[] = []
  for (let index = 0; index < sizes.customers; index++) {
    const id = newId('customers')
    customers.push(id)
    yield { verb: 'create', noun: 'customers', id, set: { name: `Customer ${index}`, email: `c${index}@bench.example`, tags: [], customFields: {} } }
  }
  const asked = (count: number, index: number) => index % Math.max(1, Math.floor(count / SPREAD)) === 0
  seeded.customers.push(...customers.filter((_, index) => asked(sizes.customers, index)))
  const others = customers.filter((_, index) => !asked(sizes.customers, index))
  for (const [index, position] of generateNKeysBetween(null, null, sizes.deals).entries()) {
    const id = newId('deals')
    if (asked(sizes.deals, index)) seeded.deals.push(id)
    yield {
      verb: 'create', noun: 'deals', id,
      set: { pipelineId, stageId: seeded.stages[index % STAGES], position, status: 'open', title: `Deal ${index}`, customerId: customers[index % sizes.customers], value: { amount: index * 100, currency: 'EUR' }, expectedCloseDate: '2027-01-01', description: 'What was agreed so far, in a sentence or two.', tags: index % 4 === 0 ? [tags[0]?.id] : [], customFields: { region: index % 2 === 0 ? 'north' : 'south', score: index % 1_000 }, stageEnteredAt: at(index) },
    }
  }
  const often = seeded.customers.length * TIMELINE
  for (let index = 0; index < sizes.interactions; index++) {
    const customerId = index < often ? seeded.customers[index % seeded.customers.length] : others[index % others.length]
    yield { verb: 'create', noun: 'interactions', id: newId('interactions'), set: { kind: 'email', direction: 'inbound', subject: `Subject ${index}`, body: 'Thanks, this helps. Can you send me the paragraph from the contract before Thursday?', occurredAt: at(index), customerId, tags: [], customFields: {} } }
  }
}

/** Fills a database through the ledger, as everything is, and lets the search index follow to the end. */
export const seed = async (url: string, sizes: Sizes): Promise<Seeded> => {
  const database = await openDatabase({ url })
  const services = createServices(database, resolveOptions({ secret: INSTANCE_SECRET, databaseUrl: url, workerConcurrency: 0 }), silentLog)
  const { id: workspaceId } = await services.workspaces.create('bench')
  const { secret } = await services.keys.createAsOwner(workspaceId, { scopes: ['crm:read', 'crm:write'] })
  const seeded: Seeded = { workspaceId, secret, stages: [], customers: [], deals: [] }
  const id = newId('changesets')
  const commit = async (changes: Change[], part: { first: boolean; last: boolean }) => settled(await database.ledger.commit({
    id, workspaceId, actor: { kind: 'system', id: 'system', name: 'Bench' }, source: { kind: 'demo', id: 'bench' }, at: new Date().toISOString(), changes, part,
  }))
  let [part, first]: [Change[], boolean] = [[], true]
  for (const change of records(sizes, seeded)) {
    part.push(change)
    if (part.length < PART) continue
    await commit(part, { first, last: false })
    ;[part, first] = [[], false]
  }
  await commit(part, { first, last: true })
  await services.fields.create({ actor: { kind: 'system', id: 'system', name: 'Bench' }, stableId: 'system', workspaceId, scopes: new Set(['admin']), records: null, strict: false, expiresAt: null, origins: null, requestId: 'bench', ifMatch: null, once: null, mode: 'apply', run: null }, { noun: 'deals', key: 'score', type: 'number', label: 'Score', indexed: true })
  if (!(await services.indexer.catchUp(workspaceId, Number.POSITIVE_INFINITY))) throw new Error('the search index did not follow')
  await services.indexer.close()
  await comparedAll(database)
  await database.close()
  return seeded
}

/** The search for duplicates is not what is measured: it takes what is there for compared, and so is silent while others are. */
const comparedAll = async ({ ledger }: Database) => settled(await ledger.run({ workspaceId: null, statements: [{ sql: 'update workspaces set compared_seq = seq', params: [] }] }))

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/bench/', import.meta.url))

/** The same in a copy of a file that was seeded once for these sizes, with the schema as it is now. */
export const seedFile = async (dir: string, sizes: Sizes): Promise<Seeded & { file: string }> => {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)))
  const name = join(CACHE, `api-${sizes.customers}-${sizes.deals}-${sizes.interactions}-${hash.digest('hex').slice(0, 12)}`)
  if (!existsSync(`${name}.json`)) {
    mkdirSync(CACHE, { recursive: true })
    const file = join(CACHE, `seeding-${process.pid}.db`)
    const began = performance.now()
    process.stderr.write(`Seeding ${sizes.interactions} interactions, ${sizes.deals} deals, ${sizes.customers} customers…\n`)
    const seeded = await seed(`file:${file}`, sizes)
    process.stderr.write(`… in ${Math.round((performance.now() - began) / 1_000)} s\n`)
    rmSync(`${file}.lock`, { force: true })
    renameSync(file, `${name}.db`)
    writeFileSync(`${name}.json`, JSON.stringify(seeded))
  }
  mkdirSync(dir, { recursive: true })
  const file = join(dir, 'flowstate.db')
  copyFileSync(`${name}.db`, file, constants.COPYFILE_FICLONE)
  // What migrations have come since are run now.
  const database = await openDatabase({ url: `file:${file}` })
  await comparedAll(database)
  await database.close()
  return { ...(JSON.parse(readFileSync(`${name}.json`, 'utf8')) as Seeded), file }
}
