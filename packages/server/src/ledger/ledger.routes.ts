import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, bind } from '../http/route.ts'
import type { ChangesService } from './changes.service.ts'
import type { ChangeSetsService } from './changesets.service.ts'
import type { ProposalsService } from './proposals.service.ts'
import type { UndoService } from './undo.service.ts'

/** What reads the ledger as such, decides about proposals, and undoes. */
export const changeRoutes = ({ changes, changeSets, proposals, undo }: { changes: ChangesService; changeSets: ChangeSetsService; proposals: ProposalsService; undo: UndoService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const { changesets } = operations
  bind(app, operations.changes.list, async ({ caller, query }) => ({ value: await changes.list(caller, query), headers: { 'cache-control': 'no-store' } }))
  bind(app, changesets.list, async ({ caller, query }) => ({ value: await changeSets.list(caller, query as Parameters<typeof changeSets.list>[1]) }))
  bind(app, changesets.retrieve, async ({ caller, params: { id = '' } }) => ({ value: await changeSets.retrieve(caller, id) }))
  bind(app, changesets.changes, async ({ caller, params: { id = '' }, query }) => ({ value: await changeSets.changes(caller, id, query as Parameters<typeof changeSets.changes>[2]) }))
  bind(app, changesets.conflicts, async ({ caller, params: { id = '' }, query }) => ({ value: await changeSets.conflicts(caller, id, query as Parameters<typeof changeSets.conflicts>[2]) }))
  bind(app, changesets.apply, async ({ caller, params: { id = '' } }) => ({ stored: await proposals.apply(caller, id) }))
  bind(app, changesets.reject, async ({ caller, params: { id = '' }, body }) => ({ stored: await proposals.reject(caller, id, body.reason ?? null) }))
  bind(app, changesets.revert, async ({ caller, params: { id = '' }, query }) => ({ stored: await undo.revert(caller, id, { partial: query.partial === 'true' }) }))
  return app
}
