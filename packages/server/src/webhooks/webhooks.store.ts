import type { Webhook, WebhookEvent } from '@flowstate-ai/sdk/contract'
import { and, eq, isNull, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { jsonOf } from '../db/wire.ts'
import type { Statement } from '../ledger/ledger.ts'

/** A sealed secret; messages are signed by it up to `until`, by the newest without end. */
export interface KeptSecret { sealed: string; createdAt: string; until: string | null }
export interface WebhookRow {
  id: string; url: string; events: WebhookEvent[]; enabled: boolean; seq: number; failures: number; secrets: KeptSecret[]; lastTaskId: string; lastDeliveredAt: string | null; archivedAt: string | null
}
type Disabling = Pick<Webhook, 'enabled' | 'disabledReason' | 'disabledBy' | 'disabledAt'>

/** Refusals that statements name. */
export const PLANNED = 'planned'
export const MOVED = 'moved'

export const createWebhooksStore = ({ dialect, reader, tables: { webhooks, workspaces } }: Database) => {
  const json = { json: jsonOf(dialect, 'webhooks').as('json') }
  const next = { version: sql`${webhooks.version} + 1` as unknown as number }
  const one = (workspaceId: string, id: string) => and(eq(webhooks.workspaceId, workspaceId), eq(webhooks.id, id))
  /** Where the feed stands when the statement runs: a webhook begins after it. */
  const head = (workspaceId: string) => sql`(select ${workspaces.seq} from ${workspaces} where ${workspaces.id} = ${workspaceId})` as unknown as number
  const columns = {
    id: webhooks.id, url: webhooks.url, events: webhooks.events, enabled: webhooks.enabled, seq: webhooks.seq, failures: webhooks.failures, secrets: webhooks.secrets,
    lastTaskId: webhooks.lastTaskId, lastDeliveredAt: webhooks.lastDeliveredAt, archivedAt: webhooks.archivedAt,
  }
  const typed = (row: { events: unknown; secrets: unknown } & Omit<WebhookRow, 'events' | 'secrets'>): WebhookRow => ({ ...row, events: row.events as WebhookEvent[], secrets: row.secrets as KeptSecret[] })
  const live = reader.select(columns).from(webhooks).where(and(eq(webhooks.workspaceId, sql.placeholder('workspaceId')), eq(webhooks.enabled, true), isNull(webhooks.archivedAt))).orderBy(webhooks.id).prepare('webhooks_live')
  const byId = reader.select(columns).from(webhooks).where(and(eq(webhooks.workspaceId, sql.placeholder('workspaceId')), eq(webhooks.id, sql.placeholder('id')))).prepare('webhook_row')

  return {
    async live(workspaceId: string): Promise<WebhookRow[]> {
      return (await live.execute({ workspaceId })).map(typed)
    },
    async find(workspaceId: string, id: string): Promise<WebhookRow | null> {
      const [row] = await byId.execute({ workspaceId, id })
      return row ? typed(row) : null
    },

    insert: (workspaceId: string, row: Pick<Webhook, 'id' | 'url' | 'description' | 'events'> & Disabling & { secrets: KeptSecret[]; at: string }): Statement => {
      const { at, ...rest } = row
      return statementOf(reader.insert(webhooks).values({ workspaceId, ...rest, seq: head(workspaceId), failures: 0, version: 1, createdAt: at, updatedAt: at }).returning(json))
    },
    update: (workspaceId: string, id: string, set: Partial<Pick<Webhook, 'url' | 'description' | 'events' | 'failures' | 'archivedAt'> & Disabling & { secrets: KeptSecret[] }> & { updatedAt: string }, { fromNow = false } = {}): Statement =>
      statementOf(reader.update(webhooks).set({ ...next, ...set, ...(fromNow ? { seq: head(workspaceId) } : {}) }).where(one(workspaceId, id)).returning(json)),
    /** A rotation stands on the secrets that it has read. */
    rotate: (workspaceId: string, id: string, version: number, set: { secrets: KeptSecret[]; updatedAt: string }): Statement =>
      statementOf(reader.update(webhooks).set({ ...next, ...set }).where(and(one(workspaceId, id), eq(webhooks.version, version))).returning(json), { rows: 1, otherwise: MOVED }),

    /** Moves a webhook on; refused when another server did so first, or it was switched off or set to another place meanwhile. */
    advance: (workspaceId: string, id: string, { from, to, lastTaskId }: { from: number; to: number; lastTaskId: string }): Statement =>
      statementOf(reader.update(webhooks).set({ seq: to, lastTaskId }).where(and(one(workspaceId, id), eq(webhooks.seq, from), eq(webhooks.enabled, true), isNull(webhooks.archivedAt))), { rows: 1, otherwise: PLANNED }),

    /** It answered. */
    arrived: (workspaceId: string, id: string, at: string): Statement =>
      statementOf(reader.update(webhooks).set({ failures: 0, lastDeliveredAt: at }).where(one(workspaceId, id))),
    /** A delivery died; with the `most`-th in a row the webhook is switched off. */
    died: (workspaceId: string, id: string, at: string, most: number): Statement[] => [
      statementOf(reader.update(webhooks).set({ failures: sql`${webhooks.failures} + 1` as unknown as number }).where(one(workspaceId, id))),
      statementOf(reader.update(webhooks).set({ ...next, enabled: false, disabledReason: 'failing', disabledBy: SYSTEM, disabledAt: at, updatedAt: at }).where(and(one(workspaceId, id), eq(webhooks.enabled, true), sql`${webhooks.failures} >= ${most}`))),
    ],
    gone: (workspaceId: string, id: string, at: string): Statement =>
      statementOf(reader.update(webhooks).set({ ...next, enabled: false, disabledReason: 'gone', disabledBy: SYSTEM, disabledAt: at, updatedAt: at }).where(and(one(workspaceId, id), eq(webhooks.enabled, true)))),
  }
}
export type WebhooksStore = ReturnType<typeof createWebhooksStore>

const SYSTEM = { kind: 'system', id: 'system', name: 'Deliveries' } as const
