import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from './route.ts'

/** The page was served by this server itself. */
export const isOwnOrigin = (origin: string, request: Pick<Request, 'url'>, publicUrl: string | null): boolean => {
  if (publicUrl !== null) return origin === new URL(publicUrl).origin
  const { protocol, host } = new URL(request.url)
  return origin === `${protocol}//${host}`
}

const EXPOSED = 'ETag, Flowstate-Change-Set, Idempotent-Replayed, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Location, Content-Disposition'
const ALLOWED_HEADERS = 'Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Flowstate-Strict, Flowstate-Workspace, Flowstate-Run, Last-Event-ID'
const PREFLIGHT_SECONDS = '600'

/** CORS for exactly the allowed origins; bearer tokens only, so never with credentials. */
export const cors = (allowedOrigins: readonly string[], publicUrl: string | null): MiddlewareHandler<AppEnv> => async function shareAcrossOrigins(context, next) {
  const origin = context.req.header('origin')
  if (origin === undefined) return next()
  const allowed = allowedOrigins.includes(origin) || isOwnOrigin(origin, context.req.raw, publicUrl)
  if (context.req.method === 'OPTIONS' && context.req.header('access-control-request-method') !== undefined) {
    return new Response(null, {
      status: 204,
      headers: allowed
        ? { 'access-control-allow-origin': origin, 'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE', 'access-control-allow-headers': ALLOWED_HEADERS, 'access-control-max-age': PREFLIGHT_SECONDS, vary: 'Origin' }
        : { vary: 'Origin' },
    })
  }
  await next()
  context.res.headers.append('vary', 'Origin')
  if (!allowed) return
  context.res.headers.set('access-control-allow-origin', origin)
  context.res.headers.set('access-control-expose-headers', EXPOSED)
}
