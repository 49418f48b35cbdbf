import { randomBytes } from 'node:crypto'
import { type BodyOf, DELIVERY, type operations, type Webhook, type WebhookEvent, type WebhookWithSecret } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Dialect } from '../db/columns.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { fieldsOf } from '../db/wire.ts'
import { Archived, Conflict, Invalid, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Ledger, Statement } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import { onceOf, settledAs, type Written } from '../ledger/writes.ts'
import type { Sealing } from '../sealing.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import type { DeliveriesStore } from './deliveries.store.ts'
import { TEST_TYPE, testMessage } from './message.ts'
import { deliveryTask } from './planner.ts'
import { parseTarget, RefusedTarget } from './targets.ts'
import { type KeptSecret, MOVED, type WebhookRow, type WebhooksStore } from './webhooks.store.ts'

type New = BodyOf<typeof operations.webhooks.create>
type Patch = BodyOf<typeof operations.webhooks.update>

interface WebhooksDeps { dialect: Dialect; scoped: Scoped; store: WebhooksStore; deliveries: DeliveriesStore; ledger: Ledger; tasks: TasksService; sealing: Sealing; clock: Clock; allowPrivate: boolean }

const SECRET_BYTES = 32
const MOST_SECRETS = 5
/** Parts of a change's fields that are named by what the workspace calls them. */
const PARTED = ['customFields', 'tags']

