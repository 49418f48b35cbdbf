import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { AppError } from '../errors.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import type { ImportsService } from './imports.service.ts'
import type { MappingsService } from './mappings.service.ts'

const FORMATS: Record<string, 'csv' | 'jsonl'> = { 'text/csv': 'csv', 'application/x-ndjson': 'jsonl' }

export const importRoutes = ({ imports, importMappings }: { imports: ImportsService; importMappings: MappingsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  // Before `/imports/{id}`, which would take `mappings` for an id.
  const saved = operations.importMappings
  bind(app, saved.list, async ({ caller, query }) => ({ json: pageJson(await importMappings.list(caller, query as ListQuery)) }))
  bind(app, saved.create, async ({ caller, body }) => ({ stored: await importMappings.create(caller, body) }))
  bind(app, saved.retrieve, async ({ caller, params: { id = '' } }) => ({ json: (await importMappings.retrieve(caller, id)).json }))
  bind(app, saved.update, async ({ caller, params: { id = '' }, body }) => ({ stored: await importMappings.update(caller, id, body) }))
  bind(app, saved.archive, async ({ caller, params: { id = '' } }) => ({ stored: await importMappings.archive(caller, id) }))

  const { list, upload, retrieve, settings, rehearse, run, rejects, diff } = operations.imports
  bind(app, list, async ({ caller, query }) => ({ json: pageJson(await imports.list(caller, query as ListQuery)) }))
  bind(app, upload, async ({ caller, query, request }) => {
    const type = (request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
    const format = FORMATS[type]
    if (!format) throw new AppError('unsupported_media_type', `This route takes ${Object.keys(FORMATS).join(' or ')}, not ${type || 'a body without Content-Type'}.`)
    return { value: await imports.upload(caller, query, format, request.body) }
  })
  bind(app, retrieve, async ({ caller, params: { id = '' } }) => ({ value: await imports.retrieve(caller, id) }))
  bind(app, settings, async ({ caller, params: { id = '' }, body }) => ({ stored: await imports.settings(caller, id, body) }))
  bind(app, rehearse, async ({ caller, params: { id = '' } }) => ({ stored: await imports.rehearse(caller, id) }))
  bind(app, run, async ({ caller, params: { id = '' } }) => ({ stored: await imports.run(caller, id) }))
  bind(app, rejects, async ({ caller, params: { id = '' } }) => ({ stream: await imports.rejects(caller, id), type: 'text/csv; charset=utf-8' }))
  bind(app, diff, async ({ caller, params: { id = '' }, query: { format = 'csv' } }) => ({ stream: await imports.diff(caller, id, format), type: format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson' }))
  return app
}
