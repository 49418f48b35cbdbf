import type { LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { and, asc, eq, gt, gte, inArray, lte, min, notExists, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { SnapshotProvenance } from '../ledger/changesets.store.ts'
import type { Fields, Statement } from '../ledger/ledger.ts'
import type { Replayable, ReplayedRecord } from '../ledger/replay.ts'

export type Snapshot = ReplayedRecord & { provenance: SnapshotProvenance }
export type FoldedChange = Replayable & { changeSetId: string }
/** Where compaction stands: changes up to `folded` are in snapshots, those up to `trimmed` are gone or going. */
export interface Standing { seq: number; folded: number; trimmed: number }

/** Refusals that its statements name. */
export const OVERTAKEN = 'overtaken'
export const UNDER_WAY = 'under_way'

export const createCompactionStore = ({ reader, tables: { workspaces, changes, changeSets, snapshots } }: Database) => {
  const ofSnapshot = ({ recordId, noun, fields, provenance, workspaceId: _, ...row }: typeof snapshots.$inferSelect): Snapshot =>
    ({ ...row, id: recordId, noun: noun as LedgeredNoun, fields: fields as Fields, provenance: provenance as SnapshotProvenance })
  const lowest = async (where: ReturnType<typeof and>): Promise<number | null> => {
    const [row] = await reader.select({ seq: min(changeSets.seqFrom) }).from(changeSets).where(where)
    return row?.seq === null || row?.seq === undefined ? null : Number(row.seq)
  }

  return {
    async standing(workspaceId: string): Promise<Standing | null> {
      const [row] = await reader.select({ seq: workspaces.seq, folded: workspaces.foldedSeq, trimmed: workspaces.trimmedSeq }).from(workspaces).where(eq(workspaces.id, workspaceId))
      return row ?? null
    },

    /** The first change after a seq that is not older than an instant. */
    async firstSince(workspaceId: string, after: number, at: string): Promise<number | null> {
      const [row] = await reader.select({ seq: changes.seq }).from(changes).where(and(eq(changes.workspaceId, workspaceId), gt(changes.seq, after), gte(changes.at, at))).orderBy(asc(changes.seq)).limit(1)
      return row?.seq ?? null
    },

    /** Where the first set begins whose changes are still needed: one under way, or one whose undoing waits for a decision. */
    async firstNeeded(workspaceId: string): Promise<number | null> {
      const awaited = reader.select({ id: changeSets.reverts }).from(changeSets).where(and(eq(changeSets.workspaceId, workspaceId), eq(changeSets.state, 'proposed'), sql`${changeSets.reverts} is not null`))
      const of = eq(changeSets.workspaceId, workspaceId)
      const found = [await lowest(and(of, inArray(changeSets.state, ['applying', 'reverting']))), await lowest(and(of, inArray(changeSets.id, awaited)))].filter((seq) => seq !== null)
      return found.length === 0 ? null : Math.min(...found)
    },

    /** Where the first set begins that a cut after this seq would halve. */
    halved: (workspaceId: string, seq: number): Promise<number | null> => lowest(and(eq(changeSets.workspaceId, workspaceId), lte(changeSets.seqFrom, seq), gt(changeSets.seqTo, seq))),

    async changes(workspaceId: string, after: number, upTo: number, limit: number): Promise<FoldedChange[]> {
      const rows = await reader.select({ seq: changes.seq, changeSetId: changes.changeSetId, noun: changes.noun, id: changes.recordId, op: changes.op, version: changes.version, fields: changes.fields, at: changes.at })
        .from(changes).where(and(eq(changes.workspaceId, workspaceId), gt(changes.seq, after), lte(changes.seq, upTo))).orderBy(asc(changes.seq)).limit(limit)
      return rows.map(({ noun, op, fields, ...row }) => ({ ...row, noun: noun as LedgeredNoun, op: op as FoldedChange['op'], fields: fields as FoldedChange['fields'] }))
    },

    async snapshots(workspaceId: string, ids: readonly string[]): Promise<Map<string, Snapshot>> {
      const rows = ids.length === 0 ? [] : await reader.select().from(snapshots).where(and(eq(snapshots.workspaceId, workspaceId), inArray(snapshots.recordId, [...ids])))
      return new Map(rows.map((row) => [row.recordId, ofSnapshot(row)]))
    },

    async allSnapshots(workspaceId: string): Promise<Map<string, Snapshot>> {
      return new Map((await reader.select().from(snapshots).where(eq(snapshots.workspaceId, workspaceId))).map((row) => [row.recordId, ofSnapshot(row)]))
    },

    /** Keeps what was folded, and how far; refused (`OVERTAKEN`) when another did so first. */
    fold(workspaceId: string, from: number, to: number, folded: readonly Snapshot[]): Statement[] {
      const rows = folded.map(({ id, ...snapshot }) => ({ workspaceId, recordId: id, ...snapshot }))
      const excluded = (name: string) => sql.raw(`excluded.${name}`)
      return [
        statementOf(reader.update(workspaces).set({ foldedSeq: to }).where(and(eq(workspaces.id, workspaceId), eq(workspaces.foldedSeq, from))).returning({ id: workspaces.id }), { rows: 1, otherwise: OVERTAKEN }),
        ...(rows.length === 0 ? [] : [statementOf(reader.insert(snapshots).values(rows).onConflictDoUpdate({
          target: [snapshots.workspaceId, snapshots.recordId],
          set: { seq: excluded('seq'), version: excluded('version'), updatedAt: excluded('updated_at'), archivedAt: excluded('archived_at'), fields: excluded('fields'), provenance: excluded('provenance') },
        }))]),
      ]
    },

    /** From here on the feed begins after this seq; refused (`UNDER_WAY`) when a set before it is being applied or undone. */
    trim(workspaceId: string, seq: number): Statement[] {
      const underWay = reader.select({ id: changeSets.id }).from(changeSets).where(and(eq(changeSets.workspaceId, workspaceId), inArray(changeSets.state, ['applying', 'reverting']), lte(changeSets.seqFrom, seq)))
      return [
        statementOf(reader.update(workspaces).set({ trimmedSeq: seq }).where(and(eq(workspaces.id, workspaceId), lte(workspaces.trimmedSeq, seq), gte(workspaces.foldedSeq, seq))).returning({ id: workspaces.id }), { rows: 1, otherwise: OVERTAKEN }),
        statementOf(reader.select({ id: workspaces.id }).from(workspaces).where(and(eq(workspaces.id, workspaceId), notExists(underWay))), { rows: 1, otherwise: UNDER_WAY }),
      ]
    },

    /** The first change that is still there. */
    async oldest(workspaceId: string): Promise<number | null> {
      const [row] = await reader.select({ seq: changes.seq }).from(changes).where(eq(changes.workspaceId, workspaceId)).orderBy(asc(changes.seq)).limit(1)
      return row?.seq ?? null
    },

    /** Lets go of changes up to a seq, which must be trimmed. */
    forget: (workspaceId: string, upTo: number): Statement => statementOf(reader.delete(changes).where(and(eq(changes.workspaceId, workspaceId), lte(changes.seq, upTo)))),
  }
}
export type CompactionStore = ReturnType<typeof createCompactionStore>