/** Webhooks: where changes are sent to, what of them, and signed by which secrets. */
export const createWebhooksService = ({ dialect, scoped, store, deliveries, ledger, tasks, sealing, clock, allowPrivate }: WebhooksDeps) => {
  const retrieve = async (caller: Caller, id: string): Promise<Webhook> => {
    requireWholeWorkspace(caller)
    const found = await scoped.find(caller, 'webhooks', id)
    if (!found) throw new NotFound('webhooks', id)
    return JSON.parse(found.json) as Webhook
  }
  const live = async (caller: Caller, id: string): Promise<WebhookRow> => {
    const { archivedAt } = await retrieve(caller, id)
    if (archivedAt !== null) throw new Archived('webhooks', id)
    const row = await store.find(caller.workspaceId, id)
    if (!row) throw new NotFound('webhooks', id)
    return row
  }

  const write = async (caller: Caller, statements: Statement[], status: number): Promise<Written> => {
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements, ...onceOf(caller, { status, headers: {}, body: [{ statement: 0 }] }) })
    const body = outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json) : ''
    if (outcome.state === 'committed') for (const [row] of outcome.rows.slice(1)) tasks.enqueued(caller.workspaceId, String(row?.json))
    const settled = settledAs(outcome, { status, headers: {}, body })
    if (settled.written) return settled.written
    if (settled.refusal.reason === 'expectation' && settled.refusal.otherwise === MOVED) throw new Conflict('conflict', 'The webhook was changed by others at the same time; read it again and repeat.')
    throw refused(settled.refusal)
  }

  const newSecret = (workspaceId: string, id: string, at: string): { secret: string; kept: KeptSecret } => {
    const secret = `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`
    return { secret, kept: { sealed: sealing.seal(secret, `${workspaceId}/${id}`), createdAt: at, until: null } }
  }

  const refuseUnfit = ({ url, events }: Pick<Patch, 'url' | 'events'>) => {
    const errors = [...(url === undefined ? [] : urlErrors(url, allowPrivate)), ...(events ?? []).flatMap((event, index) => eventErrors(dialect, event, index))]
    if (errors.length > 0) throw new Invalid(errors)
  }

  return {
    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      return scoped.list(caller, 'webhooks', query)
    },
    retrieve,

    /** It begins with the next change. The secret is in this answer and nowhere else. */
    async create(caller: Caller, { url, description = null, events = [], enabled = true }: New): Promise<WebhookWithSecret> {
      requireWholeWorkspace(caller)
      refuseUnfit({ url, events })
      const id = newId('webhooks')
      const at = instant(clock())
      const { secret, kept } = newSecret(caller.workspaceId, id, at)
      const { body } = await write(caller, [store.insert(caller.workspaceId, { id, url, description, events, ...switched(caller, enabled, at), secrets: [kept], at })], 201)
      return { ...(JSON.parse(body) as Webhook), secret }
    },

    /** Switched on again, it begins with the next change; what it missed is in `/changes`, and what died can be replayed. */
    async update(caller: Caller, id: string, patch: Patch): Promise<Written> {
      const row = await live(caller, id)
      refuseUnfit(patch)
      const at = instant(clock())
      const turned = patch.enabled !== undefined && patch.enabled !== row.enabled
      const { enabled: _, ...rest } = patch
      const set = { ...rest, ...(turned ? switched(caller, patch.enabled === true, at) : {}), ...(turned && patch.enabled ? { failures: 0 } : {}), updatedAt: at }
      return write(caller, [store.update(caller.workspaceId, id, set as Parameters<WebhooksStore['update']>[2], { fromNow: turned && patch.enabled === true })], 200)
    },

    async archive(caller: Caller, id: string): Promise<Written> {
      await live(caller, id)
      const at = instant(clock())
      return write(caller, [store.update(caller.workspaceId, id, { ...switched(caller, false, at), archivedAt: at, updatedAt: at })], 200)
    },

    /** The old secret signs on beside the new one for a day, so that a receiver can change over without missing a message. */
    async rotate(caller: Caller, id: string): Promise<WebhookWithSecret> {
      // The version first: a secret that comes in between is then refused instead of lost.
      const { version } = await retrieve(caller, id)
      const { secrets } = await live(caller, id)
      const now = clock()
      const at = instant(now)
      const { secret, kept } = newSecret(caller.workspaceId, id, at)
      const old = secrets.map((each) => ({ ...each, until: each.until ?? instant(now + DELIVERY.rotationMs) })).filter(({ until }) => until > at)
      const { body } = await write(caller, [store.rotate(caller.workspaceId, id, version, { secrets: [kept, ...old].slice(0, MOST_SECRETS), updatedAt: at })], 200)
      return { ...(JSON.parse(body) as Webhook), secret }
    },

    async test(caller: Caller, id: string): Promise<Written> {
      const { enabled } = await live(caller, id)
      if (!enabled) throw new Conflict('invalid_state', 'The webhook is switched off; switch it on first: PATCH {"enabled":true}.')
      const at = instant(clock())
      const deliveryId = newId('deliveries')
      const { id: taskId, statement } = tasks.enqueueStatement(caller.workspaceId, deliveryTask(deliveryId, id, null))
      const row = { id: deliveryId, webhookId: id, type: TEST_TYPE, seq: null, changeSetId: null, noun: null, recordId: null, taskId, body: testMessage(id, at), at }
      const written = await write(caller, [deliveries.insert(caller.workspaceId, [row]), statement], 202)
      return written
    },
  }
}
export type WebhooksService = ReturnType<typeof createWebhooksService>

const switched = ({ actor }: Caller, enabled: boolean, at: string): Pick<Webhook, 'enabled' | 'disabledReason' | 'disabledBy' | 'disabledAt'> =>
  enabled ? { enabled, disabledReason: null, disabledBy: null, disabledAt: null } : { enabled, disabledReason: 'off', disabledBy: actor, disabledAt: at }

const urlErrors = (url: string, allowPrivate: boolean) => {
  try {
    parseTarget(url, allowPrivate)
    return []
  } catch (error) {
    if (!(error instanceof RefusedTarget)) throw error
    return [{ pointer: '/url', code: 'not_allowed', detail: error.message }]
  }
}

/** A field that its noun does not have would never be told of. */
const eventErrors = (dialect: Dialect, { noun, fields = [] }: WebhookEvent, index: number) => {
  const known = fieldsOf(dialect, noun).map(({ name }) => name)
  return fields.flatMap((each, n) => {
    const name = typeof each === 'string' ? each : each.field
    const [root = '', ...rest] = name.split('.')
    if (known.includes(root) && (rest.length === 0 || PARTED.includes(root))) return []
    return [{ pointer: `/events/${index}/fields/${n}`, code: 'invalid_value', detail: `names ${name}, which ${noun} do not have; there is ${known.join(', ')}, or customFields.x` }]
  })
}
