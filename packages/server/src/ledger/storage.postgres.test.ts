import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startCommitCutter } from '../testing/commit-cutter.ts'
import { killPostgres, type RunningPostgres, startPostgres } from '../testing/postgres.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const TRIES = 200

/** The short form of `npm run soak -- storage --database postgres`, on a PostgreSQL of its own. */
describe('a server whose PostgreSQL is away', () => {
  let postgres: RunningPostgres
  let cutter: Awaited<ReturnType<typeof startCommitCutter>>
  let dir: string
  let name: string
  let test: TestServer
  beforeAll(async () => { postgres = await startPostgres() })
  afterAll(() => postgres.remove())
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-away-'))
    name = `away_${randomBytes(6).toString('hex')}`
    await asOwner(`create database ${name}`, 'postgres')
    cutter = await startCommitCutter(urlOf(name))
    test = await createTestServer({ dialect: 'postgres', url: cutter.url, dir, dispose: async () => undefined })
  })
  afterEach(async () => {
    await test.close()
    await cutter.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const urlOf = (database: string) => Object.assign(new URL(postgres.url), { pathname: `/${database}` }).href
  const asOwner = async (text: string, database = name) => {
    const client = new Client({ connectionString: urlOf(database) })
    await client.connect()
    try {
      return await client.query(text)
    } finally {
      await client.end()
    }
  }
  const cutOff = () => asOwner(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`, 'postgres')
  const get = (path: string) => test.request(`${test.base}/api/v1${path}`, { headers: { authorization: `Bearer ${test.secret}` } })
  const post = (company: string) => test.request(`${test.base}/api/v1/companies`, {
    method: 'POST', headers: { authorization: `Bearer ${test.secret}`, 'content-type': 'application/json', 'idempotency-key': company }, body: JSON.stringify({ name: company }),
  })
  const ready = async () => (await test.request(`${test.base}/readyz`)).status
  const names = async () => (await test.flowstate.companies.list({ limit: 200, sort: 'createdAt' })).items.map((company) => company.name)
  const feed = async () => (await test.flowstate.changes.list({ since: 0, limit: 200 })).items.map(({ seq }) => seq)
  /** Until it is written; each refusal on the way says that it may be tried again. */
  const written = async (company: string): Promise<Response> => {
    for (let tries = 0; tries < TRIES; tries++) {
      const response = await post(company)
      if (response.ok) return response
      expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/problem+json; charset=utf-8'])
    }
    throw new Error(`${company} was never written.`)
  }

  it('tells reads and writes to come again until it is back, and needs no restart', async () => {
    expect((await post('Before')).status).toBe(201)
    for (const down of [() => postgres.stop(), () => killPostgres(postgres)]) {
      const before = (await names()).length
      await down()
      for (const response of [await post('During'), await get('/companies'), await get('/changes?since=0')]) {
        expect(response.status).toBe(503)
        expect(response.headers.get('retry-after')).toBe('2')
        expect(await response.json()).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('cannot be reached') })
      }
      expect(await ready()).toBe(503)
      expect((await test.request(`${test.base}/healthz`)).status).toBe(200)
      await postgres.start()
      expect((await written(`After ${before}`)).headers.get('idempotent-replayed')).toBeNull()
      expect(await ready()).toBe(200)
      expect((await get('/companies')).status).toBe(200)
    }
    expect(await names()).toEqual(['Before', 'After 1', 'After 2'])
    expect(await feed()).toEqual([1, 2, 3])
    await expect.poll(async () => (await test.flowstate.search.query({ q: 'After' })).items.length, { timeout: 20_000 }).toBe(2)
  })

  it('loses and doubles nothing while its connections are ended under writes', async () => {
    const wanted = Array.from({ length: 60 }, (_, index) => `Company ${String(index).padStart(2, '0')}`)
    const ending = (async () => { for (let count = 0; count < 8; count++) await cutOff() })()
    const queue = [...wanted]
    await Promise.all(Array.from({ length: 6 }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await written(next)
    }))
    await ending
    expect((await names()).sort()).toEqual(wanted)
    expect(await feed()).toEqual(wanted.map((_, index) => index + 1))
  })

  it('says of a commit whose answer was lost that it may be written, and replays it', async () => {
    expect((await post('Before')).status).toBe(201)
    cutter.arm()
    const lost = await post('Lost')
    expect(cutter.cut()).toBe(1)
    expect([lost.status, await lost.json()]).toMatchObject([503, { code: 'unavailable', detail: expect.stringContaining('same Idempotency-Key') }])
    const again = await written('Lost')
    expect(again.headers.get('idempotent-replayed')).toBe('true')
    expect(await names()).toEqual(['Before', 'Lost'])
    expect(await feed()).toEqual([1, 2])
  })

  it('tries anew what gave way to another transaction, that waited for it and it for that', async () => {
    const [first, second] = [await written('First'), await written('Second')].map((response) => response.json() as Promise<{ id: string }>)
    const [{ id: one }, { id: two }] = await Promise.all([first, second]) as [{ id: string }, { id: string }]
    const other = new Client({ connectionString: urlOf(name) })
    await other.connect()
    // It looks for no deadlock itself, so that it is the ledger which has to give way.
    await other.query("set deadlock_timeout = '1h'")
    await other.query(`begin; update companies set industry = 'other' where id = '${two}'`)
    const { ledger, workspace } = { ledger: test.services.ledger, workspace: test.workspace }
    const writing = ledger.run({ workspaceId: workspace.id, statements: [one, two].map((id) => ({ sql: 'update companies set industry = $1 where id = $2', params: ['ours', id] })) })
    await expect.poll(async () => (await asOwner("select count(*)::int as waiting from pg_locks where not granted")).rows[0].waiting, { interval: 5, timeout: 20_000 }).toBeGreaterThan(0)
    await other.query(`update companies set industry = 'other' where id = '${one}'`)
    await other.query('commit')
    await other.end()
    expect((await writing).state).toBe('committed')
    expect((await test.flowstate.companies.list({})).items.map(({ industry }) => industry)).toEqual(['ours', 'ours'])
  })

  it('refuses writes with 507 when the disk is full, with 503 when it is read-only or a row is held; reads go on', async () => {
    expect((await post('Before')).status).toBe(201)
    // What PostgreSQL says of a full disk, said by PostgreSQL.
    await asOwner(`create function full_disk() returns trigger language plpgsql as $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$;
      create trigger full_disk before insert on changes execute function full_disk()`)
    const full = await post('Full')
    expect([full.status, await full.json()]).toMatchObject([507, { code: 'storage_full' }])
    expect((await get('/companies')).status).toBe(200)
    await asOwner('drop trigger full_disk on changes; create trigger full_disk before insert on search_docs execute function full_disk()')
    // Who searches is answered, though the index cannot follow.
    await written('Unindexed')
    const found = await get('/search?q=unindexed')
    expect([found.status, await found.json()]).toEqual([200, { items: [], complete: false }])
    await asOwner('drop trigger full_disk on search_docs')
    await expect.poll(async () => (await test.flowstate.search.query({ q: 'Unindexed' })).items.length, { timeout: 20_000 }).toBe(1)

    await asOwner(`alter database ${name} set default_transaction_read_only = on`)
    await cutOff()
    await expect.poll(async () => (await get('/companies')).status, { timeout: 20_000 }).toBe(200)
    expect((await post('Read-only')).status).toBe(503)
    expect((await get('/companies')).status).toBe(200)
    await asOwner(`alter database ${name} set default_transaction_read_only = off`, 'postgres')
    await cutOff()
    await written('Read-only')

    const holder = new Client({ connectionString: urlOf(name) })
    await holder.connect()
    await holder.query('begin; select seq from workspaces for update')
    const held = await post('Held')
    expect([held.status, await held.json()]).toMatchObject([503, { detail: expect.stringContaining('nothing was written') }])
    expect((await get('/companies')).status).toBe(200)
    await holder.end()
    await written('Held')
    expect(await names()).toEqual(['Before', 'Unindexed', 'Read-only', 'Held'])
    expect(await feed()).toEqual([1, 2, 3, 4])
  })
})
