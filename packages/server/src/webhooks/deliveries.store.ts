import type { Delivery, DeliveryAttempt, DeliveryState } from '@flowstate-ai/sdk/contract'
import { and, eq, inArray, lt, ne, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { jsonOf } from '../db/wire.ts'
import type { Statement } from '../ledger/ledger.ts'

export interface DeliveryRow { id: string; webhookId: string; recordId: string | null; taskId: string; state: DeliveryState; tries: number; attempts: DeliveryAttempt[]; nextAttemptAt: string | null; body: string; version: number; json: string }
export type NewDelivery = Pick<Delivery, 'id' | 'webhookId' | 'type' | 'seq' | 'changeSetId' | 'noun' | 'recordId' | 'taskId'> & { body: string; at: string }

/** Refusals that statements name. */
export const REPLACED = 'replaced'

export const createDeliveriesStore = ({ dialect, reader, tables: { deliveries, tasks } }: Database) => {
  const json = { json: jsonOf(dialect, 'deliveries').as('json') }
  const next = { version: sql`${deliveries.version} + 1` as unknown as number }
  const one = (workspaceId: string, id: string) => and(eq(deliveries.workspaceId, workspaceId), eq(deliveries.id, id))
  const byId = reader.select({
    id: deliveries.id, webhookId: deliveries.webhookId, recordId: deliveries.recordId, taskId: deliveries.taskId, state: deliveries.state, tries: deliveries.tries, attempts: deliveries.attempts,
    nextAttemptAt: deliveries.nextAttemptAt, body: deliveries.body, version: deliveries.version, json: jsonOf(dialect, 'deliveries'),
  }).from(deliveries).where(and(eq(deliveries.workspaceId, sql.placeholder('workspaceId')), eq(deliveries.id, sql.placeholder('id')))).prepare('delivery_row')

  return {
    async find(workspaceId: string, id: string): Promise<DeliveryRow | null> {
      const [row] = await byId.execute({ workspaceId, id })
      return row ? { ...row, state: row.state as DeliveryState, attempts: row.attempts as DeliveryAttempt[] } : null
    },

    insert: (workspaceId: string, rows: readonly NewDelivery[]): Statement =>
      statementOf(reader.insert(deliveries).values(rows.map(({ at, ...row }) => ({ workspaceId, ...row, state: 'pending', tries: 0, attempts: [], nextAttemptAt: at, version: 1, createdAt: at, updatedAt: at }))).returning(json)),

    /** What became of a try; refused when the delivery is in the hands of another task by now. */
    record: (workspaceId: string, { id, taskId }: Pick<DeliveryRow, 'id' | 'taskId'>, set: Partial<Pick<Delivery, 'state' | 'tries' | 'attempts' | 'nextAttemptAt' | 'deliveredAt' | 'error'>> & { updatedAt: string }): Statement =>
      statementOf(reader.update(deliveries).set({ ...next, ...set }).where(and(one(workspaceId, id), eq(deliveries.taskId, taskId), ne(deliveries.state, 'delivered'))), { rows: 1, otherwise: REPLACED }),

    /** A fresh set of tries, now, by a task of its own or the one that waits already. */
    again: (workspaceId: string, { id, version }: Pick<DeliveryRow, 'id' | 'version'>, { taskId, at }: { taskId: string; at: string }): Statement =>
      statementOf(reader.update(deliveries).set({ ...next, taskId, state: 'pending', tries: 0, error: null, nextAttemptAt: at, updatedAt: at }).where(and(one(workspaceId, id), eq(deliveries.version, version))).returning(json), { rows: 1, otherwise: REPLACED }),

    /** Those whose task an operator cancelled, or which ended without a word of its own. */
    orphaned: (at: string): Statement =>
      statementOf(reader.update(deliveries).set({ ...next, state: 'dead', nextAttemptAt: null, error: 'Its task was cancelled or ended; replay it to send it.', updatedAt: at }).where(and(
        eq(deliveries.state, 'pending'),
        sql`exists (select 1 from ${tasks} where ${tasks.workspaceId} = ${deliveries.workspaceId} and ${tasks.id} = ${deliveries.taskId} and ${inArray(tasks.state, ['dead', 'cancelled'])})`,
      ))),

    /** Ended ones made before an instant are forgotten. */
    forget: (before: string): Statement =>
      statementOf(reader.delete(deliveries).where(and(inArray(deliveries.state, ['delivered', 'dead']), lt(deliveries.createdAt, before)))),

    /** A person's right to be forgotten: what was sent about these records is blanked; what still waits goes out without it. */
    redact: (workspaceId: string, recordIds: readonly string[], body: string): Statement =>
      statementOf(reader.update(deliveries).set({ body }).where(and(eq(deliveries.workspaceId, workspaceId), inArray(deliveries.recordId, [...recordIds])))),
  }
}
export type DeliveriesStore = ReturnType<typeof createDeliveriesStore>
