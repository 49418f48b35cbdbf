import { existsSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Hono } from 'hono'
import { AppError, Forbidden } from '../errors.ts'
import type { AppEnv } from '../http/route.ts'
import { systemCaller } from '../http/caller.ts'
import type { Services } from '../services.ts'
import { fileNameOf, serveFile } from './assets.routes.ts'

/** Copied beside the server by the build; in the repository it is served from where it is written. */
const BUILT = fileURLToPath(new URL('../../assets/playground/', import.meta.url))
const SOURCE = fileURLToPath(new URL('../../../../playground/', import.meta.url))
const LOOPBACK = /^(localhost|127(?:\.\d{1,3}){3}|\[::1\])(:\d+)?$/
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
const TTL_SECONDS = 600

/**
 * `/playground`: a host application with our elements in it. For development on loopback only: its page is handed a token of the
 * demo workspace, which is refused to any request that does not come to a loopback name.
 */
export const playgroundRoutes = ({ options: { playground, basePath }, workspaces, embeds }: Services): Hono<AppEnv> => {
  const app = new Hono<AppEnv>()
  if (!playground) return app
  const root = basePath === '/' ? '' : basePath
  app.get('/', (context) => context.redirect(`${root}/playground/`))
  app.get('/playground', (context) => context.redirect(`${root}/playground/`))
  app.post('/playground/token', async (context) => {
    // A name of a stranger's that resolves to 127.0.0.1 must not be handed a token.
    const host = context.req.header('host') ?? ''
    const origin = context.req.header('origin')
    if (!LOOPBACK.test(host) || (origin !== undefined && URL.parse(origin)?.host !== host)) throw new Forbidden('The playground hands out tokens on loopback, to its own page alone.')
    const workspace = await workspaces.bySlug(playground.workspaceSlug)
    if (!workspace) throw new AppError('not_found', `There is no workspace ${playground.workspaceSlug} yet.`)
    const { role, who } = { role: 'admin' as const, who: context.req.query('as') ?? 'You' }
    const token = await embeds.mint(systemCaller(workspace.id, 'Playground', context.get('requestId')), { subject: who.slice(0, 100), role, ttl: TTL_SECONDS })
    return context.json(token, 201, { 'cache-control': 'no-store' })
  })
  app.get('/playground/*', (context) => {
    const name = fileNameOf(context.req.path.slice(`${root}/playground/`.length) || 'index.html')
    if (name === null || name.startsWith('..') || name.startsWith(sep)) throw new AppError('not_found', 'There is no such page.')
    const folder = existsSync(join(SOURCE, 'index.html')) ? SOURCE : BUILT
    return serveFile(join(folder, name), { 'content-security-policy': CSP })
  })
  return app
}
