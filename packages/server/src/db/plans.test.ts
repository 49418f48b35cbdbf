import type { Database as Sqlite } from 'better-sqlite3'
import type { Pool } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import type { ListQuery } from './list.ts'
import { openDatabase } from './open.ts'
import { createFieldsStore } from '../fields/fields.store.ts'
import { createDuplicatesStore } from '../duplicates/duplicates.store.ts'
import { createImportsStore } from '../imports/imports.store.ts'
import { createChangeSetsStore } from '../ledger/changesets.store.ts'
import { createSearchStore } from '../search/search.store.ts'
import type { Database } from './database.ts'
import { within } from './within.ts'
import { createScoped, type ListedNoun } from './scoped.ts'

const SOME = '2026-01-01T00:00:00.000Z'
/** Lists that people look at all day, whose cost must not follow the size of the table: each with the index in whose order it is read. */
const LISTS: [noun: ListedNoun, query: ListQuery, index: string][] = [
  ['deals', {}, 'deals_created'],
  ['deals', { sort: '-updatedAt' }, 'deals_updated'],
  ['deals', { stageId: 'x', sort: 'position' }, 'deals_board'],
  ['deals', { stageId: 'x' }, 'deals_stage_created'],
  ['deals', { stageId: 'x', sort: '-value' }, 'deals_stage_value'],
  ['deals', { stageId: 'x', sort: 'value' }, 'deals_stage_value'],
  ['deals', { stageId: 'x', sort: 'expectedCloseDate' }, 'deals_stage_close'],
  ['deals', { pipelineId: 'x' }, 'deals_pipeline'],
  ['deals', { companyId: 'x' }, 'deals_company'],
  ['deals', { customerId: 'x' }, 'deals_customer'],
  ['deals', { ownerId: 'x' }, 'deals_owner'],
  ['deals', { status: 'lost' }, 'deals_status'],
  ['deals', { sort: '-value' }, 'deals_value'],
  ['deals', { sort: 'expectedCloseDate' }, 'deals_close'],
  ['deals', { 'createdAt[gte]': SOME }, 'deals_created'],
  ['deals', { 'customFields.score': '5' }, 'cf_deals_score'],
  ['deals', { sort: 'customFields.score' }, 'cf_deals_score'],
  ['interactions', {}, 'interactions_occurred'],
  ['interactions', { customerId: 'x' }, 'interactions_customer'],
  ['interactions', { companyId: 'x' }, 'interactions_company'],
  ['interactions', { dealId: 'x' }, 'interactions_deal'],
  ['interactions', { kind: 'meeting' }, 'interactions_kind'],
  ['interactions', { sort: '-updatedAt' }, 'interactions_updated'],
  ['customers', {}, 'customers_created'],
  ['customers', { sort: 'name' }, 'customers_name'],
  ['customers', { companyId: 'x' }, 'customers_company'],
  ['customers', { ownerId: 'x' }, 'customers_owner'],
  ['companies', {}, 'companies_created'],
  ['companies', { ownerId: 'x' }, 'companies_owner'],
  ['reminders', { ownerId: 'x' }, 'reminders_owner'],
  ['reminders', { dealId: 'x' }, 'reminders_deal'],
]

interface Asked { sql: string; params: unknown[] }

/** What is asked of the driver itself from now on. */
const listenTo = ({ dialect, reader }: Database): Asked[] => {
  const asked: Asked[] = []
  if (dialect === 'sqlite') {
    const client = (reader as unknown as { $client: Sqlite }).$client
    const prepare = client.prepare.bind(client)
    client.prepare = ((sql: string) => {
      if (!sql.startsWith('explain')) asked.push({ sql, params: [] })
      return prepare(sql)
    }) as typeof client.prepare
    return asked
  }
  const pool = (reader as unknown as { $client: Pool }).$client
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown
  pool.query = ((...args: unknown[]) => {
    const [config, params] = args as [{ text: string } | string, unknown[] | undefined]
    asked.push({ sql: typeof config === 'string' ? config : config.text, params: params ?? [] })
    return query(...args)
  }) as typeof pool.query
  return asked
}

