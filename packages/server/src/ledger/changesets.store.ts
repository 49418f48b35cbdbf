import type { ActorRef, Change as FeedChange, FieldError, LedgeredNoun, Provenance, Run, Source } from '@flowstate-ai/sdk/contract'
import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, lte, notInArray, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { among } from '../db/among.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { toColumns } from '../db/wire.ts'
import type { Statement } from './ledger.ts'
import { UNIQUE_KEYS } from './order.ts'
import { POINTERS } from './pointers.ts'
import type { LaterChange } from './standing.ts'
import { changeColumns, toChange } from './tail.ts'

/** Why a statement refuses what was compacted away. */
export const COMPACTED = 'compacted'

/** A change with what its change set came from. */
export type SourcedChange = FeedChange & Omit<Provenance, 'seq' | 'changeSetId' | 'actor' | 'at'>
/** In a snapshot: which change had set each field, by the name that it has in a diff. */
export type SnapshotProvenance = Record<string, Pick<Provenance, 'seq' | 'changeSetId' | 'at'>>
interface SetRange { id: string; seqFrom: number | null; seqTo: number | null }

export const createChangeSetsStore = ({ dialect, reader, tables }: Database) => {
  const { changes, changeSets, snapshots, workspaces } = tables
  const origin = { sourceKind: changeSets.sourceKind, sourceId: changeSets.sourceId, run: changeSets.run, decidedBy: changeSets.decidedBy, reverts: changeSets.reverts }
  const joined = () => reader.select({ ...changeColumns(changes), actor: changeSets.actor }).from(changes)
    .innerJoin(changeSets, and(eq(changeSets.workspaceId, changes.workspaceId), eq(changeSets.id, changes.changeSetId)))
  const one = (workspaceId: string, id: string) => and(eq(changeSets.workspaceId, workspaceId), eq(changeSets.id, id))
  /** What a set changed between two seqs, both outside. One bound on each side: of two, SQLite may take the wider and read all between them. */
  const ofSet = (workspaceId: string, { id, seqFrom, seqTo }: SetRange, { after = -1, before = Number.MAX_SAFE_INTEGER }: { after?: number; before?: number }) =>
    and(eq(changes.workspaceId, workspaceId), gte(changes.seq, Math.max(seqFrom ?? 0, after + 1)), lte(changes.seq, Math.min(seqTo ?? -1, before - 1)), eq(changes.changeSetId, id))

  const pointers = async (workspaceId: string, noun: LedgeredNoun, ids: string[], whose: (id: PgColumn) => SQL): Promise<Map<string, string>> => {
    const found = new Map<string, string>()
    for (const [from, field] of POINTERS[noun] ?? []) {
      const { [field]: column, workspaceId: workspace, archivedAt, id } = tables[from] as unknown as Record<string, PgColumn>
      if (!column || !workspace || !archivedAt || !id) continue
      const carries = (tag: string): SQL => (dialect === 'sqlite' ? sql`exists (select 1 from json_each(${column}) where value = ${tag})` : sql`${column} ? ${tag}`)
      const of = and(eq(workspace, workspaceId), isNull(archivedAt), whose(id))
      const table = tables[from] as typeof tables.deals
      const rows = field === 'tags'
        ? (await Promise.all(ids.map(async (target) => (await reader.select({ by: sql<string | null>`min(${id})` }).from(table).where(and(of, carries(target)))).map(({ by }) => ({ target, by }))))).flat()
        : await reader.select({ target: sql<string>`${column}`, by: sql<string | null>`min(${id})` }).from(table).where(and(of, among(dialect, column, ids))).groupBy(column)
      for (const { target, by } of rows) if (by !== null) found.set(target, by)
    }
    return found
  }

  return {
    async find(workspaceId: string, id: string) {
      const [row] = await reader.select().from(changeSets).where(one(workspaceId, id))
      return row ?? null
    },

    async newest(workspaceId: string, where: { state?: string | undefined; sourceKind?: string | undefined; before: { createdAt: string; id: string } | null; limit: number }) {
      const { state, sourceKind, before, limit } = where
      return reader.select().from(changeSets).where(and(
        eq(changeSets.workspaceId, workspaceId), state === undefined ? undefined : eq(changeSets.state, state), sourceKind === undefined ? undefined : eq(changeSets.sourceKind, sourceKind),
        before ? or(lt(changeSets.createdAt, before.createdAt), and(eq(changeSets.createdAt, before.createdAt), lt(changeSets.id, before.id))) : undefined,
      )).orderBy(desc(changeSets.createdAt), desc(changeSets.id)).limit(limit)
    },

    /** What a set changed, in the order of the feed, from `after` on. */
    async changesOf(workspaceId: string, set: SetRange, after: number, limit: number): Promise<FeedChange[]> {
      if (set.seqFrom === null) return []
      return (await joined().where(ofSet(workspaceId, set, { after })).orderBy(asc(changes.seq)).limit(limit)).map(toChange)
    },

    /** The same from its end, before a seq. */
    async lastChangesOf(workspaceId: string, set: SetRange, before: number, limit: number): Promise<FeedChange[]> {
      if (set.seqFrom === null) return []
      return (await joined().where(ofSet(workspaceId, set, { before })).orderBy(desc(changes.seq)).limit(limit)).map(toChange)
    },

    /** All that a set did to some records, in the order of the feed. */
    async changesOfRecords(workspaceId: string, set: SetRange, recordIds: string[]): Promise<FeedChange[]> {
      return (await joined().where(and(eq(changes.workspaceId, workspaceId), among(dialect, changes.recordId as unknown as PgColumn, recordIds), eq(changes.changeSetId, set.id))).orderBy(asc(changes.seq))).map(toChange)
    },

    /** What others than these sets did to records since a seq, in the order of the feed. */
    async laterChanges(workspaceId: string, recordIds: string[], seq: number, except: string[]): Promise<(LaterChange & { id: string })[]> {
      const rows = await reader.select({ seq: changes.seq, changeSetId: changes.changeSetId, id: changes.recordId, op: changes.op, fields: changes.fields, reverts: changeSets.reverts }).from(changes)
        .innerJoin(changeSets, and(eq(changeSets.workspaceId, changes.workspaceId), eq(changeSets.id, changes.changeSetId)))
        .where(and(eq(changes.workspaceId, workspaceId), among(dialect, changes.recordId as unknown as PgColumn, recordIds), gt(changes.seq, seq), notInArray(changes.changeSetId, except))).orderBy(asc(changes.seq))
      return rows.map(({ op, fields, ...row }) => ({ ...row, op: op as FeedChange['op'], fields: fields as FeedChange['fields'] }))
    },

    /** The live records that hold these values of a unique key, by the value as it was asked for. */
    async holders(workspaceId: string, noun: LedgeredNoun, field: string, values: string[]): Promise<Map<string, string>> {
      const property = UNIQUE_KEYS[noun]?.[field]
      const { [property ?? '']: column, workspaceId: workspace, archivedAt, id } = tables[noun] as unknown as Record<string, PgColumn>
      if (!property || !column || !workspace || !archivedAt || !id) return new Map()
      const keyOf = (value: string) => String(toColumns(dialect, noun, { [field]: value })[property])
      const rows = await reader.select({ id: sql<string>`${id}`, key: sql<string>`${column}` }).from(tables[noun] as typeof tables.deals).where(and(eq(workspace, workspaceId), among(dialect, column, values.map(keyOf)), isNull(archivedAt)))
      const byKey = new Map(rows.map((row) => [row.key, row.id]))
      return new Map(values.flatMap((value) => (byKey.has(keyOf(value)) ? [[value, byKey.get(keyOf(value)) ?? '']] : [])))
    },

    /** Changes of some records of a noun after a seq, newest first, with what their change sets came from. */
    async historyOf(workspaceId: string, noun: LedgeredNoun, recordIds: readonly string[], { before, after, limit }: { before: number | null; after: number; limit: number }): Promise<SourcedChange[]> {
      // Asked for the record's rows themselves, SQLite walks the whole feed; asked for their places first, it takes the index.
      const own = sql`${changes.seq} in (select own.seq from ${changes} own where own.workspace_id = ${workspaceId} and own.record_id in (${sql.join(recordIds.map((id) => sql`${id}`), sql`, `)}))`
      const rows = await reader.select({ ...changeColumns(changes), actor: changeSets.actor, ...origin }).from(changes)
        .innerJoin(changeSets, and(eq(changeSets.workspaceId, changes.workspaceId), eq(changeSets.id, changes.changeSetId)))
        .where(and(eq(changes.workspaceId, workspaceId), own, eq(changes.noun, noun), gt(changes.seq, after), before === null ? undefined : lt(changes.seq, before)))
        .orderBy(desc(changes.seq)).limit(limit)
      return rows.map(({ sourceKind, sourceId, run, decidedBy, reverts, ...row }) => ({ ...toChange(row), ...originOf({ sourceKind, sourceId, run, decidedBy, reverts }) }))
    },

    /** Who set each field of a record before its changes were compacted; null when none were. */
    async compactedProvenance(workspaceId: string, recordId: string): Promise<{ seq: number; fields: Record<string, Provenance> } | null> {
      const [row] = await reader.select({ seq: snapshots.seq, provenance: snapshots.provenance }).from(snapshots).where(and(eq(snapshots.workspaceId, workspaceId), eq(snapshots.recordId, recordId)))
      if (!row) return null
      const kept = row.provenance as SnapshotProvenance
      const sets = await reader.select({ id: changeSets.id, actor: changeSets.actor, ...origin }).from(changeSets)
        .where(and(eq(changeSets.workspaceId, workspaceId), inArray(changeSets.id, [...new Set(Object.values(kept).map(({ changeSetId }) => changeSetId))])))
      const byId = new Map(sets.map(({ id, actor, ...rest }) => [id, { actor: actor as ActorRef, ...originOf(rest) }]))
      return { seq: row.seq, fields: Object.fromEntries(Object.entries(kept).flatMap(([name, at]) => {
        const set = byId.get(at.changeSetId)
        return set ? [[name, { ...at, ...set }]] : []
      })) }
    },

    /** Which records were merged into one, and into those, and so on. */
    async mergedInto(workspaceId: string, noun: LedgeredNoun, id: string): Promise<string[]> {
      if (noun !== 'customers' && noun !== 'companies') return []
      const table = tables[noun] as typeof tables.customers
      const found = new Set<string>()
      for (let into = [id]; into.length > 0;) {
        const rows = await reader.select({ id: table.id }).from(table).where(and(eq(table.workspaceId, workspaceId), inArray(table.mergedIntoId, into)))
        into = rows.map((row) => row.id).filter((each) => each !== id && !found.has(each))
        for (const each of into) found.add(each)
      }
      return [...found]
    },

    /** For each of these records a live one outside the set that points to it. */
    pointersTo(workspaceId: string, noun: LedgeredNoun, ids: string[], setId: string): Promise<Map<string, string>> {
      return pointers(workspaceId, noun, ids, (id) => sql`not exists (select 1 from ${changes} where ${changes.workspaceId} = ${workspaceId} and ${changes.recordId} = ${id} and ${changes.changeSetId} = ${setId})`)
    },

    /** Of these records, those to which one of some others points. */
    pointedAtBy(workspaceId: string, noun: LedgeredNoun, ids: string[], others: string[]): Promise<Map<string, string>> {
      return pointers(workspaceId, noun, ids, (id) => among(dialect, id, others))
    },

    /** The range of a set as JSON, read in the transaction that writes it. */
    seqStatement(workspaceId: string, id: string): Statement {
      const json = dialect === 'sqlite'
        ? sql<string>`case when ${changeSets.seqFrom} is null then 'null' else json_object('from', ${changeSets.seqFrom}, 'to', ${changeSets.seqTo}) end`
        : sql<string>`case when ${changeSets.seqFrom} is null then 'null' else json_build_object('from', ${changeSets.seqFrom}, 'to', ${changeSets.seqTo})::text end`
      return statementOf(reader.select({ json: json.as('json') }).from(changeSets).where(one(workspaceId, id)))
    },

    async trimmedSeq(workspaceId: string): Promise<number> {
      const [row] = await reader.select({ seq: workspaces.trimmedSeq }).from(workspaces).where(eq(workspaces.id, workspaceId))
      return row?.seq ?? 0
    },

    /** Refuses (`COMPACTED`) when changes from this seq on are not all there any more. */
    untrimmedStatement: (workspaceId: string, seq: number): Statement =>
      statementOf(reader.select({ id: workspaces.id }).from(workspaces).where(and(eq(workspaces.id, workspaceId), lt(workspaces.trimmedSeq, seq))), { rows: 1, otherwise: COMPACTED }),

    skippedStatement: (workspaceId: string, id: string, skipped: FieldError[]): Statement =>
      statementOf(reader.update(changeSets).set({ skipped }).where(one(workspaceId, id))),

    /** An undoing that turned out not to be possible: what was to be undone stands as before, and the undoing says why. */
    abandon(workspaceId: string, undoing: string, undone: string, reason: string, skipped: FieldError[]): Statement[] {
      return [
        statementOf(reader.update(changeSets).set({ state: 'rejected', reason, skipped }).where(one(workspaceId, undoing))),
        statementOf(reader.update(changeSets).set({ state: 'applied', revertedBy: null }).where(and(one(workspaceId, undone), eq(changeSets.state, 'reverting'), eq(changeSets.revertedBy, undoing)))),
      ]
    },
  }
}
export type ChangeSetsStore = ReturnType<typeof createChangeSetsStore>
export type ChangeSetRow = NonNullable<Awaited<ReturnType<ChangeSetsStore['find']>>>

const originOf = ({ sourceKind, sourceId, run, decidedBy, reverts }: { sourceKind: string; sourceId: string; run: unknown; decidedBy: unknown; reverts: string | null }) =>
  ({ source: { kind: sourceKind as Source['kind'], id: sourceId }, run: run as Run | null, decidedBy: decidedBy as ActorRef | null, reverts })
