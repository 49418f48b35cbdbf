import type { ActorRef, Change, FieldDiff, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { and, asc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from '../db/database.ts'

/** The end of the ledger, for whoever follows it: gap-free, in commit order. */
export interface Tail {
  seqOf(workspaceId: string): Promise<number>
  /** Up to which seq changes were compacted away; the feed begins after it. */
  trimmedOf(workspaceId: string): Promise<number>
  /** Changes after `seq`, at most `limit` of them. */
  since(workspaceId: string, seq: number, limit: number): Promise<Change[]>
  onCommit(listener: (workspaceId: string, seq: number) => void): () => void
}

export const createTail = ({ reader, tables: { changes, changeSets, workspaces }, ledger }: Database): Tail => {
  const after = reader
    .select({ ...changeColumns(changes), actor: changeSets.actor })
    .from(changes)
    .innerJoin(changeSets, and(eq(changeSets.workspaceId, changes.workspaceId), eq(changeSets.id, changes.changeSetId)))
    .where(and(eq(changes.workspaceId, sql.placeholder('workspaceId')), gt(changes.seq, sql.placeholder('seq'))))
    .orderBy(asc(changes.seq))
    .limit(sql.placeholder('limit'))
    .prepare('tail_since')
  const trimmed = reader.select({ seq: workspaces.trimmedSeq }).from(workspaces).where(eq(workspaces.id, sql.placeholder('workspaceId'))).prepare('tail_trimmed')
  return {
    trimmedOf: async (workspaceId) => (await trimmed.execute({ workspaceId }))[0]?.seq ?? 0,
    seqOf: (workspaceId) => ledger.seqOf(workspaceId),
    onCommit: (listener) => ledger.onCommit(listener),
    since: async (workspaceId, seq, limit) => (await after.execute({ workspaceId, seq, limit })).map(toChange),
  }
}

export const changeColumns = (changes: Database['tables']['changes']) => ({
  seq: changes.seq, changeSetId: changes.changeSetId, noun: changes.noun, id: changes.recordId, op: changes.op, version: changes.version, fields: changes.fields, at: changes.at,
})

interface ChangeRow { seq: number; changeSetId: string; noun: string; id: string; op: string; version: number; fields: unknown; at: string; actor: unknown }

export const toChange = ({ fields, actor, at, noun, op, ...row }: ChangeRow): Change => ({
  ...row, noun: noun as LedgeredNoun, op: op as Change['op'], fields: fields as Record<string, FieldDiff>, actor: actor as ActorRef, at,
})
