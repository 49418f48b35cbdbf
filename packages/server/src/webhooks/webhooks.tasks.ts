import { DELIVERY, type DeliveryAttempt } from '@flowstate-ai/sdk/contract'
import { Webhook as Signer } from 'standardwebhooks'
import { type Clock, instant } from '../clock.ts'
import type { Ledger, Statement } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import type { Sealing } from '../sealing.ts'
import { Hopeless, RetryAt, type TaskHandler } from '../worker/worker.ts'
import { type DeliveriesStore, type DeliveryRow, REPLACED } from './deliveries.store.ts'
import { createHostGate } from './host-gate.ts'
import { nextTryMs } from './schedule.ts'
import { send, type Sent } from './send.ts'
import { type Resolver, systemResolver } from './targets.ts'
import type { WebhookRow, WebhooksStore } from './webhooks.store.ts'

/** How webhooks are delivered; the defaults are the promise, the rest is for tests. */
export interface DeliveryOptions {
  /** Names to addresses; default: the system's. */
  resolve?: Resolver
  /** Milliseconds for a whole try; default 20,000. */
  timeoutMs?: number
  /** Shortens the waits between tries; default 1. */
  scale?: number
  /** In [0, 1); spreads tries. */
  random?: () => number
}

interface HandlerDeps { webhooks: WebhooksStore; deliveries: DeliveriesStore; ledger: Ledger; sealing: Sealing; clock: Clock; allowPrivate: boolean; options: DeliveryOptions }

const KEPT_ATTEMPTS = 30
/** One host is sent to by so many tries at a time, from each server. */
const PER_HOST = 4
const BUSY_MS = 2_000
const GONE = 410
const AGENT = 'Flowstate-Webhooks/1'

/** Sends deliveries: one try a run of the task; what became of it is written before the task goes on. */
export const createDeliveryHandler = ({ webhooks, deliveries, ledger, sealing, clock, allowPrivate, options: { resolve = systemResolver, timeoutMs = DELIVERY.timeoutMs, scale = 1, random = Math.random } }: HandlerDeps): TaskHandler => {
  const gate = createHostGate(PER_HOST)

  const headersOf = (workspaceId: string, webhook: WebhookRow, { id, body }: DeliveryRow): Record<string, string> => {
    const now = clock()
    const at = new Date(now)
    const signatures = webhook.secrets
      .filter(({ until }) => until === null || until > instant(now))
      .map(({ sealed }) => new Signer(sealing.open(sealed, `${workspaceId}/${webhook.id}`)).sign(id, at, body))
    return { 'content-type': 'application/json', 'user-agent': AGENT, 'webhook-id': id, 'webhook-timestamp': String(Math.floor(now / 1_000)), 'webhook-signature': signatures.join(' ') }
  }

  const write = async (workspaceId: string, statements: Statement[]): Promise<void> => {
    const outcome = await ledger.run({ workspaceId, statements })
    // Somebody has replayed it meanwhile: it is another task's now.
    if (outcome.state === 'refused' && !(outcome.refusal.reason === 'expectation' && outcome.refusal.otherwise === REPLACED)) throw refused(outcome.refusal)
  }

  /** Writes what became of a try, and answers what is to become of the task. */
  const judge = async (workspaceId: string, webhook: WebhookRow, delivery: DeliveryRow, { askedMs, ...sent }: Sent): Promise<RetryAt | Hopeless | null> => {
    const now = clock()
    const at = instant(now)
    const attempt: DeliveryAttempt = { at, ...sent }
    const tries = delivery.tries + 1
    const tried = { tries, attempts: [...delivery.attempts, attempt].slice(-KEPT_ATTEMPTS), updatedAt: at }
    const record = (set: Parameters<DeliveriesStore['record']>[2]) => deliveries.record(workspaceId, delivery, set)
    const { status } = sent
    if (status !== null && status >= 200 && status < 300) {
      await write(workspaceId, [record({ ...tried, state: 'delivered', deliveredAt: at, nextAttemptAt: null, error: null }), webhooks.arrived(workspaceId, webhook.id, at)])
      return null
    }
    const reason = status === null ? `No answer: ${sent.error}` : status >= 300 && status < 400 ? `It answered ${status}; redirects are not followed.` : `It answered ${status}.`
    const wait = status === GONE ? null : nextTryMs({ tries, random: random(), askedMs, scale })
    if (wait !== null) {
      await write(workspaceId, [record({ ...tried, nextAttemptAt: instant(now + wait) })])
      return new RetryAt(now + wait, reason)
    }
    const over = status === GONE ? [webhooks.gone(workspaceId, webhook.id, at)] : webhooks.died(workspaceId, webhook.id, at, DELIVERY.deadBeforeDisabled)
    await write(workspaceId, [record({ ...tried, state: 'dead', nextAttemptAt: null, error: reason }), ...over])
    return new Hopeless(reason)
  }

  return async function deliver(task, { caller: { workspaceId }, signal }) {
    const { deliveryId } = task.payload as { deliveryId: string }
    const found = await deliveries.find(workspaceId, deliveryId)
    if (!found || found.taskId !== task.id) return { skipped: 'It was replayed or forgotten.' }
    if (found.state === 'delivered') return { status: found.attempts.at(-1)?.status ?? null }
    // An operator has revived a dead task: that is a replay.
    const delivery = found.state === 'dead' ? { ...found, tries: 0, nextAttemptAt: null } : found
    const webhook = await webhooks.find(workspaceId, delivery.webhookId)
    const now = clock()
    if (!webhook || !webhook.enabled || webhook.archivedAt !== null) {
      const error = `The webhook is ${webhook && webhook.archivedAt === null ? 'switched off; switch it on and replay' : 'removed'}.`
      await write(workspaceId, [deliveries.record(workspaceId, delivery, { state: 'dead', nextAttemptAt: null, error, updatedAt: instant(now) })])
      throw new Hopeless(error)
    }
    // A server that was killed after the try was written leaves the task to be leased again before its time.
    if (delivery.nextAttemptAt !== null && Date.parse(delivery.nextAttemptAt) > now) throw new RetryAt(Date.parse(delivery.nextAttemptAt), 'Not yet due.', { counted: false })
    const leave = await gate.enter(URL.parse(webhook.url)?.host ?? webhook.url, signal)
    if (!leave) throw new RetryAt(clock() + BUSY_MS * (1 + random()), 'Its host is being sent to already.', { counted: false })
    const sent = await send({ url: webhook.url, headers: headersOf(workspaceId, webhook, delivery), body: delivery.body, timeoutMs, allowPrivate, resolve, signal }).finally(leave)
    const next = await judge(workspaceId, webhook, delivery, sent)
    if (next) throw next
    return { status: sent.status }
  }
}
