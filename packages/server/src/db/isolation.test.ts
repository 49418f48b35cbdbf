import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { APP_ROLE, WORKSPACE_SETTING } from './isolation.ts'
import { openDatabase } from './open.ts'
import { within } from './within.ts'

interface Tenant { name: string; key: string }

/** Every table that belongs to a workspace, by the catalogue. */
const tenantsOf = async (client: Client): Promise<Tenant[]> => (await client.query<Tenant>(`
  select c.relname as name, a.attname as key from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
  where n.nspname = 'public' and c.relkind in ('r', 'p') and not a.attisdropped and (a.attname = 'workspace_id' or (c.relname = 'workspaces' and a.attname = 'id')) order by 1`)).rows

/** A row that a table takes, of whatever columns it has: as the owner, with foreign keys put aside. */
const rowOf = async (client: Client, { name, key }: Tenant, workspaceId: string): Promise<{ columns: string; values: string }> => {
  const { rows } = await client.query<{ name: string; type: string }>(`select attname as name, format_type(atttypid, null) as type from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attnotnull and attgenerated = '' and attidentity = ''`, [name])
  const valueOf = (type: string): string => (/int|numeric|double|real/.test(type) ? '1' : /json/.test(type) ? `'{}'` : /time/.test(type) ? 'now()' : type === 'boolean' ? 'false' : type === 'tsvector' ? `''` : `'${randomBytes(6).toString('hex')}'`)
  return { columns: rows.map((column) => `"${column.name}"`).join(', '), values: rows.map((column) => (column.name === key ? `'${workspaceId}'` : valueOf(column.type))).join(', ') }
}

const refusedBy = async (client: Client, sql: string): Promise<string> => {
  await client.query('savepoint before')
  const said = await client.query(sql).then(() => 'nothing', (error: Error) => error.message)
  await client.query('rollback to savepoint before')
  return said
}

