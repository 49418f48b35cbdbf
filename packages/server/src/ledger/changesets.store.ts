import type { Change as FeedChange, FieldError, LedgeredNoun, Run, Source } from '@flowstate-ai/sdk/contract'
import { and, asc, desc, eq, gt, gte, inArray, isNull, lt, lte, ne, notInArray, or, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { Statement } from './ledger.ts'
import { changeColumns, toChange } from './tail.ts'

/** Which fields of which nouns point to a noun. */
const POINTERS: Partial<Record<LedgeredNoun, [noun: 'customers' | 'deals' | 'interactions' | 'reminders' | 'stages', field: string][]>> = {
  companies: [['customers', 'companyId'], ['deals', 'companyId'], ['interactions', 'companyId'], ['reminders', 'companyId']],
  customers: [['deals', 'customerId'], ['interactions', 'customerId'], ['reminders', 'customerId']],
  deals: [['interactions', 'dealId'], ['reminders', 'dealId']],
  pipelines: [['deals', 'pipelineId']],
  stages: [['deals', 'stageId']],
}

/** A change with what its change set came from. */
export type SourcedChange = FeedChange & { source: Source; run: Run | null }
interface SetRange { id: string; seqFrom: number | null; seqTo: number | null }

export const createChangeSetsStore = ({ dialect, reader, tables }: Database) => {
  const { changes, changeSets } = tables
  const joined = () => reader.select({ ...changeColumns(changes), actor: changeSets.actor }).from(changes)
    .innerJoin(changeSets, and(eq(changeSets.workspaceId, changes.workspaceId), eq(changeSets.id, changes.changeSetId)))
  const one = (workspaceId: string, id: string) => and(eq(changeSets.workspaceId, workspaceId), eq(changeSets.id, id))
  const ofSet = (workspaceId: string, { id, seqFrom, seqTo }: SetRange) =>
    and(eq(changes.workspaceId, workspaceId), gte(changes.seq, seqFrom ?? 0), lte(changes.seq, seqTo ?? -1), eq(changes.changeSetId, id))

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
      return (await joined().where(and(ofSet(workspaceId, set), gt(changes.seq, after))).orderBy(asc(changes.seq)).limit(limit)).map(toChange)
    },

    /** The same from its end, before a seq. */
    async lastChangesOf(workspaceId: string, set: SetRange, before: number, limit: number): Promise<FeedChange[]> {
      if (set.seqFrom === null) return []
      return (await joined().where(and(ofSet(workspaceId, set), lt(changes.seq, before))).orderBy(desc(changes.seq)).limit(limit)).map(toChange)
    },

    /** All that a set did to some records, in the order of the feed. */
    async changesOfRecords(workspaceId: string, set: SetRange, recordIds: string[]): Promise<FeedChange[]> {
      return (await joined().where(and(eq(changes.workspaceId, workspaceId), inArray(changes.recordId, recordIds), eq(changes.changeSetId, set.id))).orderBy(asc(changes.seq))).map(toChange)
    },

    /** What others than these sets did to records since a seq, without what was undone and its undoing. */
    async laterChanges(workspaceId: string, recordIds: string[], seq: number, except: string[]): Promise<FeedChange[]> {
      const undone = reader.select({ id: changeSets.id }).from(changeSets).where(and(eq(changeSets.workspaceId, workspaceId), eq(changeSets.state, 'reverted')))
      const rows = await joined()
        .where(and(
          eq(changes.workspaceId, workspaceId), inArray(changes.recordId, recordIds), gt(changes.seq, seq), notInArray(changes.changeSetId, except),
          ne(changeSets.state, 'reverted'), or(isNull(changeSets.reverts), notInArray(changeSets.reverts, undone)),
        ))
        .orderBy(asc(changes.seq))
      return rows.map(toChange)
    },

    async historyOf(workspaceId: string, noun: LedgeredNoun, recordId: string, before: number | null, limit: number): Promise<SourcedChange[]> {
      const rows = await reader.select({ ...changeColumns(changes), actor: changeSets.actor, sourceKind: changeSets.sourceKind, sourceId: changeSets.sourceId, run: changeSets.run }).from(changes)
        .innerJoin(changeSets, and(eq(changeSets.workspaceId, changes.workspaceId), eq(changeSets.id, changes.changeSetId)))
        .where(and(eq(changes.workspaceId, workspaceId), eq(changes.recordId, recordId), eq(changes.noun, noun), before === null ? undefined : lt(changes.seq, before)))
        .orderBy(desc(changes.seq)).limit(limit)
      return rows.map(({ sourceKind, sourceId, run, ...row }) => ({ ...toChange(row), source: { kind: sourceKind as Source['kind'], id: sourceId }, run: run as Run | null }))
    },

    /** For each of these records a live one outside the set that points to it. */
    async pointersTo(workspaceId: string, noun: LedgeredNoun, ids: string[], setId: string): Promise<Map<string, string>> {
      const found = new Map<string, string>()
      for (const [from, field] of POINTERS[noun] ?? []) {
        const { [field]: column, workspaceId: workspace, archivedAt, id } = tables[from] as unknown as Record<string, PgColumn>
        if (!column || !workspace || !archivedAt || !id) continue
        const inSet = sql`exists (select 1 from ${changes} where ${changes.workspaceId} = ${workspaceId} and ${changes.recordId} = ${id} and ${changes.changeSetId} = ${setId})`
        const rows = await reader.select({ target: sql<string>`${column}`, by: sql<string>`min(${id})` }).from(tables[from] as typeof tables.deals)
          .where(and(eq(workspace, workspaceId), inArray(column, ids), isNull(archivedAt), sql`not ${inSet}`)).groupBy(column)
        for (const { target, by } of rows) found.set(target, by)
      }
      return found
    },

    /** Of these records, those to which one of some others points. */
    async pointedAtBy(workspaceId: string, noun: LedgeredNoun, ids: string[], others: string[]): Promise<Map<string, string>> {
      const found = new Map<string, string>()
      for (const [from, field] of POINTERS[noun] ?? []) {
        const { [field]: column, workspaceId: workspace, archivedAt, id } = tables[from] as unknown as Record<string, PgColumn>
        if (!column || !workspace || !archivedAt || !id) continue
        const rows = await reader.select({ target: sql<string>`${column}`, by: sql<string>`min(${id})` }).from(tables[from] as typeof tables.deals)
          .where(and(eq(workspace, workspaceId), inArray(column, ids), inArray(id, others), isNull(archivedAt))).groupBy(column)
        for (const { target, by } of rows) found.set(target, by)
      }
      return found
    },

    /** The range of a set as JSON, read in the transaction that writes it. */
    seqStatement(workspaceId: string, id: string): Statement {
      const json = dialect === 'sqlite'
        ? sql<string>`case when ${changeSets.seqFrom} is null then 'null' else json_object('from', ${changeSets.seqFrom}, 'to', ${changeSets.seqTo}) end`
        : sql<string>`case when ${changeSets.seqFrom} is null then 'null' else json_build_object('from', ${changeSets.seqFrom}, 'to', ${changeSets.seqTo})::text end`
      return statementOf(reader.select({ json: json.as('json') }).from(changeSets).where(one(workspaceId, id)))
    },

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
