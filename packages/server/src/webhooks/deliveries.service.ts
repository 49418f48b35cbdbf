import type { Delivery, DeliveryWithBody } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { Conflict, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import { onceOf, settledAs, type Written } from '../ledger/writes.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import type { DeliveriesStore, DeliveryRow } from './deliveries.store.ts'
import { deliveryTask } from './planner.ts'
import type { WebhooksStore } from './webhooks.store.ts'

interface DeliveriesDeps { scoped: Scoped; store: DeliveriesStore; webhooks: WebhooksStore; ledger: Ledger; tasks: TasksService; clock: Clock }

/** The log of what was sent, and the button that sends it again. */
export const createDeliveriesService = ({ scoped, store, webhooks, ledger, tasks, clock }: DeliveriesDeps) => {
  const find = async (caller: Caller, id: string): Promise<DeliveryRow> => {
    requireWholeWorkspace(caller)
    const row = await store.find(caller.workspaceId, id)
    if (!row) throw new NotFound('deliveries', id)
    return row
  }

  return {
    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      return scoped.list(caller, 'deliveries', query)
    },

    async retrieve(caller: Caller, id: string): Promise<DeliveryWithBody> {
      const { json, body } = await find(caller, id)
      return { ...(JSON.parse(json) as Delivery), body }
    },

    /** The same id and bytes once more, after what already waits for that record; a delivery that waits is tried at once. */
    async replay(caller: Caller, id: string): Promise<Written> {
      const delivery = await find(caller, id)
      const { workspaceId } = caller
      const webhook = await webhooks.find(workspaceId, delivery.webhookId)
      if (!webhook?.enabled || webhook.archivedAt !== null) throw new Conflict('invalid_state', 'The webhook is switched off or removed; switch it on first: PATCH /webhooks/{id} {"enabled":true}.')
      const at = instant(clock())
      const waits = delivery.state === 'pending'
      const task = waits ? { id: delivery.taskId, statement: tasks.hastenStatement(workspaceId, delivery.taskId) } : tasks.enqueueStatement(workspaceId, deliveryTask(id, delivery.webhookId, delivery.recordId))
      const outcome = await ledger.run({
        workspaceId, statements: [store.again(workspaceId, delivery, { taskId: task.id, at }), task.statement], ...onceOf(caller, { status: 202, headers: {}, body: [{ statement: 0 }] }),
      })
      const body = outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json) : ''
      if (outcome.state === 'committed') for (const row of outcome.rows[1] ?? []) tasks.enqueued(workspaceId, String(row.json))
      const settled = settledAs(outcome, { status: 202, headers: {}, body })
      if (settled.written) return settled.written
      if (settled.refusal.reason === 'expectation') throw new Conflict('invalid_state', 'The delivery is being tried just now; look at it again.')
      throw refused(settled.refusal)
    },
  }
}
export type DeliveriesService = ReturnType<typeof createDeliveriesService>
