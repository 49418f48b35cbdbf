import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../log.ts'
import { type FreshDatabase, freshDatabase } from '../testing/databases.ts'
import { holdSqlite } from '../testing/hold-sqlite.ts'
import { readPaths, statusesOf } from '../testing/reads.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { createSqliteLedger } from './sqlite.ts'

const LARGE = 'x'.repeat(9_000)
const MOST_WRITES = 2_000

/** The short form of `npm run soak -- storage`. */
describe('a server whose SQLite file cannot be written', () => {
  let home: FreshDatabase
  let test: TestServer
  beforeEach(async () => {
    home = await freshDatabase('sqlite')
    test = await createTestServer(home)
  })
  afterEach(async () => {
    await test.close()
    await home.dispose()
  })

  const get = (path: string) => test.request(`${test.base}/api/v1${path}`, { headers: { authorization: `Bearer ${test.secret}` } })
  const post = (name: string, more: object = {}, key = name) => test.request(`${test.base}/api/v1/companies`, {
    method: 'POST', headers: { authorization: `Bearer ${test.secret}`, 'content-type': 'application/json', 'idempotency-key': key }, body: JSON.stringify({ name, ...more }),
  })
  /** SQLite's own limit on the writing connection: what it answers then is what it answers on a full disk. */
  const pages = (most: number) => test.services.ledger.run({ workspaceId: null, statements: [{ sql: `pragma max_page_count = ${most}`, params: [] }] })
  const full = async (): Promise<{ kept: string[]; response: Response; name: string }> => {
    await pages(1)
    const kept: string[] = []
    // Large ones, and then small ones into what room they leave.
    let more: object = { description: LARGE }
    for (let index = 0; index < MOST_WRITES; index++) {
      const name = `Company ${index}`
      const response = await post(name, more)
      if (response.status === 201) kept.push(name)
      else if (!('description' in more)) return { kept, response, name }
      else more = {}
    }
    throw new Error('It never was full.')
  }
  const room = () => pages(4_294_967_294)
  const feed = async () => (await test.flowstate.changes.list({ since: 0, limit: 200 })).items

  it('refuses writes on a full disk, answers every read, and goes on once there is room', async () => {
    const pipeline = await test.flowstate.pipelines.create({ name: 'Sales' })
    await test.flowstate.stages.create({ name: 'Open', pipelineId: pipeline.id })
    await test.flowstate.customers.create({ name: 'Ada' })
    await test.flowstate.reminders.create({ title: 'Call', dueAt: '2099-01-01T00:00:00.000Z' })
    await test.flowstate.files.upload('x', { name: 'x.txt' })
    await test.flowstate.imports.upload('name\nZuse\n', { noun: 'companies', mode: 'detect' })
    // Its use is noted at the first read, which is when nothing can be noted.
    const unused = await test.services.keys.createAsOwner(test.workspace.id, { name: 'Unused', scopes: ['crm:read'] })
    const { kept, response, name } = await full()
    expect((await test.request(`${test.base}/api/v1/companies`, { headers: { authorization: `Bearer ${unused.secret}` } })).status).toBe(200)
    expect(response.status).toBe(507)
    expect(response.headers.get('content-type')).toContain('application/problem+json')
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(await response.json()).toMatchObject({ status: 507, code: 'storage_full', detail: expect.stringContaining('Free some space'), requestId: expect.any(String) })

    const paths = (await readPaths(get)).filter((path) => !path.startsWith('/ai'))
    expect(paths.length).toBeGreaterThan(40)
    const during = await statusesOf(get, paths)
    expect(Object.entries(during).filter(([, status]) => status >= 500)).toEqual([])
    const readyz = await test.request(`${test.base}/readyz`)
    expect([readyz.status, await readyz.json()]).toMatchObject([503, { reads: true, writes: false, detail: expect.stringContaining('disk is full') }])
    expect((await test.request(`${test.base}/readyz?reads`)).status).toBe(200)
    expect((await test.request(`${test.base}/healthz`)).status).toBe(200)

    await room()
    expect((await test.request(`${test.base}/readyz`)).status).toBe(200)
    expect(await statusesOf(get, paths)).toEqual(during)
    expect((await post(name)).status).toBe(201)
    const names = new Set<string>()
    for await (const company of test.flowstate.companies.list({ limit: 200 })) names.add(company.name)
    expect([...names].sort()).toEqual([...kept, name].sort())
    const items = await feed()
    expect(items.map(({ seq }) => seq)).toEqual(items.map((_, index) => index + 1))
  })

  it('lets the index follow what was written before, though nothing is written after', async () => {
    await test.close()
    let warned = (_: string): void => undefined
    const failed = new Promise<string>((resolve) => { warned = resolve })
    test = await createTestServer(home, { log: { ...silentLog, warn: (_, message) => { if (message.includes('search index')) warned(message) } } })
    const db = new Sqlite(fileURLToPath(home.url))
    // Before the index looks: its own writes are refused from now on.
    const stop = test.services.ledger.onCommit(() => void db.prepare('begin immediate').run())
    const { id } = await test.flowstate.companies.create({ name: 'Zuse Apparatebau' })
    stop()
    expect(await failed).toContain('it will try again')
    expect(await test.flowstate.search.query({ q: 'Zuse' })).toEqual({ items: [], complete: false })
    expect((await post('Refused')).status).toBe(503)
    db.prepare('rollback').run()
    const indexed = db.prepare('select record_id as id from search_docs').pluck()
    await expect.poll(() => indexed.all(), { timeout: 20_000 }).toEqual([id])
    db.close()
  })

  it('tells writes to come again while another process holds the file, and reads go on', async () => {
    expect((await post('Before')).status).toBe(201)
    const fresh = await test.services.keys.createAsOwner(test.workspace.id, { name: 'Unused', scopes: ['crm:read'] })
    const { letGo } = await holdSqlite(fileURLToPath(home.url))
    const refused = post('During')
    // Nor is one refused whose key's first use is to be noted.
    expect((await get('/companies')).status).toBe(200)
    expect((await test.request(`${test.base}/api/v1/companies`, { headers: { authorization: `Bearer ${fresh.secret}` } })).status).toBe(200)
    const response = await refused
    expect(response.status).toBe(503)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(await response.json()).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('nothing was written') })
    await letGo()
    expect((await post('During')).status).toBe(201)
    expect((await feed()).map(({ fields }) => fields.name?.to)).toEqual(['Before', 'During'])
  })
})

describe('the writer of SQLite', () => {
  it('is followed by another when it ends, and what it had under way is not known', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'flowstate-writer-'))
    const file = join(dir, 'x.db')
    // A folder where the file is to be: the writer cannot open it.
    mkdirSync(file)
    const lost: Error[] = []
    const ledger = createSqliteLedger({ file, sync: true, readSeq: () => 0, beforeAnswers: () => undefined, onLost: (error) => lost.push(error) })
    const nothing = { workspaceId: null, statements: [{ sql: 'select 1 as one', params: [] }] }
    expect(await ledger.run(nothing)).toMatchObject({ state: 'refused', refusal: { reason: 'storage', uncertain: true } })
    rmdirSync(file)
    expect(await ledger.run(nothing)).toMatchObject({ state: 'committed', rows: [[{ one: 1 }]] })
    expect(lost.length).toBeGreaterThan(0)
    await ledger.close()
    rmSync(dir, { recursive: true, force: true })
  })
})
