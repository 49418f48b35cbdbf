import { cpSync, createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import Sqlite from 'better-sqlite3'
import { drizzle as drizzleSqlite } from 'drizzle-orm/better-sqlite3'
import { migrate as migrateSqlite } from 'drizzle-orm/better-sqlite3/migrator'
import { drizzle as drizzlePostgres } from 'drizzle-orm/node-postgres'
import { migrate as migratePostgres } from 'drizzle-orm/node-postgres/migrator'
import { Client } from 'pg'
import { pack } from 'tar-stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deriveSecrets } from '../secrets.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, TEST_SECRET, type TestServer } from '../testing/server.ts'
import { readArchive } from './archive.ts'
import { openBackup } from './backup.ts'
import { fingerprintOf, knownMigrations, migrationsFolder } from './manifest.ts'
import { restoreBackup, type RestoreOf } from './restore.ts'

const backUp = async (home: FreshDatabase, file: string, withSecret = false): Promise<void> => {
  const { bytes } = await openBackup({ databaseUrl: home.url, dataDir: home.dir, secret: TEST_SECRET, withSecret })
  await pipeline(Readable.from(bytes), createGzip(), createWriteStream(file))
}
const into = (home: FreshDatabase, file: string, more: Partial<RestoreOf> = {}): RestoreOf => ({ file, databaseUrl: home.url, dataDir: home.dir, givenSecret: TEST_SECRET, force: false, ...more })
const everything = async (test: TestServer) => ({
  companies: await test.flowstate.exports.text('companies', { format: 'jsonl', archived: 'any' }),
  deals: await test.flowstate.exports.text('deals', { format: 'jsonl', archived: 'any' }),
  stages: await test.flowstate.exports.text('stages', { format: 'jsonl', archived: 'any' }),
  changes: (await test.flowstate.changes.list({ since: 0, limit: 200 })).items,
})

