import { createHash } from 'node:crypto'
import type { Batch, LedgeredNoun, Operation } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, bind } from '../http/route.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import { Invalid } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'
import { unstorable } from '../http/storable.ts'
import { validateBody } from '../http/validate.ts'
import type { BatchShapes } from './batch.ts'
import type { RecordService } from './record.service.ts'

type CrudGroup = Record<'list' | 'create' | 'retrieve' | 'update' | 'archive' | 'restore' | 'batch' | 'history', Operation> & { upsert?: Operation }

export interface RecordRoutesDeps {
  /** The workspace's last seq: a list can only have changed when it has grown. */
  seqOf(workspaceId: string): Promise<number>
  history(caller: Caller, noun: LedgeredNoun, id: string, query: { limit?: number; cursor?: string; merged?: string }): Promise<string>
}

/** The eight routes that every ledgered noun has, and a ninth for those with match keys. */
export const recordRoutes = (group: CrudGroup, service: RecordService, { seqOf, history }: RecordRoutesDeps): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const noun = group.list.path.slice(1) as LedgeredNoun
  const shapes: BatchShapes = { asNew: (data) => shaped(group.create, data), asPatch: (data) => shaped(group.update, data) }
  bind(app, group.list, async ({ caller, query, request }) => {
    const etag = await listEtag(caller, seqOf)
    if (request.headers.get('if-none-match') === etag) return { notModified: { etag } }
    return { json: pageJson(await service.list(caller, query as ListQuery)), headers: { etag, ...PRIVATE } }
  })
  bind(app, group.batch, async ({ caller, body }) => ({ stored: await service.batch(caller, body as Batch, shapes) }))
  bind(app, group.create, async ({ caller, body }) => ({ stored: await service.create(caller, body as Fields) }))
  bind(app, group.retrieve, async ({ caller, params: { id = '' }, request }) => {
    const { json, version } = await service.retrieve(caller, id)
    const etag = `"${version}"`
    if (request.headers.get('if-none-match') === etag) return { notModified: { etag } }
    return { json, headers: { etag, ...PRIVATE } }
  })
  bind(app, group.update, async ({ caller, params: { id = '' }, body }) => ({ stored: await service.update(caller, id, body as Fields) }))
  bind(app, group.archive, async ({ caller, params: { id = '' } }) => ({ stored: await service.archive(caller, id) }))
  bind(app, group.restore, async ({ caller, params: { id = '' } }) => ({ stored: await service.restore(caller, id) }))
  if (group.upsert) bind(app, group.upsert, async ({ caller, params: { key = '', value = '' }, body }) => ({ stored: await service.upsert(caller, key, value, body as Fields, shapes.asNew) }))
  bind(app, group.history, async ({ caller, params: { id = '' }, query }) => {
    await service.retrieve(caller, id)
    return { json: await history(caller, noun, id, query as { limit?: number; cursor?: string; merged?: string }) }
  })
  return app
}

const shaped = ({ body }: Operation, data: unknown): Fields => {
  const faults = unstorable(data)
  if (faults.length > 0) throw new Invalid(faults)
  return body ? (validateBody(body, data) as Fields) : {}
}

/** Not to be shared between callers: the same address shows each of them something else. */
const PRIVATE = { 'cache-control': 'private, no-cache', vary: 'Authorization' }

/** From the workspace's seq, and from whose view it is: two workspaces may stand at the same seq, and a browser keeps one cache for both. */
const listEtag = async ({ workspaceId, records }: Caller, seqOf: RecordRoutesDeps['seqOf']): Promise<string> =>
  `W/"${workspaceId.slice(-8)}${records ? createHash('sha256').update(JSON.stringify(records)).digest('base64url').slice(0, 8) : ''}-${await seqOf(workspaceId)}"`

/** A page whose items are JSON already. */
export const pageJson = ({ items, nextCursor }: ListPage): string => `{"items":[${items.join(',')}],"nextCursor":${JSON.stringify(nextCursor)}}`

