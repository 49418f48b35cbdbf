import { operations } from '@flowstate-ai/sdk/contract'
import { Hono } from 'hono'
import type { ListQuery } from '../db/list.ts'
import { type AppEnv, bind } from '../http/route.ts'
import { pageJson } from '../records/record.routes.ts'
import type { AttachmentsService } from './attachments.service.ts'

export const fileRoutes = ({ attachments }: { attachments: AttachmentsService }): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  const { list, upload, retrieve, content, archive, restore } = operations.files
  bind(app, list, async ({ caller, query }) => ({ json: pageJson(await attachments.list(caller, query as ListQuery)) }))
  bind(app, upload, async ({ caller, query, request }) => ({ value: await attachments.upload(caller, { name: query.name, type: request.headers.get('content-type') }, request.body) }))
  bind(app, retrieve, async ({ caller, params: { id = '' } }) => ({ value: await attachments.retrieve(caller, id) }))
  bind(app, content, async ({ caller, params: { id = '' }, request }) => {
    const { file, stream } = await attachments.content(caller, id)
    const headers = { etag: `"${file.sha256}"`, 'cache-control': 'private, no-cache', vary: 'Authorization' }
    if (request.headers.get('if-none-match') === headers.etag) return { notModified: headers }
    return { stream: stream(), type: file.type, headers: { ...headers, ...AS_DOWNLOAD, 'content-length': String(file.bytes), 'content-disposition': dispositionOf(file.name) } }
  })
  bind(app, archive, async ({ caller, params: { id = '' } }) => ({ stored: await attachments.archive(caller, id) }))
  bind(app, restore, async ({ caller, params: { id = '' } }) => ({ stored: await attachments.restore(caller, id) }))
  return app
}

/** Whatever somebody uploaded, it is never a page of ours. */
const AS_DOWNLOAD = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox; frame-ancestors 'none'", 'cross-origin-resource-policy': 'cross-origin' }

/** RFC 6266: the name in ASCII for old readers, and as RFC 5987 has it for all others. */
const dispositionOf = (name: string): string => {
  const ascii = name.normalize('NFKD').replaceAll(/[^\x20-\x7e]/g, '').replaceAll(/["\\%]/g, '_').trim() || 'file'
  const encoded = encodeURIComponent(name.toWellFormed()).replaceAll(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
