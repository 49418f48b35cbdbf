import type { Duplicate, DuplicateNoun, DuplicateReason } from '@flowstate-ai/sdk/contract'
import { and, asc, desc, eq, gt, gte, inArray, isNull, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { among } from '../db/among.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { duplicateStateOf } from '../db/derived.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped, Within } from '../db/scoped.ts'
import { jsonOf } from '../db/wire.ts'
import type { Statement } from '../ledger/ledger.ts'

export interface FoundPair { leftId: string; rightId: string; score: number; reasons: DuplicateReason[] }
export interface KnownPair extends FoundPair { id: string; noun: DuplicateNoun; state: Duplicate['state']; changeSetId: string | null; setState: string | null }
export type KeyRow = readonly [recordId: string, key: number]
export interface ComparedRow { id: string; json: string }

/** Another has changed the pair since it was read. */
export const PAIR_MOVED = 'pair_moved'
/** So many, or one: the writer keeps each statement that it has seen. */
const ROWS_A_STATEMENT = 20

/** Pairs, and the keys by which records meet. Both are derived: they can be thrown away and found again, but for a person's word. */
export const createDuplicatesStore = ({ dialect, reader, tables }: Database, scoped: Scoped) => {
  const { duplicates, duplicateKeys, changeSets, workspaces } = tables
  const state = duplicateStateOf(tables)
  const one = (workspaceId: string, id: string) => and(eq(duplicates.workspaceId, workspaceId), eq(duplicates.id, id))
  const next = { version: sql`${duplicates.version} + 1` as unknown as number }
  const tableOf = (noun: DuplicateNoun) => tables[noun] as typeof tables.customers
  const query = async <Row>(of: SQL): Promise<Row[]> => (dialect === 'sqlite' ? (reader as unknown as { all(of: SQL): Row[] }).all(of) : ((await reader.execute(of)) as unknown as { rows: Row[] }).rows)

  const known = (where: SQL | undefined) => reader
    .select({ id: duplicates.id, noun: duplicates.noun, leftId: duplicates.leftId, rightId: duplicates.rightId, score: duplicates.score, reasons: duplicates.reasons, state: sql<Duplicate['state']>`${state}`, changeSetId: duplicates.changeSetId, setState: changeSets.state })
    .from(duplicates).leftJoin(changeSets, and(eq(changeSets.workspaceId, duplicates.workspaceId), eq(changeSets.id, duplicates.changeSetId))).where(where)
  const pairs = (rows: Awaited<ReturnType<typeof known>>): KnownPair[] => rows.map(({ noun, reasons, ...row }) => ({ ...row, noun: noun as DuplicateNoun, reasons: reasons as DuplicateReason[] }))

  return {
    list(within: Within, { state: is, 'state[in]': among, 'state[ne]': not, ...rest }: ListQuery): Promise<ListPage> {
      return scoped.list(within, 'duplicates', rest, and(
        is === undefined ? undefined : eq(state, String(is)), not === undefined ? undefined : sql`${state} <> ${String(not)}`, among === undefined ? undefined : inArray(state, String(among).split(',')),
      ))
    },

    is: (id: string): SQL => eq(duplicates.id, id),

    async find(workspaceId: string, id: string): Promise<KnownPair | null> {
      return pairs(await known(one(workspaceId, id)))[0] ?? null
    },

    /** Every pair that one of these records belongs to. */
    async pairsOf(workspaceId: string, ids: readonly string[]): Promise<KnownPair[]> {
      if (ids.length === 0) return []
      return pairs(await known(and(eq(duplicates.workspaceId, workspaceId), or(among(dialect, duplicates.leftId as unknown as PgColumn, ids), among(dialect, duplicates.rightId as unknown as PgColumn, ids)))))
    },

    /** Open pairs of a score, the likeliest first, that no proposal stands for. */
    async proposable(workspaceId: string, noun: DuplicateNoun, minScore: number, limit: number): Promise<KnownPair[]> {
      return pairs(await known(and(
        eq(duplicates.workspaceId, workspaceId), eq(duplicates.noun, noun), gte(duplicates.score, minScore), eq(state, 'open'), or(isNull(duplicates.changeSetId), sql`${changeSets.state} <> 'proposed'`),
      )).orderBy(desc(duplicates.score), asc(duplicates.id)).limit(limit))
    },

    /** Records that an open proposal would merge. */
    async underProposal(workspaceId: string, noun: DuplicateNoun): Promise<Set<string>> {
      const rows = await known(and(eq(duplicates.workspaceId, workspaceId), eq(duplicates.noun, noun), eq(changeSets.state, 'proposed')))
      return new Set(rows.flatMap(({ leftId, rightId }) => [leftId, rightId]))
    },

    /** A pair as JSON, for the transaction that changes it. */
    update: (workspaceId: string, id: string, set: { state: 'open' | 'dismissed'; changeSetId?: string | null; updatedAt: string }): Statement[] => [
      statementOf(reader.update(duplicates).set({ ...next, ...set }).where(one(workspaceId, id)).returning({ id: sql`${duplicates.id}`.as('id') }), { rows: 1, otherwise: PAIR_MOVED }),
      statementOf(reader.select({ json: jsonOf(dialect, 'duplicates', { state }).as('json') }).from(duplicates).where(one(workspaceId, id))),
    ],

    /** For the transaction of a proposal: the pair is its own from now on, unless another was faster. */
    proposed: (workspaceId: string, { id, changeSetId: before }: KnownPair, changeSetId: string, updatedAt: string): Statement =>
      statementOf(
        reader.update(duplicates).set({ ...next, changeSetId, updatedAt }).where(and(one(workspaceId, id), before === null ? isNull(duplicates.changeSetId) : eq(duplicates.changeSetId, before))).returning({ id: sql`${duplicates.id}`.as('id') }),
        { rows: 1, otherwise: PAIR_MOVED },
      ),

    /** Live records in the order of their ids. */
    async page(workspaceId: string, noun: DuplicateNoun, after: string, since: string | null, limit: number): Promise<ComparedRow[]> {
      const table = tableOf(noun)
      return reader.select({ id: table.id, json: jsonOf(dialect, noun) }).from(table)
        .where(and(eq(table.workspaceId, workspaceId), gt(table.id, after), isNull(table.archivedAt), since === null ? undefined : gte(table.updatedAt, since))).orderBy(asc(table.id)).limit(limit)
    },
    async count(workspaceId: string, noun: DuplicateNoun, since: string | null): Promise<number> {
      const table = tableOf(noun)
      const [row] = await reader.select({ count: sql<number>`count(*)` }).from(table).where(and(eq(table.workspaceId, workspaceId), isNull(table.archivedAt), since === null ? undefined : gte(table.updatedAt, since)))
      return Number(row?.count ?? 0)
    },
    async countOpen(workspaceId: string, noun: DuplicateNoun): Promise<number> {
      const [row] = await reader.select({ count: sql<number>`count(*)` }).from(duplicates).where(and(eq(duplicates.workspaceId, workspaceId), eq(duplicates.noun, noun), eq(state, 'open')))
      return Number(row?.count ?? 0)
    },

    /** Who holds each of these keys; of each at most `limit`. */
    async holders(workspaceId: string, keys: readonly number[], limit: number): Promise<Map<number, string[]>> {
      if (keys.length === 0) return new Map()
      const list = JSON.stringify(keys)
      const rows = await query<{ key: number; ids: string | string[] | null }>(dialect === 'sqlite'
        ? sql`select j.value as key, (select json_group_array(record_id) from (select record_id from duplicate_keys where workspace_id = ${workspaceId} and key = j.value limit ${limit})) as ids from json_each(${list}) j`
        : sql`select k.key as key, (select array_agg(record_id) from (select record_id from duplicate_keys where workspace_id = ${workspaceId} and key = k.key limit ${limit}) h) as ids from (select value::bigint as key from jsonb_array_elements_text(${list}::jsonb)) k`)
      return new Map(rows.map(({ key, ids }) => [Number(key), typeof ids === 'string' ? (JSON.parse(ids) as string[]) : (ids ?? [])]))
    },

    /** The keys that these records are known by. */
    async keysOf(workspaceId: string, ids: readonly string[]): Promise<Map<string, Set<number>>> {
      const rows = ids.length === 0 ? [] : await reader.select({ id: duplicateKeys.recordId, key: duplicateKeys.key }).from(duplicateKeys).where(and(eq(duplicateKeys.workspaceId, workspaceId), among(dialect, duplicateKeys.recordId as unknown as PgColumn, ids)))
      const keys = new Map<string, Set<number>>()
      for (const { id, key } of rows) keys.set(id, (keys.get(id) ?? new Set()).add(key))
      return keys
    },
    dropKeys: (workspaceId: string, rows: readonly KeyRow[]): Statement[] => (rows.length === 0 ? [] : [dialect === 'sqlite'
      ? { sql: 'delete from duplicate_keys where workspace_id = ? and (record_id, key) in (select value ->> 0, value ->> 1 from json_each(?))', params: [workspaceId, JSON.stringify(rows)] }
      : { sql: 'delete from duplicate_keys where workspace_id = $1 and (record_id, key) in (select * from unnest($2::text[], $3::bigint[]))', params: [workspaceId, rows.map(([id]) => id), rows.map(([, key]) => key)] }]),
    addKeys: (workspaceId: string, rows: readonly KeyRow[]): Statement[] => (rows.length === 0 ? [] : [dialect === 'sqlite'
      ? { sql: 'insert or ignore into duplicate_keys (workspace_id, record_id, key) select ?, value ->> 0, value ->> 1 from json_each(?)', params: [workspaceId, JSON.stringify(rows)] }
      : { sql: 'insert into duplicate_keys (workspace_id, record_id, key) select $1, * from unnest($2::text[], $3::bigint[]) on conflict do nothing', params: [workspaceId, rows.map(([id]) => id), rows.map(([, key]) => key)] }]),

    /** Keeps pairs; one that is there already gets its score and reasons, and lets go of a change set that has no say any more. */
    keep(workspaceId: string, noun: DuplicateNoun, found: readonly (FoundPair & { id: string; changeSetId: string | null })[], at: string): Statement[] {
      const rows = found.map((pair) => ({ ...pair, workspaceId, noun, state: 'open', version: 1, createdAt: at, updatedAt: at }))
      const statements: Statement[] = []
      for (let start = 0, size = 1; start < rows.length; start += size) {
        size = rows.length - start >= ROWS_A_STATEMENT ? ROWS_A_STATEMENT : 1
        statements.push(statementOf(reader.insert(duplicates).values(rows.slice(start, start + size)).onConflictDoUpdate({
          target: [duplicates.workspaceId, duplicates.leftId, duplicates.rightId],
          set: { ...next, score: sql`excluded.score`, reasons: sql`excluded.reasons`, changeSetId: sql`excluded.change_set_id`, updatedAt: at },
        })))
      }
      return statements
    },
    merged: (workspaceId: string, leftId: string, rightId: string, changeSetId: string, at: string): Statement =>
      statementOf(reader.update(duplicates).set({ ...next, state: 'open', changeSetId, updatedAt: at }).where(and(eq(duplicates.workspaceId, workspaceId), eq(duplicates.leftId, leftId), eq(duplicates.rightId, rightId)))),
    /** For the erasure of a person: pairs tell what was compared, and keys are made of it. */
    forget: (workspaceId: string, recordId: string): Statement[] => [
      statementOf(reader.delete(duplicates).where(and(eq(duplicates.workspaceId, workspaceId), or(eq(duplicates.leftId, recordId), eq(duplicates.rightId, recordId))))),
      statementOf(reader.delete(duplicateKeys).where(and(eq(duplicateKeys.workspaceId, workspaceId), eq(duplicateKeys.recordId, recordId)))),
    ],
    remove: (workspaceId: string, ids: readonly string[]): Statement[] =>
      ids.length === 0 ? [] : [statementOf(reader.delete(duplicates).where(and(eq(duplicates.workspaceId, workspaceId), among(dialect, duplicates.id as unknown as PgColumn, ids))))],

    /** Up to where the feed was followed. */
    async comparedSeq(workspaceId: string): Promise<number> {
      const [row] = await reader.select({ seq: workspaces.comparedSeq }).from(workspaces).where(eq(workspaces.id, workspaceId))
      return row?.seq ?? 0
    },
    /** Moves on from there; refused (`pair_moved`) when another did so first. */
    follow: (workspaceId: string, from: number, to: number): Statement =>
      statementOf(reader.update(workspaces).set({ comparedSeq: to }).where(and(eq(workspaces.id, workspaceId), eq(workspaces.comparedSeq, from))).returning({ id: sql`${workspaces.id}`.as('id') }), { rows: 1, otherwise: PAIR_MOVED }),
  }
}
export type DuplicatesStore = ReturnType<typeof createDuplicatesStore>