describe('isolation [postgres]', () => {
  let home: FreshDatabase
  let client: Client
  let tenants: Tenant[]
  const [mine, theirs] = ['wsp_mine', 'wsp_theirs']
  beforeAll(async () => {
    home = await freshDatabase('postgres')
    await (await openDatabase({ url: home.url })).close()
    client = new Client({ connectionString: home.url })
    await client.connect()
    tenants = await tenantsOf(client)
    await client.query('set session_replication_role = replica')
    for (const tenant of tenants) {
      for (const workspaceId of [mine, theirs]) {
        const { columns, values } = await rowOf(client, tenant, workspaceId)
        await client.query(`insert into ${tenant.name} (${columns}) values (${values})`)
      }
    }
    await client.query('set session_replication_role = origin')
  })
  afterAll(async () => {
    await client.end()
    await home.dispose()
  })

  const asApp = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    await client.query(`begin; set local role ${APP_ROLE}`)
    try {
      return await work()
    } finally {
      await client.query('rollback')
    }
  }
  const seen = async ({ name, key }: Tenant): Promise<string[]> => (await client.query<{ of: string }>(`select ${key} as of from ${name}`)).rows.map(({ of }) => of)
  const show = (workspaceId: string) => client.query(`set local ${WORKSPACE_SETTING} = '${workspaceId}'`)

  it('knows every table of a workspace', () => {
    expect(tenants.map(({ name }) => name)).toEqual(expect.arrayContaining(['workspaces', 'members', 'keys', 'sessions', 'tickets', 'customers', 'changes', 'change_sets', 'search_docs', 'tasks', 'deliveries', 'idempotency']))
    expect(tenants.length).toBeGreaterThan(28)
  })

  it('shows the application nothing where no workspace is set, and lets it write nothing', async () => {
    for (const tenant of tenants) {
      await asApp(async () => {
        expect(await seen(tenant), tenant.name).toEqual([])
        expect((await client.query(`delete from ${tenant.name}`)).rowCount, tenant.name).toBe(0)
        expect((await client.query(`update ${tenant.name} set ${tenant.key} = ${tenant.key}`)).rowCount, tenant.name).toBe(0)
      })
      const { columns, values } = await rowOf(client, tenant, mine)
      await asApp(async () => expect(await refusedBy(client, `insert into ${tenant.name} (${columns}) values (${values})`), tenant.name).toContain('row-level security'))
    }
  })

  it('shows one workspace its own rows alone, and lets it write none for another', async () => {
    for (const tenant of tenants) {
      await asApp(async () => {
        await show(mine)
        expect(await seen(tenant), tenant.name).toEqual([mine])
        expect((await client.query(`delete from ${tenant.name} where ${tenant.key} = '${theirs}'`)).rowCount, tenant.name).toBe(0)
        expect(await refusedBy(client, `update ${tenant.name} set ${tenant.key} = '${theirs}'`), tenant.name).toContain('row-level security')
      })
      const { columns, values } = await rowOf(client, tenant, theirs)
      await asApp(async () => {
        await show(mine)
        expect(await refusedBy(client, `insert into ${tenant.name} (${columns}) values (${values})`), tenant.name).toContain('row-level security')
      })
    }
  })

  it('forgets the workspace with the transaction that set it', async () => {
    await client.query(`set role ${APP_ROLE}`)
    for (const end of ['rollback', 'commit']) {
      await client.query('begin')
      await show(mine)
      await client.query(end)
      for (const tenant of tenants) expect(await seen(tenant), tenant.name).toEqual([])
    }
    await client.query('reset role')
  })

  it('shows nothing of another workspace by any way to say a setting: none, empty, odd, for the session, or after it failed', async () => {
    // A connection that may be nothing but the application: whoever stole its password has no more.
    const login = `thief_${randomBytes(4).toString('hex')}`
    await client.query(`create role ${login} login password 'stolen'; grant ${APP_ROLE} to ${login}`)
    const url = new URL(home.url)
    url.username = login
    url.password = 'stolen'
    const thief = new Client({ connectionString: url.href })
    await thief.connect()
    try {
      const countOf = async ({ name }: Tenant) => thief.query(`select count(*)::int as count from ${name}`).then(({ rows: [row] }) => (row as { count: number }).count, (error: Error) => error.message)
      const mineOf = async ({ name, key }: Tenant, workspaceId: string) => (await thief.query(`select from ${name} where ${key} = $1`, [workspaceId])).rowCount
      for (const tenant of tenants) expect(await countOf(tenant), tenant.name).toBe(0)
      for (const odd of ['', '*', '%', 'wsp_', mine.toUpperCase(), `${mine}' or '1'='1`, `${mine},${theirs}`]) {
        await thief.query('select set_config($1, $2, false)', [WORKSPACE_SETTING, odd])
        for (const tenant of tenants) expect(await countOf(tenant), `${tenant.name} with ${odd}`).toBe(0)
      }
      // Set for its session, it is that workspace, and never two.
      await thief.query('select set_config($1, $2, false)', [WORKSPACE_SETTING, theirs])
      for (const tenant of tenants) expect([await mineOf(tenant, mine), await mineOf(tenant, theirs)], tenant.name).toEqual([0, 1])
      await thief.query(`reset ${WORKSPACE_SETTING}`)
      for (const tenant of tenants) {
        await thief.query(`begin; set local ${WORKSPACE_SETTING} = '${mine}'`)
        await expect(thief.query('select 1 / 0')).rejects.toThrow('division')
        expect(await countOf(tenant), tenant.name).toContain('aborted')
        await thief.query('rollback')
        expect(await countOf(tenant), tenant.name).toBe(0)
      }
      // Nor does it let itself out.
      for (const statement of ['alter table companies no force row level security', 'alter table companies disable row level security', 'drop policy one_workspace on companies', 'set session_replication_role = replica', 'create policy mine on companies using (true)', 'truncate companies', 'set role postgres', 'set row_security = off; select * from companies']) {
        await expect(thief.query(statement), statement).rejects.toThrow(/must be owner|permission denied|would be affected by row-level security/)
        await thief.query('reset row_security')
      }
      // The views that searches read are as narrow.
      const views = (await thief.query<{ name: string }>("select relname as name from pg_class where relkind = 'v' and relname like '%\\_here'")).rows
      expect(views.length).toBeGreaterThan(4)
      for (const { name } of views) expect((await thief.query(`select from ${name}`)).rowCount, name).toBe(0)
    } finally {
      await thief.end()
      await client.query(`revoke ${APP_ROLE} from ${login}; drop role ${login}`)
    }
  })

  it('secures a table that is new at the next start', async () => {
    await client.query('create table brand_new (workspace_id text not null, id text not null)')
    await client.query(`insert into brand_new values ('${mine}', '1'), ('${theirs}', '2')`)
    await (await openDatabase({ url: home.url })).close()
    await asApp(async () => {
      expect(await seen({ name: 'brand_new', key: 'workspace_id' })).toEqual([])
      await show(theirs)
      expect(await seen({ name: 'brand_new', key: 'workspace_id' })).toEqual([theirs])
    })
  })
})

