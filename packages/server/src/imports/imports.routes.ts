import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { AppError } from '../errors.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import type { ImportsService } from './imports.service.ts'

export const importRoutes = ({ imports }: { imports: ImportsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const { list, create, retrieve, rejects } = operations.imports
  bind(app, list, async ({ caller, query }) => ({ json: pageJson(await imports.list(caller, query as ListQuery)) }))
  bind(app, create, async ({ caller, query, request }) => {
    const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase()
    if (type !== 'text/csv') throw new AppError('unsupported_media_type', `This route takes text/csv, not ${type || 'a body without Content-Type'}.`)
    return { value: await imports.create(caller, query, request.body) }
  })
  bind(app, retrieve, async ({ caller, params: { id = '' } }) => ({ value: await imports.retrieve(caller, id) }))
  bind(app, rejects, async ({ caller, params: { id = '' } }) => ({ stream: await imports.rejects(caller, id), type: 'text/csv; charset=utf-8' }))
  return app
}