/** The plan of a statement; on PostgreSQL the one it would rather have if it could not sort and not read all, for it has nothing to read here. */
const planOf = async ({ dialect, reader }: Database, { sql, params }: Asked, { bitmaps = false } = {}): Promise<string> => {
  if (dialect === 'sqlite') {
    const statement = (reader as unknown as { $client: Sqlite }).$client.prepare(`explain query plan ${sql}`)
    return (statement.all(...Array.from({ length: (sql.match(/\?/g) ?? []).length }, () => null)) as { detail: string }[]).map(({ detail }) => detail).join('\n')
  }
  const client = await (reader as unknown as { $client: Pool }).$client.connect()
  try {
    await client.query(`begin; set local enable_seqscan = off; set local enable_sort = off; set local enable_bitmapscan = ${bitmaps ? 'on' : 'off'}`)
    const { rows } = await client.query(`explain (costs off) ${sql}`, params)
    return (rows as Record<string, string>[]).map((row) => row['QUERY PLAN']).join('\n')
  } finally {
    await client.query('rollback')
    client.release()
  }
}

describeEachDatabase('plans', (fresh) => {
  let home: FreshDatabase
  let database: Database
  beforeAll(async () => {
    home = await fresh()
    database = await openDatabase({ url: home.url })
    await database.ledger.run({ workspaceId: null, statements: createFieldsStore(database).index('deals', 'score') })
  })
  afterAll(async () => {
    await database.close()
    await home.dispose()
  })

  it('read the lists that people look at all day in the order of an index', async () => {
    const asked = listenTo(database)
    for (const [noun, query, index] of LISTS) {
      asked.length = 0
      await createScoped(database).list({ workspaceId: 'wsp_none', records: null }, noun, { ...query, limit: 50 })
      const lists = asked.filter(({ sql }) => /order by/.test(sql))
      expect(lists.length, JSON.stringify(query)).toBeGreaterThan(0)
      for (const list of lists) {
        const plan = await planOf(database, list)
        expect(plan, `${noun} ${JSON.stringify(query)}`).not.toMatch(/TEMP B-TREE|\bSort\b|Seq Scan/)
        // PostgreSQL chooses by its statistics, which a new database does not have.
        if (database.dialect === 'sqlite') expect(plan, `${noun} ${JSON.stringify(query)}`).toContain(`USING INDEX ${index} `)
      }
    }
  })

  it('find those with a tag that few have by who carries it', async () => {
    const asked = listenTo(database)
    for (const noun of ['companies', 'customers', 'deals', 'interactions', 'reminders'] as const) {
      asked.length = 0
      await createScoped(database).list({ workspaceId: 'wsp_none', records: null }, noun, { tags: 'tag_none', limit: 50 })
      const plans = await Promise.all(asked.filter(({ sql }) => /order by/.test(sql)).map((each) => planOf(database, each)))
      expect(plans.length).toBeGreaterThan(0)
      // PostgreSQL chooses by its statistics, which a new database does not have.
      if (database.dialect === 'sqlite') for (const plan of plans) expect(plan, noun).toMatch(new RegExp(`SEARCH ${noun} USING INDEX sqlite_autoindex_${noun}_1[^]*SEARCH tagged USING PRIMARY KEY`))
    }
  })

  it('find by an index what few have, a tag or a custom field, under row-level security too', async () => {
    if (database.dialect === 'sqlite') return
    const fill = `insert into companies (workspace_id, id, name, tags, custom_fields, version, created_at, updated_at)
      select 'wsp_full', 'com_' || n, 'Company ' || n, case when n % 2000 = 0 then '["tag_rare"]' else '[]' end::jsonb, jsonb_build_object('score', n), 1, now(), now() from generate_series(1, 8000) as n`
    const statements = [fill, "select gin_clean_pending_list('companies_tags')", 'analyze companies'].map((text) => ({ sql: text, params: [] }))
    await database.ledger.run({ workspaceId: null, statements: [...createFieldsStore(database).index('companies', 'score'), ...statements] })
    const asked = listenTo(database)
    await within('wsp_full', async () => {
      const list = async (query: ListQuery) => {
        asked.length = 0
        const { items } = await createScoped(database).list({ workspaceId: 'wsp_full', records: null }, 'companies', query)
        const client = await (database.reader as unknown as { $client: Pool }).$client.connect()
        const plans = await Promise.all(asked.filter(({ sql }) => /order by/.test(sql)).map(async ({ sql, params }) => (await client.query(`explain (costs off) ${sql}`, params)).rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n')))
        client.release()
        return { items, plan: plans.join('\n') }
      }
      const tagged = await list({ tags: 'tag_rare' })
      expect(tagged.items).toHaveLength(4)
      expect(tagged.plan).toContain('Bitmap Index Scan on companies_tags')
      const scored = await list({ 'customFields.score': '77' })
      expect(scored.items).toHaveLength(1)
      expect(scored.plan).toMatch(/cf_companies_score[^]*Index Cond:[^\n]*'score'::text\) = ANY/)
    })
  })

  it('look up what a part of an import meets by the index of each key', async () => {
    const asked = listenTo(database)
    const store = createImportsStore(database)
    const LOOKUPS: [index: string, look: () => Promise<unknown>][] = [
      ['customers_email', () => store.byEmail('wsp_none', ['a@x.example', 'b@x.example'])], ['customers_phone', () => store.byPhone('wsp_none', ['+4930123', '+4930124'])], ['companies_domain', () => store.byDomain('wsp_none', ['x.example', 'y.example'])],
      ...(['companies', 'customers', 'deals', 'interactions'] as const).map((noun): [string, () => Promise<unknown>] => [`${noun}_external_id`, () => store.byExternalId('wsp_none', noun, ['1', '2'])]),
    ]
    const prepared = asked.splice(0)
    for (const [index, look] of LOOKUPS) {
      asked.length = 0
      await look()
      // SQLite's are prepared at the beginning, once.
      const plans = await Promise.all([...asked, ...(database.dialect === 'sqlite' ? prepared : [])].map((each) => planOf(database, each)))
      // PostgreSQL chooses among indexes by its statistics, which a new database does not have.
      if (database.dialect === 'sqlite') expect(plans.filter((plan) => plan.includes(`INDEX ${index} `)), index).not.toEqual([])
      expect(plans.join('\n')).not.toMatch(/Seq Scan|SCAN (?!json_each|wanted)/)
    }
  })

  it('look up the pairs of some records by the index of each side', async () => {
    const store = createDuplicatesStore(database, createScoped(database))
    const asked = listenTo(database)
    await store.pairsOf('wsp_none', ['cus_1', 'cus_2'])
    expect(asked).toHaveLength(1)
    for (const each of asked) {
      const plan = await planOf(database, each)
      expect(plan).not.toMatch(/Seq Scan on duplicates|SCAN duplicates/)
      if (database.dialect === 'sqlite') expect(plan).toMatch(/duplicates_pair[^]*duplicates_right/)
    }
  })

  it('search by the indexes of words and of trigrams', async () => {
    // Of so few documents it would rather read all by their key; without that it shows which index may serve.
    if (database.dialect === 'postgres') await database.ledger.run({ workspaceId: null, statements: [{ sql: 'alter table search_docs drop constraint search_docs_pk', params: [] }] })
    const asked = listenTo(database)
    const store = createSearchStore(database)
    await store.exact('wsp_none', ['customers'], ['albatross'])
    await store.fuzzy('wsp_none', ['customers'], ['albatros'])
    expect(asked.length).toBeGreaterThan(1)
    const plans = await Promise.all(asked.map((each) => planOf(database, each, { bitmaps: true })))
    // A word whose trigrams are in no record is looked for no further on SQLite.
    if (database.dialect === 'sqlite') expect(plans.join('\n')).toContain('SCAN i VIRTUAL TABLE INDEX')
    else for (const plan of plans) expect(plan).toMatch(/Bitmap Index Scan on search_docs_(words|parts)/)
  })

  it('read a part of a large change set without the parts before and after it', async () => {
    if (database.dialect === 'postgres') return
    const asked = listenTo(database)
    const store = createChangeSetsStore(database)
    const set = { id: 'chg_none', seqFrom: 1, seqTo: 1_000_000 }
    await store.lastChangesOf('wsp_none', set, 500_000, 500)
    await store.changesOf('wsp_none', set, 500_000, 500)
    // Of two bounds on one side it takes one to seek by, and reads through to the other.
    for (const { sql } of asked) expect(sql.match(/"seq" [<>]=?/g)).toHaveLength(2)
    for (const each of asked) expect(await planOf(database, each)).toMatch(/SEARCH changes USING PRIMARY KEY \(workspace_id=\? AND seq>\? AND seq<\?\)/)
  })

  it('know of every index of a table that grows how many records share its values', async () => {
    if (database.dialect === 'postgres') return
    const client = (database.reader as unknown as { $client: Sqlite }).$client
    const unknown = client.prepare(`select i.name from sqlite_schema t, pragma_index_list(t.name) i where t.type = 'table' and t.name in ('companies', 'customers', 'deals', 'interactions', 'reminders', 'duplicates', 'duplicate_keys', 'tagged')
      and not exists (select 1 from sqlite_stat1 s where s.tbl = t.name and (s.idx = i.name or (i.origin = 'pk' and s.idx = t.name)))`).pluck().all()
    expect(unknown, 'add them to sqlite_stat1 in the migration that makes them, as 0010_lists does: an index without is taken for the best there is').toEqual([])
  })
})
