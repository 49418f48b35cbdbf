import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import type { DuplicatesService } from './duplicates.service.ts'
import type { MergeService } from './merge.service.ts'

export const duplicateRoutes = ({ duplicates, merge }: { duplicates: DuplicatesService; merge: MergeService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const { customers, companies, duplicates: of } = operations
  bind(app, of.list, async ({ caller, query }) => ({ json: pageJson(await duplicates.list(caller, query as ListQuery)) }))
  bind(app, of.propose, async ({ caller, body }) => ({ stored: await duplicates.propose(caller, body) }))
  bind(app, of.retrieve, async ({ caller, params: { id = '' } }) => ({ value: await duplicates.retrieve(caller, id) }))
  bind(app, of.dismiss, async ({ caller, params: { id = '' } }) => ({ stored: await duplicates.dismiss(caller, id) }))
  bind(app, of.reopen, async ({ caller, params: { id = '' } }) => ({ stored: await duplicates.reopen(caller, id) }))
  bind(app, customers.merge, async ({ caller, body }) => ({ stored: await merge.merge(caller, 'customers', body) }))
  bind(app, companies.merge, async ({ caller, body }) => ({ stored: await merge.merge(caller, 'companies', body) }))
  bind(app, customers.duplicates, async ({ caller, params: { id = '' } }) => ({ value: await duplicates.candidates(caller, 'customers', id) }))
  bind(app, companies.duplicates, async ({ caller, params: { id = '' } }) => ({ value: await duplicates.candidates(caller, 'companies', id) }))
  return app
}
