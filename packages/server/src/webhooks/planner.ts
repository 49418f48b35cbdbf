import { type Change, ID_PREFIX } from '@flowstate-ai/sdk/contract'
import { decodeTime, monotonicFactory } from 'ulid'
import { type Clock, instant } from '../clock.ts'
import type { Scoped } from '../db/scoped.ts'
import { within } from '../db/within.ts'
import { newId } from '../ids.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { settled } from '../ledger/settled.ts'
import type { Tail } from '../ledger/tail.ts'
import type { Log } from '../log.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import type { DeliveriesStore, NewDelivery } from './deliveries.store.ts'
import { isToldOf } from './events.ts'
import { messageOf, typeOf } from './message.ts'
import type { WebhookRow, WebhooksStore } from './webhooks.store.ts'

interface PlannerDeps { tail: Tail; scoped: Scoped; ledger: Ledger; webhooks: WebhooksStore; deliveries: DeliveriesStore; tasks: TasksService; clock: Clock; log: Log }

const PART = 100
/** Many commits make one look; under unbroken load it looks now and then. */
const QUIET_MS = 20
const LOADED_MS = 200
const AGAIN_MS = 5_000
/** A webhook that nothing concerns is moved on after so many changes, instead of at each. */
const UNWRITTEN = 500
const SWEEP_EVERY_MS = 60_000
const KEPT_MS = 30 * 24 * 60 * 60 * 1_000
/** The task's own limit is above the tries of a delivery, which count alone: a killed server's lease counts as one of the task's. */
const TASK_ATTEMPTS = 50

/**
 * Follows the feed for each webhook: the place it has reached is moved in the transaction that makes deliveries and their tasks, so that
 * a kill neither loses nor doubles one, and two servers do not both make it.
 */
