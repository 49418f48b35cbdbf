import { ACTION_LIST, AGENT_LIST, COMPANY_LIST, CUSTOMER_LIST, DEAL_LIST, DUPLICATE_LIST, DELIVERY_LIST, EMBED_SESSION_LIST, FIELD_LIST, FILE_LIST, type FilterTree, IMPORT_LIST, INTERACTION_LIST, INVITATION_LIST, KEY_LIST, type LedgeredNoun, type ListSpec, MEMBER_LIST, PIPELINE_LIST, type RecordFilter, SAVED_MAPPING_LIST, REMINDER_LIST, STAGE_LIST, TAG_LIST, TASK_LIST, VIEW_LIST, WEBHOOK_LIST } from '@flowstate-ai/sdk/contract'
import { and, eq, getTableColumns, inArray, isNull, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { amongJson, boundJson } from './among.ts'
import type { Database } from './database.ts'
import { filterSql } from './filter.ts'
import { filtersOf, listPage, type ListPage, type ListQuery } from './list.ts'
import { sortOf } from './sort.ts'
import { createFinish } from './finish.ts'
import { prepareRead, type PreparedRead } from './prepared.ts'
import { derivedColumnsOf, derivedFiltersOf, duplicateStateOf } from './derived.ts'
import { visible } from './visible.ts'
import { jsonOf } from './wire.ts'

/** What the door needs to know of who asks. */
export interface Within { workspaceId: string; records: RecordFilter | null }

export interface Found { json: string; version: number; archivedAt: string | null }

const LISTS = {
  companies: COMPANY_LIST, customers: CUSTOMER_LIST, pipelines: PIPELINE_LIST, stages: STAGE_LIST, deals: DEAL_LIST, interactions: INTERACTION_LIST, fields: FIELD_LIST, tags: TAG_LIST, views: VIEW_LIST, members: MEMBER_LIST, invitations: INVITATION_LIST, sessions: EMBED_SESSION_LIST,
  agents: AGENT_LIST, tasks: TASK_LIST, actions: ACTION_LIST, imports: IMPORT_LIST, importMappings: SAVED_MAPPING_LIST, keys: KEY_LIST, duplicates: DUPLICATE_LIST, reminders: REMINDER_LIST, files: FILE_LIST,
  webhooks: WEBHOOK_LIST, deliveries: DELIVERY_LIST,
} satisfies Record<string, ListSpec>
export type ListedNoun = keyof typeof LISTS

/**
 * The one door through which tenant tables are read: every statement carries the caller's workspace, and the records it is
 * limited to.
 */
export const createScoped = (database: Database) => {
  const { dialect, reader, tables } = database
  const finishOf = createFinish(database)
  const visibleTo = ({ workspaceId, records }: Within, noun: ListedNoun) =>
    isLedgered(noun) ? visible(tables, reader, workspaceId, noun, records) : undefined

  type One = [json: string, version: number, archivedAt: string | null, ...finish: unknown[]]
  const oneOf = (noun: ListedNoun, name: string, also?: SQL) => {
    const table = tables[noun] as typeof tables.deals
    const query = reader
      .select({ json: jsonOf(dialect, noun, finishOf(noun) ? {} : extraOf(noun)), version: table.version, archivedAt: table.archivedAt, ...Object.fromEntries((finishOf(noun)?.columns ?? []).map((column, index) => [`f${index}`, column])) })
      .from(table)
      .where(and(eq(table.workspaceId, sql.placeholder('workspaceId')), eq(table.id, sql.placeholder('id')), also))
    return prepareRead<One>(dialect, reader, query, name)
  }
  type OfMany = [id: string, json: string, version: number, archivedAt: string | null]
  const manyOf = (noun: ListedNoun, name: string, also?: SQL) => {
    const table = tables[noun] as typeof tables.deals
    const query = reader.select({ id: table.id, json: jsonOf(dialect, noun, extraOf(noun)), version: table.version, archivedAt: table.archivedAt }).from(table)
      .where(and(eq(table.workspaceId, sql.placeholder('workspaceId')), amongJson(dialect, table.id as unknown as PgColumn, sql.placeholder('ids')), also))
    return prepareRead<OfMany>(dialect, reader, query, name)
  }
  const preparedMany = new Map<ListedNoun, PreparedRead<OfMany>>()
  const preparedOne = new Map<ListedNoun, PreparedRead<One>>()

  /** A deal comes with what follows from its stage, a pipeline with its live stages, in order. */
  const extraOf = (noun: ListedNoun): Record<string, SQL> => {
    if (noun === 'deals') return derivedColumnsOf(dialect, tables)
    if (noun === 'duplicates') return { state: duplicateStateOf(tables) }
    if (noun !== 'pipelines') return {}
    const { stages, pipelines } = tables
    const of = and(eq(stages.workspaceId, pipelines.workspaceId), eq(stages.pipelineId, pipelines.id), isNull(stages.archivedAt))
    return {
      stages: dialect === 'sqlite'
        ? sql`json((select json_group_array(json(${jsonOf(dialect, 'stages')}) order by ${stages.position}, ${stages.id}) from ${stages} where ${of}))`
        : sql`(select coalesce(json_agg(${jsonOf(dialect, 'stages')}::json order by ${stages.position}, ${stages.id}), '[]'::json) from ${stages} where ${of})`,
    }
  }

  const [ofDeals, none] = [derivedFiltersOf(dialect, tables), {}]
  const filtersBeside = (noun: ListedNoun): Record<string, SQL> => (noun === 'deals' ? ofDeals : none)

  return {
    /** A record as its JSON, archived or not; null where there is none that the caller may see. */
    async find(within: Within, noun: ListedNoun, id: string): Promise<Found | null> {
      const also = visibleTo(within, noun)
      let read = also ? oneOf(noun, '', also) : preparedOne.get(noun)
      if (!read) {
        read = oneOf(noun, `find_${noun}`)
        preparedOne.set(noun, read)
      }
      const finished = finishOf(noun)?.of(within.workspaceId)
      const [row] = await read({ workspaceId: within.workspaceId, id })
      if (!row) return null
      const [json, version, archivedAt, ...values] = row
      return { json: finished ? finished(json, values) : json, version, archivedAt }
    },

    /** Many records at once, by id. */
    async findMany(within: Within, noun: ListedNoun, ids: readonly string[]): Promise<Map<string, Found>> {
      if (ids.length === 0) return new Map()
      const also = visibleTo(within, noun)
      let read = also ? manyOf(noun, '', also) : preparedMany.get(noun)
      if (!read) {
        read = manyOf(noun, `find_many_${noun}`)
        preparedMany.set(noun, read)
      }
      return new Map((await read({ workspaceId: within.workspaceId, ids: boundJson(ids) })).map(([id, json, version, archivedAt]) => [id, { json, version, archivedAt }]))
    },

    /** A page of a noun's list, filtered and sorted as its contract allows. */
    list(within: Within, noun: ListedNoun, query: ListQuery, further?: SQL): Promise<ListPage> {
      return listPage({ dialect, reader, tables, table: noun, spec: LISTS[noun], workspaceId: within.workspaceId, query, also: and(visibleTo(within, noun), further), extra: () => (finishOf(noun) ? {} : extraOf(noun)), finish: finishOf(noun), derived: filtersBeside(noun) })
    },

    /** A page of any length of a list, in the order of ids where the query names none: for going through all of it. */
    walk(within: Within, noun: ListedNoun, query: ListQuery, further?: SQL): Promise<ListPage> {
      const spec = { ...LISTS[noun], sorts: [...LISTS[noun].sorts, 'id'], sort: 'id' }
      return listPage({ dialect, reader, tables, table: noun, spec, workspaceId: within.workspaceId, query, also: and(visibleTo(within, noun), further), extra: () => extraOf(noun), derived: filtersBeside(noun) })
    },

    /** Where-clause of everything in a noun's table that the caller may see and the query asks for; for counts and sums. */
    where(within: Within, noun: ListedNoun, query: ListQuery = {}): SQL | undefined {
      const table = tables[noun] as typeof tables.deals
      return and(eq(table.workspaceId, within.workspaceId), visibleTo(within, noun), ...filtersOf({ dialect, tables, table: noun, spec: LISTS[noun], query, derived: filtersBeside(noun) }))
    },

    /** Which of these records the caller may see. */
    async visibleIds(within: Within, noun: LedgeredNoun, ids: readonly string[]): Promise<Set<string>> {
      const also = visibleTo(within, noun)
      if (!also || ids.length === 0) return new Set(ids)
      const table = tables[noun] as typeof tables.deals
      const rows = await reader.select({ id: table.id }).from(table).where(and(eq(table.workspaceId, within.workspaceId), inArray(table.id, [...ids]), also))
      return new Set(rows.map(({ id }) => id))
    },

    /** A filter of a noun as a predicate. */
    filter: (noun: ListedNoun, tree: FilterTree): SQL | undefined =>
      filterSql({ dialect, columns: getTableColumns(tables[noun]) as unknown as Record<string, PgColumn>, derived: filtersBeside(noun), spec: LISTS[noun], tree, pointer: '?view' }),

    among: (noun: ListedNoun, ids: readonly string[]): SQL => (ids.length === 0 ? sql`1 = 0` : inArray((tables[noun] as typeof tables.deals).id, [...ids])),

    /** Refuses a view whose filter, order or columns its noun does not have. */
    checkView({ noun, filter, sort }: Record<string, unknown>): void {
      const listed = noun as ListedNoun
      if (filter) filterSql({ dialect, columns: getTableColumns(tables[listed]) as unknown as Record<string, PgColumn>, spec: LISTS[listed], derived: filtersBeside(listed), tree: filter as FilterTree, pointer: '/filter' })
      if (typeof sort === 'string') sortOf(LISTS[listed], sort, '/sort')
    },

    /** The visibility of one noun as a predicate, for stores that join it; undefined when the caller is not limited. */
    visible: visibleTo,
  }
}
export type Scoped = ReturnType<typeof createScoped>

const LEDGERED: readonly string[] = ['companies', 'customers', 'pipelines', 'stages', 'deals', 'interactions', 'fields', 'tags', 'views', 'reminders'] satisfies LedgeredNoun[]
const isLedgered = (noun: string): noun is LedgeredNoun => LEDGERED.includes(noun)
