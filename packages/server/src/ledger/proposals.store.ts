import type { ActorRef } from '@flowstate-ai/sdk/contract'
import { and, asc, eq, gte, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { Caller } from '../http/caller.ts'
import type { Change, PlannedSet, Statement } from './ledger.ts'

const ROWS_A_STATEMENT = 200

/** Change sets that wait for a decision, and what they would change. */
export const createProposalsStore = ({ reader, tables: { changeSets, proposedChanges } }: Database) => ({
  /** The statements that keep a proposal. */
  insert({ workspaceId, actor, run }: Pick<Caller, 'workspaceId' | 'actor' | 'run'>, { id, source, at, changes, reverts }: Pick<PlannedSet, 'id' | 'source' | 'at' | 'changes' | 'reverts'>): Statement[] {
    const head = reader.insert(changeSets).values({
      workspaceId, id, state: 'proposed', actor, sourceKind: source.kind, sourceId: source.id, changeCount: changes.length, reverts: reverts ?? null, createdAt: at, run,
    })
    const rows = changes.map((change, n) => ({ workspaceId, changeSetId: id, n, change }))
    const statements = [statementOf(head)]
    for (let start = 0; start < rows.length; start += ROWS_A_STATEMENT) statements.push(statementOf(reader.insert(proposedChanges).values(rows.slice(start, start + ROWS_A_STATEMENT))))
    return statements
  },

  /** What a proposal would change, from its nth change on. */
  async changesOf(workspaceId: string, id: string, from: number, limit: number): Promise<Change[]> {
    const rows = await reader.select({ change: proposedChanges.change }).from(proposedChanges)
      .where(and(eq(proposedChanges.workspaceId, workspaceId), eq(proposedChanges.changeSetId, id), gte(proposedChanges.n, from))).orderBy(asc(proposedChanges.n)).limit(limit)
    return rows.map(({ change }) => change as Change)
  },

  forget: (workspaceId: string, id: string): Statement =>
    statementOf(reader.delete(proposedChanges).where(and(eq(proposedChanges.workspaceId, workspaceId), eq(proposedChanges.changeSetId, id)))),

  reject: (workspaceId: string, id: string, decidedBy: ActorRef, reason: string | null): Statement =>
    statementOf(
      reader.update(changeSets).set({ state: 'rejected', decidedBy, reason }).where(and(eq(changeSets.workspaceId, workspaceId), eq(changeSets.id, id), eq(changeSets.state, 'proposed'))).returning({ id: sql`${changeSets.id}`.as('id') }),
      { rows: 1, otherwise: 'not_proposed' },
    ),
})
export type ProposalsStore = ReturnType<typeof createProposalsStore>