export const createPlanner = ({ tail, scoped, ledger, webhooks, deliveries, tasks, clock, log }: PlannerDeps) => {
  const timers = new Map<string, { timer: NodeJS.Timeout; since: number }>()
  const flights = new Map<string, Promise<void>>()
  /** How far each webhook was looked at here, which may be further than is written. */
  const seen = new Map<string, number>()
  let closing = false

  const step = async (workspaceId: string): Promise<boolean> => {
    const reads = new Map<number, Promise<Change[]>>()
    const since = (seq: number) => {
      const known = reads.get(seq) ?? tail.since(workspaceId, seq, PART)
      reads.set(seq, known)
      return known
    }
    let more = false
    for (const webhook of await webhooks.live(workspaceId)) more = await planFor(workspaceId, webhook, since) || more
    return more
  }

  /** Answers whether there may be more for it. */
  const planFor = async (workspaceId: string, webhook: WebhookRow, since: (seq: number) => Promise<Change[]>): Promise<boolean> => {
    const place = `${workspaceId}/${webhook.id}`
    const from = Math.max(webhook.seq, seen.get(place) ?? 0)
    const changes = await since(from)
    const last = changes.at(-1)
    if (!last) return false
    const told = changes.filter((change) => isToldOf(webhook.events, change))
    if (told.length > 0 || last.seq - webhook.seq >= UNWRITTEN) {
      const { rows, enqueue, lastTaskId } = await planned(workspaceId, webhook, told)
      const outcome = await ledger.run({
        workspaceId,
        statements: [webhooks.advance(workspaceId, webhook.id, { from: webhook.seq, to: last.seq, lastTaskId }), ...(rows.length > 0 ? [deliveries.insert(workspaceId, rows)] : []), ...enqueue],
      })
      if (outcome.state === 'refused' && outcome.refusal.reason === 'expectation') {
        // Another server has planned this part, or somebody changed the webhook: look again from where it stands now.
        seen.delete(place)
        return true
      }
      for (const [row] of settled(outcome).slice(rows.length > 0 ? 2 : 1)) tasks.enqueued(workspaceId, String(row?.json))
    }
    seen.set(place, last.seq)
    return changes.length === PART
  }

  const planned = async (workspaceId: string, webhook: WebhookRow, told: readonly Change[]) => {
    const records = new Map<string, string>()
    for (const noun of new Set(told.map((change) => change.noun))) {
      const ids = [...new Set(told.filter((change) => change.noun === noun).map(({ id }) => id))]
      for (const [id, { json }] of await scoped.findMany({ workspaceId, records: null }, noun, ids)) records.set(id, json)
    }
    const at = instant(clock())
    const idAfter = taskIds(webhook.lastTaskId)
    let lastTaskId = webhook.lastTaskId
    const rows: NewDelivery[] = []
    const enqueue = told.map((change) => {
      const id = newId('deliveries')
      lastTaskId = idAfter()
      rows.push({ id, webhookId: webhook.id, type: typeOf(change), seq: change.seq, changeSetId: change.changeSetId, noun: change.noun, recordId: change.id, taskId: lastTaskId, body: messageOf(change, records.get(change.id) ?? null), at })
      return tasks.enqueueStatement(workspaceId, deliveryTask(id, webhook.id, change.id), lastTaskId).statement
    })
    return { rows, enqueue, lastTaskId }
  }

  const run = (workspaceId: string): Promise<void> => {
    const known = flights.get(workspaceId)
    if (known) return known
    const flight = (async () => {
      while (!closing && await within(workspaceId, () => step(workspaceId))) continue
    })().finally(() => flights.delete(workspaceId))
    flights.set(workspaceId, flight)
    return flight
  }

  const schedule = (workspaceId: string, wait: number = QUIET_MS): void => {
    if (closing) return
    const known = timers.get(workspaceId)
    const since = known?.since ?? performance.now()
    if (known && performance.now() - since > LOADED_MS) return
    if (known) clearTimeout(known.timer)
    const timer = setTimeout(() => {
      timers.delete(workspaceId)
      // What was committed while a look was under way may have been missed by it.
      const busy = flights.has(workspaceId)
      run(workspaceId).then(() => { if (busy) schedule(workspaceId) }, (error) => {
        if (closing) return
        log.warn({ err: error, workspaceId }, 'Deliveries could not be planned; it will be tried again')
        schedule(workspaceId, AGAIN_MS)
      })
    }, wait)
    timer.unref()
    timers.set(workspaceId, { timer, since })
  }
  const stopListening = tail.onCommit((workspaceId) => schedule(workspaceId))

  const sweep = async (): Promise<void> => {
    const now = clock()
    settled(await ledger.run({ workspaceId: null, statements: [deliveries.orphaned(instant(now)), deliveries.forget(instant(now - KEPT_MS))] }))
  }
  const sweeper = setInterval(() => void sweep().catch((error) => log.warn({ err: error }, 'Deliveries could not be swept')), SWEEP_EVERY_MS)
  sweeper.unref()

  return {
    schedule: (workspaceId: string): void => schedule(workspaceId),
    /** Plans what is committed now. */
    async catchUp(workspaceId: string): Promise<void> {
      await flights.get(workspaceId)
      await run(workspaceId)
    },
    sweep,
    async close(): Promise<void> {
      closing = true
      stopListening()
      clearInterval(sweeper)
      for (const { timer } of timers.values()) clearTimeout(timer)
      await Promise.allSettled(flights.values())
    },
  }
}
export type Planner = ReturnType<typeof createPlanner>

/** The task of a delivery: one record's go one at a time, in the order of their ids. */
export const deliveryTask = (deliveryId: string, webhookId: string, recordId: string | null) => ({
  kind: 'deliver-webhook', payload: { deliveryId }, orderKey: `${webhookId}/${recordId ?? deliveryId}`, maxAttempts: TASK_ATTEMPTS,
})

/** Ids that sort after `last`, even where the server that made it has a clock ahead of ours: the order of ids is the order of sending. */
export const taskIds = (last: string): (() => string) => {
  const ahead = last === '' ? 0 : decodeTime(last.slice(ID_PREFIX.tasks.length + 1).toUpperCase())
  const own = newId('tasks')
  if (own > last) {
    let first: string | null = own
    return () => {
      const id = first ?? newId('tasks')
      first = null
      return id
    }
  }
  const ulid = monotonicFactory()
  return () => `${ID_PREFIX.tasks}_${ulid(ahead + 1).toLowerCase()}`
}