describe('a server whose database user is no superuser [postgres]', () => {
  const name = `plain_${randomBytes(4).toString('hex')}`
  let admin: Client
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    admin = new Client({ connectionString: inject('postgresUrl') })
    await admin.connect()
    home = await freshDatabase('postgres')
    const url = new URL(home.url)
    await admin.query(`create role ${name} login createrole password 'plain'; alter database ${url.pathname.slice(1)} owner to ${name}`)
    url.username = name
    url.password = 'plain'
    // Where the role is there already, it is a superuser's to lend.
    await expect(openDatabase({ url: url.href })).rejects.toThrow(new RegExp(`grant ${APP_ROLE} to ${name}`))
    await admin.query(`grant ${APP_ROLE} to ${name}`)
    test = await createTestServer({ ...home, url: url.href }, { workerConcurrency: 1 })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
    await admin.query(`revoke ${APP_ROLE} from ${name}`).catch(() => undefined)
    await admin.query(`drop role ${name}`)
    await admin.end()
  })

  it('reads, writes, searches and indexes a field, and begins again', async () => {
    const { flowstate } = test
    await flowstate.fields.create({ noun: 'companies', key: 'region', type: 'text', label: 'Region', indexed: true })
    const { id } = await flowstate.companies.create({ name: 'Albatross Freight', customFields: { region: 'north' } })
    expect((await flowstate.search.query({ q: 'albatros' })).items).toMatchObject([{ id }])
    expect((await flowstate.companies.list({ 'customFields.region': 'north' })).items).toMatchObject([{ id }])
    await (await openDatabase({ url: test.services.options.databaseUrl })).close()
    const client = new Client({ connectionString: test.services.options.databaseUrl })
    await client.connect()
    // Migrations and backups, which are made as the owner, see all.
    expect((await client.query('select from companies')).rowCount).toBe(1)
    await client.query(`set role ${APP_ROLE}`)
    expect((await client.query('select from companies')).rowCount).toBe(0)
    await client.end()
  })

  it('is what production asks for', async () => {
    await expect(openDatabase({ url: home.url, production: true })).rejects.toThrow(/postgres, whom row-level security does not hold/)
    await (await openDatabase({ url: test.services.options.databaseUrl, production: true })).close()
  })

  it('names two workspaces nothing of each other, whatever a statement forgets', async () => {
    const other = await test.services.workspaces.create('other')
    const there = test.clientFor((await test.services.keys.createAsOwner(other.id, { scopes: ['crm:read', 'crm:write'] })).secret)
    await there.companies.create({ name: 'Theirs' })
    const { reader, tables } = test.services.database
    // No predicate at all.
    expect((await within(other.id, async () => reader.select({ name: tables.companies.name }).from(tables.companies))).map((row) => row.name)).toEqual(['Theirs'])
    expect(await reader.select().from(tables.companies)).toEqual([])
    // Every table that says whose a row is, asked for all of it by the server's own connections.
    for (const [name, table] of Object.entries(tables) as [string, typeof tables.companies][]) {
      if (!('workspaceId' in table)) continue
      const seen = await within(other.id, async () => reader.select({ of: table.workspaceId }).from(table))
      expect(seen.filter(({ of }) => of !== other.id), name).toEqual([])
      expect((await reader.select({ of: table.workspaceId }).from(table)).length, name).toBe(0)
    }
  })
})
