import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import type { MembersService } from './members.service.ts'

export const memberRoutes = ({ members }: { members: MembersService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const { list, create, retrieve, update, archive } = operations.members
  bind(app, list, async ({ caller, query }) => ({ json: pageJson(await members.list(caller, query as ListQuery)) }))
  bind(app, create, async ({ caller, body }) => ({ stored: await members.create(caller, body) }))
  bind(app, retrieve, async ({ caller, params: { id = '' } }) => ({ json: (await members.retrieve(caller, id)).json }))
  bind(app, update, async ({ caller, params: { id = '' }, body }) => ({ stored: await members.update(caller, id, body) }))
  bind(app, archive, async ({ caller, params: { id = '' } }) => ({ stored: await members.archive(caller, id) }))
  return app
}
