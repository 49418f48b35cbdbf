import { randomUUID } from 'node:crypto'
import type { Import, ImportNoun } from '@flowstate-ai/sdk/contract'
import { and, asc, eq, gt, isNull, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { amongJson, boundJson } from '../db/among.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { toColumns } from '../db/wire.ts'
import type { Statement } from '../ledger/ledger.ts'
import type { ImportStage } from './draft.ts'
import { IMPORT_ENDED } from './states.ts'

/** Where an import goes on after a kill, written in the transaction of each part. */
export interface Checkpoint {
  /** Staged drafts up to here are done; of the part after it, those in `done`. */
  g: number
  done: number[]
  parts: number
  /** Another at each writing: who goes by another one than the last is refused. A count would not do: two who write beside each other count alike. */
  token: string
  /** Its change set is open. */
  opened: boolean
  stageIds: Record<string, ImportStage>
}
export const FRESH: Checkpoint = { g: 0, done: [], parts: 0, token: '', opened: false, stageIds: {} }
export const written = (checkpoint: Checkpoint): Checkpoint => ({ ...checkpoint, token: randomUUID() })

type Settable = Partial<Pick<Import, 'state' | 'mapping' | 'counts' | 'rejects' | 'error' | 'finishedAt' | 'settings' | 'detection' | 'preview' | 'total' | 'taskId'>>
const PAGE = 2_000
export interface KnownRecord { id: string; fields: Record<string, unknown>; company: string | null; customer: string | null; deal: string | null }

export const createImportsStore = ({ dialect, reader, tables }: Database) => {
  const { imports, stages, pipelines, companies, customers, deals, interactions, members, tags, changeSets } = tables

  type Keyed = { workspaceId: PgColumn; id: PgColumn; archivedAt: PgColumn }
  /**
   * Live records whose column holds one of many values, given as a JSON array: one prepared statement whatever their number. On SQLite
   * the values lead and each is looked up by the column's index; asked for rows in an order, it would read the whole table instead.
   */
  const prepareLookUp = <Also extends Record<string, SQL>>(table: Keyed, from: unknown, column: PgColumn, name: string, also: Also) => {
    const live = and(eq(table.workspaceId, sql.placeholder('workspaceId')), isNull(table.archivedAt))
    const select = reader.select({ id: sql<string>`${table.id}`, key: sql<string>`${column}`, ...also })
    const query = dialect === 'sqlite'
      ? select.from(sql`(select value as wanted from json_each(${sql.placeholder('keys')})) cross join ${from}`).where(and(live, sql`${column} = wanted`))
      : select.from(from as typeof deals).where(and(live, amongJson(dialect, column, sql.placeholder('keys'))))
    const prepared = query.prepare(`import_${name}`)
    /** The oldest first. */
    return async (workspaceId: string, keys: Iterable<string>): Promise<({ id: string; key: string } & { [Name in keyof Also]: string })[]> => {
      const list = [...new Set(keys)]
      const rows = list.length === 0 ? [] : (await prepared.execute({ workspaceId, keys: boundJson(list) })) as ({ id: string; key: string } & { [Name in keyof Also]: string })[]
      return rows.sort((a, b) => (a.id < b.id ? -1 : 1))
    }
  }
  const lookUp = (table: Keyed, from: unknown, column: PgColumn, name: string) => {
    const rowsOf = prepareLookUp(table, from, column, name, {})
    return async (workspaceId: string, keys: Iterable<string>): Promise<Map<string, string>> => {
      const found = new Map<string, string>()
      for (const { key, id } of await rowsOf(workspaceId, keys)) if (!found.has(key)) found.set(key, id)
      return found
    }
  }
  const columns = (table: unknown) => table as Record<string, PgColumn> & { workspaceId: PgColumn; id: PgColumn; archivedAt: PgColumn; externalId: PgColumn }
  const byExternalId = Object.fromEntries((['companies', 'customers', 'deals', 'interactions'] as const).map((noun) =>
    [noun, lookUp(columns(tables[noun]), tables[noun], columns(tables[noun]).externalId, `${noun}_external`)])) as unknown as Record<ImportNoun, ReturnType<typeof lookUp>>
  const byPhone = prepareLookUp(columns(customers), customers, customers.phoneKey as unknown as PgColumn, 'phone', { name: sql<string>`${customers.name}` })

  const none = sql<string | null>`null`
  const companiesAfter = async (workspaceId: string, after: string) => (await reader.select({ id: companies.id, name: companies.name, domain: companies.domain }).from(companies)
    .where(and(eq(companies.workspaceId, workspaceId), isNull(companies.archivedAt), gt(companies.id, after))).orderBy(asc(companies.id)).limit(PAGE))
    .map((row) => ({ ...row, company: null, customer: null, deal: null }))
  const othersAfter = (workspaceId: string, noun: Exclude<ImportNoun, 'companies'>, after: string) => {
    const table = tables[noun] as typeof deals
    const own = columns(tables[noun])
    const of = (name: string) => (own[name] ? sql<string | null>`${own[name]}` : none).as(`known_${name.toLowerCase()}`)
    return reader.select({
      id: table.id, name: of('name'), title: noun === 'deals' ? of('title') : none.as('known_title'), kind: of('kind'), subject: of('subject'), body: of('body'),
      occurredAt: noun === 'interactions' ? interactions.occurredAt : none.as('known_at'), company: companies.name, customer: noun === 'customers' ? none.as('known_customer') : sql<string | null>`contact.email`.as('known_customer'), deal: of('dealId'),
    }).from(table).leftJoin(companies, and(eq(companies.workspaceId, own.workspaceId), eq(companies.id, table.companyId)))
      .leftJoin(sql`${customers} as contact`, noun === 'customers' ? sql`1 = 0` : sql`contact.workspace_id = ${own.workspaceId} and contact.id = ${table.customerId}`)
      .where(and(eq(table.workspaceId, workspaceId), isNull(table.archivedAt), gt(table.id, after))).orderBy(asc(table.id)).limit(PAGE)
  }

  return {
    insert: (workspaceId: string, item: Import): Statement =>
      statementOf(reader.insert(imports).values({ workspaceId, checkpoint: FRESH, ...toColumns(dialect, 'imports', { ...item }) } as typeof imports.$inferInsert)),

    /** `from`: refused with IMPORT_ENDED when it is in none of these states any more; `upon`: or when its checkpoint is another. */
    update: (workspaceId: string, id: string, set: Settable & { checkpoint?: Checkpoint; updatedAt: string }, from?: readonly Import['state'][], upon?: Checkpoint): Statement =>
      statementOf(reader.update(imports).set({ ...set, version: sql`${imports.version} + 1` as unknown as number })
        .where(and(eq(imports.workspaceId, workspaceId), eq(imports.id, id), from ? sql`${imports.state} in ${[...from]}` : undefined, upon && sql`coalesce(${imports.checkpoint} ->> 'token', '') = ${upon.token ?? ''}`)), from ? { rows: 1, otherwise: IMPORT_ENDED } : undefined),

    async checkpoint(workspaceId: string, id: string): Promise<Checkpoint | null> {
      const [row] = await reader.select({ checkpoint: imports.checkpoint }).from(imports).where(and(eq(imports.workspaceId, workspaceId), eq(imports.id, id)))
      return row ? (row.checkpoint as Checkpoint) : null
    },

    async byTask(workspaceId: string, taskId: string): Promise<string | null> {
      const [row] = await reader.select({ id: imports.id }).from(imports).where(and(eq(imports.workspaceId, workspaceId), eq(imports.taskId, taskId)))
      return row?.id ?? null
    },

    /** What was written of an import that ends early is an applied change set. */
    closeSet: (workspaceId: string, id: string, at: string): Statement =>
      statementOf(reader.update(changeSets).set({ state: 'applied', appliedAt: at }).where(and(eq(changeSets.workspaceId, workspaceId), eq(changeSets.id, id), eq(changeSets.state, 'applying')))),

    /** Live stages of live pipelines, with the currency of the first. */
    async stages(workspaceId: string): Promise<(ImportStage & { pipelineName: string; currency: string })[]> {
      return reader.select({ id: stages.id, pipelineId: stages.pipelineId, name: stages.name, kind: stages.kind, pipelineName: pipelines.name, currency: pipelines.currency })
        .from(stages).innerJoin(pipelines, and(eq(pipelines.workspaceId, stages.workspaceId), eq(pipelines.id, stages.pipelineId)))
        .where(and(eq(stages.workspaceId, workspaceId), isNull(stages.archivedAt), isNull(pipelines.archivedAt))).orderBy(asc(pipelines.createdAt), asc(stages.position))
    },

    async members(workspaceId: string): Promise<{ id: string; email: string; name: string }[]> {
      return reader.select({ id: members.id, email: members.email, name: members.name }).from(members).where(and(eq(members.workspaceId, workspaceId), isNull(members.archivedAt)))
    },

    /** Live tags by name in lower case, and by id. */
    async tags(workspaceId: string): Promise<Map<string, string>> {
      const rows = await reader.select({ id: tags.id, key: tags.nameKey }).from(tags).where(and(eq(tags.workspaceId, workspaceId), isNull(tags.archivedAt)))
      return new Map(rows.flatMap(({ key, id }) => [[key, id], [id, id]]))
    },

    /** Live records by external id. */
    byExternalId: (workspaceId: string, noun: ImportNoun, keys: Iterable<string>) => byExternalId[noun](workspaceId, keys),
    byEmail: lookUp(columns(customers), customers, customers.emailKey as unknown as PgColumn, 'email'),
    byDomain: lookUp(columns(companies), companies, companies.domain as unknown as PgColumn, 'domain'),
    dealsById: lookUp(columns(deals), deals, deals.id as unknown as PgColumn, 'deal'),

    /** Live customers by phone; a phone can be held by several. */
    async byPhone(workspaceId: string, keys: Iterable<string>): Promise<Map<string, { id: string; name: string }[]>> {
      const found = new Map<string, { id: string; name: string }[]>()
      for (const { key, id, name } of await byPhone(workspaceId, keys)) found.set(key, [...(found.get(key) ?? []), { id, name }])
      return found
    },

    /** Every live record of a noun with what it can be known by besides its match keys, a page at a time, the oldest first. */
    async *known(workspaceId: string, noun: ImportNoun): AsyncGenerator<KnownRecord[]> {
      for (let after = ''; ;) {
        const page = noun === 'companies' ? await companiesAfter(workspaceId, after) : await othersAfter(workspaceId, noun, after)
        yield page.map(({ id, company, customer, deal, ...fields }) => ({ id, company, customer, deal, fields: Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) }))
        if (page.length < PAGE) return
        after = page.at(-1)?.id ?? ''
      }
    },
  }
}
export type ImportsStore = ReturnType<typeof createImportsStore>