describeEachDatabase('backup and restore', (fresh, dialect) => {
  let home: FreshDatabase
  let test: TestServer
  const homes: FreshDatabase[] = []
  const another = async () => {
    const made = await fresh()
    homes.push(made)
    return made
  }
  beforeAll(async () => {
    home = await another()
    test = await createTestServer(home)
  })
  afterAll(async () => {
    await test.close()
    for (const each of homes) await each.dispose()
  })

  it('holds every write that was acknowledged before it began, while others go on, and gives all of it back', async () => {
    const { flowstate } = test
    await flowstate.pipelines.create({ name: 'Sales' })
    const tag = await flowstate.tags.create({ name: "quote ' and \\ back" })
    const naughty = await flowstate.companies.create({ name: 'Ünïcode 🚀 "q" \\ \n line', tags: [tag.id], customFields: { n: -1.5, t: '\\N', yes: true, list: ['a', 'b'] } })
    await flowstate.deals.create({ title: 'Deal', companyId: naughty.id, value: { amount: 9_007_199_254_740_991, currency: 'EUR' } })
    await test.services.files.write('imports:imp_x:source', new Blob(['a,b\n'.repeat(400_000)]).stream(), 10_000_000)

    const acknowledged: string[] = []
    let writing = true
    const writers = Promise.all(Array.from({ length: 6 }, async (_, writer) => {
      for (let count = 0; writing; count++) acknowledged.push((await flowstate.companies.create({ name: `Written ${writer}.${count}` })).id)
    }))
    while (acknowledged.length < 50) await new Promise((resolve) => setImmediate(resolve))
    const before = [...acknowledged]
    const file = join(home.dir, 'under-load.tar.gz')
    await backUp(home, file)
    // It went on meanwhile: what was written since is more than what the backup may know.
    const after = acknowledged.length
    writing = false
    await writers
    expect(after).toBeGreaterThan(before.length)

    const place = await another()
    const { manifest, rows, warning, movedAside } = await restoreBackup(into(place, file))
    expect({ warning, movedAside }).toEqual({ warning: null, movedAside: [] })
    const restored = await createTestServer(place)
    const kept = new Set<string>()
    for await (const { id } of restored.flowstate.exports.records('companies')) kept.add(id)
    expect(before.filter((id) => !kept.has(id))).toEqual([])
    expect(rows.companies).toBe(kept.size)
    expect((await restored.flowstate.companies.retrieve(naughty.id))).toEqual(await flowstate.companies.retrieve(naughty.id))
    const seqs: number[] = []
    for (let since = 0; ;) {
      const { items, to } = await restored.flowstate.changes.list({ since, limit: 200 })
      if (items.length === 0) break
      seqs.push(...items.map(({ seq }) => seq))
      since = to
    }
    expect(seqs).toEqual(Array.from({ length: manifest.workspaces[0]?.seq ?? 0 }, (_, index) => index + 1))
    const parts: Buffer[] = []
    for await (const part of restored.services.files.read('imports:imp_x:source')) parts.push(part)
    expect(Buffer.concat(parts).length).toBe(1_600_000)
    // The key that was made before opens it, searches find what is in it, and it goes on where it stood.
    const old = restored.clientFor(test.secret)
    expect((await old.search.query({ q: 'ünïcode' })).items[0]?.id).toBe(naughty.id)
    const made = await old.companies.create({ name: 'After' })
    expect((await old.changes.list({ since: manifest.workspaces[0]?.seq ?? 0 })).items).toMatchObject([{ id: made.id }])
    await restored.close()
  }, 60_000)

  it('is the same again when what was restored is backed up', async () => {
    const [first, second, third] = [join(home.dir, 'first.tar.gz'), await another(), await another()]
    await backUp(home, first)
    await restoreBackup(into(second, first))
    const copy = await createTestServer(second)
    const content = await everything({ ...copy, flowstate: copy.clientFor(test.secret) })
    await copy.close()
    expect(content).toEqual(await everything(test))
    const again = join(home.dir, 'second.tar.gz')
    await backUp(second, again)
    await restoreBackup(into(third, again))
    const last = await createTestServer(third)
    expect(await everything({ ...last, flowstate: last.clientFor(test.secret) })).toEqual(content)
    await last.close()
  }, 60_000)

  it('refuses to overwrite, and moves aside what is there when it is told to', async () => {
    const place = await another()
    const other = await createTestServer(place)
    await other.flowstate.companies.create({ name: 'Here before' })
    await other.services.files.put('note', 'before')
    await other.close()
    const file = join(home.dir, 'aside.tar.gz')
    await backUp(home, file)
    await expect(restoreBackup(into(place, file))).rejects.toThrow(/not empty: it holds 1 workspace.*--data DIR.*--force/)
    const { movedAside } = await restoreBackup(into(place, file, { force: true }))
    expect(movedAside[0]).toMatch(dialect === 'sqlite' ? /flowstate\.db\.before-\d{8}T\d{6}Z$/ : /^schema before_\d{8}t\d{6}z$/)
    expect(movedAside[1]).toMatch(/files\.before-/)
    expect(readFileSync(join(movedAside[1] ?? '', 'note'), 'utf8')).toBe('before')
    if (dialect === 'sqlite') {
      const aside = new Sqlite(movedAside[0] ?? '', { readonly: true })
      expect(aside.prepare('select name from companies').all()).toEqual([{ name: 'Here before' }])
      aside.close()
    }
    const restored = await createTestServer(place)
    expect((await restored.clientFor(test.secret).companies.list({ name: 'Here before' })).items).toEqual([])
    await restored.close()
    expect(readdirSync(place.dir).filter((name) => name.startsWith('.'))).toEqual([])
  }, 60_000)

  it('touches nothing when the file is cut off, damaged, newer, or no backup at all', async () => {
    const file = join(home.dir, 'whole.tar.gz')
    await backUp(home, file)
    const whole = readFileSync(file)
    const place = await another()
    const spoiled = join(home.dir, 'spoiled.tar.gz')
    const attempt = async (bytes: Buffer) => {
      writeFileSync(spoiled, bytes)
      return restoreBackup(into(place, spoiled, { force: true })).then(() => 'restored', (error: Error) => error.message)
    }
    expect(await attempt(whole.subarray(0, whole.length / 2))).toMatch(/cut off/)
    const flipped = Buffer.from(whole)
    flipped[Math.floor(whole.length / 2)] = (flipped[Math.floor(whole.length / 2)] ?? 0) ^ 0xff
    expect(await attempt(flipped)).toMatch(/take another copy/i)
    expect(await attempt(Buffer.from('name,email\nAda,ada@x.example\n'))).toMatch(/cannot be read as a backup/)
    expect(await attempt(await repacked(file, (manifest) => ({ ...manifest, migrations: [...manifest.migrations, 'of a later version'], version: '9.0.0' })))).toMatch(/newer Flowstate \(9\.0\.0\)/)
    expect(await attempt(await repacked(file, (manifest) => ({ ...manifest, parts: manifest.parts.map((part, index) => (index === 0 ? { ...part, sha256: '0'.repeat(64) } : part)) })))).toMatch(/damaged/)
    expect(existsSync(join(place.dir, 'flowstate.db'))).toBe(false)
    expect(readdirSync(place.dir)).toEqual([])
  }, 60_000)

  it('keeps the secret out unless it is asked for, and says when keys would open nothing', async () => {
    const [bare, guarded] = [join(home.dir, 'bare.tar.gz'), join(home.dir, 'guarded.tar.gz')]
    await backUp(home, bare)
    await backUp(home, guarded, true)
    expect((await contentsOf(bare)).includes(TEST_SECRET)).toBe(false)
    expect((await contentsOf(guarded)).includes(TEST_SECRET)).toBe(true)
    const [other, empty] = [await another(), await another()]
    expect((await restoreBackup(into(other, bare, { givenSecret: 'another secret of forty characters or more' }))).warning).toContain('Set FLOWSTATE_SECRET to the old one')
    expect((await restoreBackup(into(empty, guarded, { givenSecret: null }))).warning).toBeNull()
    expect(readFileSync(join(empty.dir, 'secret'), 'utf8')).toBe(TEST_SECRET)
  }, 60_000)
})

