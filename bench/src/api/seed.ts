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
/** What the benches ask for: a key's secret, the stages, owners and tags, and companies, customers and deals from all over the tables. */
export interface Seeded { workspaceId: string; secret: string; stages: string[]; companies: string[]; owners: string[]; customers: string[]; deals: string[]; tags: string[] }

/** The servers under test are given it too, or they would not know the key. */
export const INSTANCE_SECRET = 'of the benches alone, and of no instance that anybody uses'
const PART = 500
const STAGES = 6
const SPREAD = 500
const TIMELINE = 60
const OWNERS = 50
const CUSTOMERS_A_COMPANY = 10
/** One deal in so many has the tag that few have. */
const RARE = 10_000
const EPOCH = 1.7e12
const at = (minutes: number) => new Date(EPOCH + minutes * 60_000).toISOString()
const DAYS_AHEAD = 700
const day = (index: number) => new Date(EPOCH + (index % DAYS_AHEAD) * 86_400_000).toISOString().slice(0, 10)

/** The records one after the other, so that millions need no memory. The customers that are asked for have a page of interactions and more; the others share the rest. */
function* records(sizes: Sizes, seeded: Seeded): Generator<Change> {
  const pipelineId = newId('pipelines')
  yield { verb: 'create', noun: 'pipelines', id: pipelineId, set: { name: 'Bench', currency: 'EUR' } }
  for (const name of ['Key account', 'Renewal']) {
    const id = newId('tags')
    seeded.tags.push(id)
    yield { verb: 'create', noun: 'tags', id, set: { name } }
  }
  const [often, rare] = seeded.tags
  for (const [index, position] of generateNKeysBetween(null, null, STAGES).entries()) {
    const id = newId('stages')
    seeded.stages.push(id)
    yield { verb: 'create', noun: 'stages', id, set: { pipelineId, name: `Stage ${index}`, kind: 'open', probability: (index + 1) / 8, rottingDays: index % 2 === 0 ? 30 : null, position } }
  }
  seeded.owners.push(...Array.from({ length: OWNERS }, (_, index) => `owner-${index}`))
  const owner = (index: number) => seeded.owners[index % OWNERS]
  const companies: string[] = []
  for (let index = 0; index < Math.ceil(sizes.customers / CUSTOMERS_A_COMPANY); index++) {
    const id = newId('companies')
    companies.push(id)
    yield { verb: 'create', noun: 'companies', id, set: { name: `Company ${index}`, domain: `c${index}.bench.example`, ownerId: owner(index), tags: [], customFields: {} } }
  }
  const companyOf = (customer: number) => companies[Math.floor(customer / CUSTOMERS_A_COMPANY)]
  const customers: string[] = []
  for (let index = 0; index < sizes.customers; index++) {
    const id = newId('customers')
    customers.push(id)
    yield { verb: 'create', noun: 'customers', id, set: { name: `Customer ${index}`, email: `c${index}@bench.example`, companyId: companyOf(index), ownerId: owner(index), tags: [], customFields: {} } }
  }
  const asked = (count: number, index: number) => index % Math.max(1, Math.floor(count / SPREAD)) === 0
  seeded.companies.push(...companies.filter((_, index) => asked(companies.length, index)))
  seeded.customers.push(...customers.filter((_, index) => asked(sizes.customers, index)))
  const others = customers.filter((_, index) => !asked(sizes.customers, index))
  for (const [index, position] of generateNKeysBetween(null, null, sizes.deals).entries()) {
    const id = newId('deals')
    if (asked(sizes.deals, index)) seeded.deals.push(id)
    yield {
      verb: 'create', noun: 'deals', id,
      set: { pipelineId, stageId: seeded.stages[index % STAGES], position, status: 'open', title: `Deal ${index}`, customerId: customers[index % sizes.customers], companyId: companyOf(index % sizes.customers), ownerId: owner(index), value: index % 10 === 9 ? null : { amount: index * 100, currency: 'EUR' }, expectedCloseDate: index % 10 === 8 ? null : day(index), description: 'What was agreed so far, in a sentence or two.', tags: [...(index % 4 === 0 ? [often] : []), ...(index % RARE === 0 ? [rare] : [])], customFields: { region: index % 2 === 0 ? 'north' : 'south', score: index % 1_000 }, stageEnteredAt: at(index) },
    }
  }
  const timelines = seeded.customers.length * TIMELINE
  for (let index = 0; index < sizes.interactions; index++) {
    const customerId = index < timelines ? seeded.customers[index % seeded.customers.length] : others[index % others.length]
    yield { verb: 'create', noun: 'interactions', id: newId('interactions'), set: { kind: 'email', direction: 'inbound', subject: `Subject ${index}`, body: 'Thanks, this helps. Can you send me the paragraph from the contract before Thursday?', occurredAt: at(index), customerId, tags: [], customFields: {} } }
  }
}

/** Fills a database through the ledger, as everything is, and lets the search index follow to the end. */
export const seed = async (url: string, sizes: Sizes): Promise<Seeded> => {
  const database = await openDatabase({ url })
  const services = createServices(database, resolveOptions({ secret: INSTANCE_SECRET, databaseUrl: url, workerConcurrency: 0 }), silentLog)
  const { id: workspaceId } = await services.workspaces.create('bench')
  const { secret } = await services.keys.createAsOwner(workspaceId, { scopes: ['crm:read', 'crm:write'] })
  const seeded: Seeded = { workspaceId, secret, stages: [], companies: [], owners: [], customers: [], deals: [], tags: [] }
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
