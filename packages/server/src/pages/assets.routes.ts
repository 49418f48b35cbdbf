import { createReadStream, statSync } from 'node:fs'
import { extname, join, normalize, sep } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { Hono } from 'hono'
import { AppError } from '../errors.ts'
import type { AppEnv } from '../http/route.ts'

/** Beside `dist` and `src` alike. */
const ASSETS = fileURLToPath(new URL('../../assets/', import.meta.url))
const TYPES: Record<string, string> = { '.js': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.html': 'text/html; charset=utf-8', '.svg': 'image/svg+xml', '.map': 'application/json', '.json': 'application/json', '.png': 'image/png' }

export const assetPath = (name: string): string => join(ASSETS, name)

/** A file that was built with the server; 404 with the mend when the build was left out. */
export const serveFile = (path: string, headers: Record<string, string> = {}): Response => {
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found?.isFile()) throw new AppError('not_found', 'This file has not been built: run npm run build.')
  const { size, mtimeMs } = found
  return new Response(Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>, {
    headers: { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-length': String(size), etag: `"${size.toString(36)}-${Math.floor(mtimeMs).toString(36)}"`, 'cache-control': 'no-cache', ...headers },
  })
}

/** `/elements/…`: the loader, the one-file bundle and their chunks, for pages of any origin. */
export const assetRoutes = (): Hono<AppEnv> =>
  new Hono<AppEnv>().get('/elements/*', (context) => {
    const name = fileNameOf(context.req.path.slice(context.req.path.indexOf('/elements/') + '/elements/'.length))
    if (name === null || name.startsWith('..') || name.startsWith(sep)) throw new AppError('not_found', 'There is no such file.')
    return serveFile(assetPath(join('elements', name)), { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' })
  })

/** A path as a file's name; null: its escapes stand for nothing. */
export const fileNameOf = (path: string): string | null => {
  try {
    return normalize(decodeURIComponent(path))
  } catch {
    return null
  }
}
