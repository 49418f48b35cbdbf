import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, type AskedRequest, bind } from '../http/route.ts'
import { type ChangeStreams, EVENT_STREAM } from './change-streams.ts'
import type { ChangesService } from './changes.service.ts'
import type { ChangeSetsService } from './changesets.service.ts'
import type { ProposalsService } from './proposals.service.ts'
import type { UndoService } from './undo.service.ts'

/** What reads the ledger as such, decides about proposals, and undoes. */
export const changeRoutes = ({ changes, changeStreams: streams, changeSets, proposals, undo }: { changes: ChangesService; changeStreams: ChangeStreams; changeSets: ChangeSetsService; proposals: ProposalsService; undo: UndoService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const { changesets } = operations
  bind(app, operations.changes.list, async ({ caller, query, request }) => acceptsEvents(request) ? streams.open(caller, { since: lastSeen(request) ?? query.since ?? 0, signal: request.signal }) : ({ value: await changes.list(caller, query), headers: { 'cache-control': 'no-store' } }))
  bind(app, changesets.list, async ({ caller, query }) => ({ value: await changeSets.list(caller, query as Parameters<typeof changeSets.list>[1]) }))
  bind(app, changesets.retrieve, async ({ caller, params: { id = '' } }) => ({ value: await changeSets.retrieve(caller, id) }))
  bind(app, changesets.changes, async ({ caller, params: { id = '' }, query }) => ({ value: await changeSets.changes(caller, id, query as Parameters<typeof changeSets.changes>[2]) }))
  bind(app, changesets.conflicts, async ({ caller, params: { id = '' }, query }) => ({ value: await changeSets.conflicts(caller, id, query as Parameters<typeof changeSets.conflicts>[2]) }))
  bind(app, changesets.apply, async ({ caller, params: { id = '' } }) => ({ stored: await proposals.apply(caller, id) }))
  bind(app, changesets.reject, async ({ caller, params: { id = '' }, body }) => ({ stored: await proposals.reject(caller, id, body.reason ?? null) }))
  bind(app, changesets.revert, async ({ caller, params: { id = '' }, query }) => ({ stored: await undo.revert(caller, id, { partial: query.partial === 'true' }) }))
  return app
}

const acceptsEvents = (request: AskedRequest): boolean => (request.headers.get('accept') ?? '').includes(EVENT_STREAM)
/** Where a reader that reconnects by itself was. */
const lastSeen = (request: AskedRequest): number | null => {
  const id = request.headers.get('last-event-id')
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null
}