describeEachDatabase('a backup of an older schema', (fresh, dialect) => {
  it('is brought up to date as it is restored', async () => {
    const [home, place] = [await fresh(), await fresh()]
    const folder = join(home.dir, 'migrations-then')
    cpSync(migrationsFolder(dialect), folder, { recursive: true })
    const journal = join(folder, 'meta/_journal.json')
    const { entries, ...rest } = JSON.parse(readFileSync(journal, 'utf8')) as { entries: unknown[] }
    writeFileSync(journal, JSON.stringify({ ...rest, entries: entries.slice(0, THEN) }))
    const rows = [
      "insert into workspaces (id, slug, name, seq, epoch, created_at, updated_at) values ('wsp_old', 'acme', 'Acme', 0, 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')",
      "insert into companies (workspace_id, id, name, custom_fields, version, created_at, updated_at) values ('wsp_old', 'com_old', 'Old', '{}', 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')",
    ]
    if (dialect === 'sqlite') {
      const db = new Sqlite(join(home.dir, 'flowstate.db'))
      migrateSqlite(drizzleSqlite(db), { migrationsFolder: folder })
      for (const row of rows) db.exec(row)
      db.close()
    } else {
      const client = new Client({ connectionString: home.url })
      await client.connect()
      await migratePostgres(drizzlePostgres(client), { migrationsFolder: folder })
      for (const row of rows) await client.query(row)
      await client.end()
    }
    const file = join(home.dir, 'then.tar.gz')
    await backUp(home, file)
    const { manifest } = await restoreBackup(into(place, file))
    expect(manifest.migrations).toEqual(knownMigrations(dialect).slice(0, THEN))
    const restored = await createTestServer(place)
    expect(await restored.flowstate.companies.retrieve('com_old')).toMatchObject({ name: 'Old', tags: [] })
    expect((await restored.flowstate.companies.create({ name: 'New' })).name).toBe('New')
    await restored.close()
    await home.dispose()
    await place.dispose()
  }, 60_000)
})
/** How many migrations there were then. */
const THEN = 1

describe('an archive', () => {
  it('that would write outside its place is refused', async () => {
    const dir = mkdtempSync('/tmp/flowstate-archive-')
    mkdirSync(dir, { recursive: true })
    const file = join(dir, 'evil.tar.gz')
    const tar = pack()
    tar.entry({ name: 'files/../../evil' }, 'x')
    tar.finalize()
    await pipeline(tar, createGzip(), createWriteStream(file))
    const kept: string[] = []
    await expect(readArchive(file, async (name) => { kept.push(name) })).rejects.toThrow(/which no backup does/)
    expect(kept).toEqual([])
    rmSync(dir, { recursive: true, force: true })
  })
  it('tells secrets apart without saying them', () => {
    expect(fingerprintOf(TEST_SECRET)).toMatch(/^[0-9a-f]{16}$/)
    expect(deriveSecrets(TEST_SECRET).pepper.toString('hex')).not.toContain(fingerprintOf(TEST_SECRET))
  })
})

const contentsOf = async (file: string): Promise<Buffer> => {
  const chunks: Buffer[] = []
  for await (const chunk of createReadStream(file).pipe(createGunzip())) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** The same parts under another manifest. */
const repacked = async (file: string, change: (manifest: Awaited<ReturnType<typeof readArchive>>) => Awaited<ReturnType<typeof readArchive>>): Promise<Buffer> => {
  const parts = new Map<string, Buffer>()
  const manifest = await readArchive(file, async (name, body) => {
    const chunks: Buffer[] = []
    for await (const chunk of body) chunks.push(chunk)
    parts.set(name, Buffer.concat(chunks))
  })
  const tar = pack()
  for (const [name, body] of parts) tar.entry({ name }, body)
  tar.entry({ name: 'manifest.json' }, JSON.stringify(change(manifest)))
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of Readable.from(tar as AsyncIterable<Buffer>).pipe(createGzip())) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
