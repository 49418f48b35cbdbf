import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import { type AppEnv, bind } from '../http/route.ts'
import type { ChangesService } from './changes.service.ts'
import type { ChangeSetsService } from './changesets.service.ts'

/** What reads the ledger as such: the feed, and change sets with their undo. */
export const changeRoutes = ({ changes, changeSets }: { changes: ChangesService; changeSets: ChangeSetsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  bind(app, operations.changes.list, async ({ caller, query }) => ({ value: await changes.list(caller, query), headers: { 'cache-control': 'no-store' } }))
  bind(app, operations.changesets.retrieve, async ({ caller, params: { id = '' } }) => ({ value: await changeSets.retrieve(caller, id) }))
  bind(app, operations.changesets.revert, async ({ caller, params: { id = '' } }) => ({ stored: await changeSets.revert(caller, id) }))
  return app
}
