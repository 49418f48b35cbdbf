import type { Hono } from 'hono'
import type { ResolvedOptions } from '../options.ts'
import type { CallerOf } from './authenticate.ts'
import { answerToError, type ReportFault } from './render-error.ts'
import { newRequestId } from './request-id.ts'
import { type AppEnv, type Bound, boundOf } from './route.ts'

interface DirectDeps { options: Pick<ResolvedOptions, 'basePath' | 'bodyLimit'>; callerOf: CallerOf; report: ReportFault }
interface Candidate { parts: { text: string; name: string | null }[]; bound: Bound | null }

/**
 * What stands in front of every operation, by the names of the middlewares. A request that none of them but `authenticated` and
 * `requestId` has anything to do with needs no framework to run them; with one that is not named here every request takes the framework's way.
 */
const FOLLOWED = ['requestId', 'shareAcrossOrigins', 'limited', 'authenticated', 'idempotent']

/**
 * Serves plain requests of the interface straight from the table of its routes: what comes from no page, repeats nothing by an
 * idempotency key and has a body of a known, usual length. Everything else is the framework's, with the same answers.
 */
export const createDirect = (app: Hono<AppEnv>, { options: { basePath, bodyLimit }, callerOf, report }: DirectDeps) => {
  const apiPath = `${basePath === '/' ? '' : basePath}/api/v1/`
  const unknown = app.routes.filter(({ method, path, handler }) => method === 'ALL' && concerns(path, apiPath) && !FOLLOWED.includes(handler.name))
  const table = new Map<string, Candidate[]>()
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL' || !path.startsWith(apiPath)) continue
    const segments = path.slice(apiPath.length).split('/')
    const key = `${method} ${segments.length} ${segments[0]}`
    table.set(key, [...(table.get(key) ?? []), { parts: segments.map((text) => ({ text, name: text.startsWith(':') ? text.slice(1) : null })), bound: boundOf(handler) ?? null }])
  }

  /** Whether everything in front of the operations is known here. */
  const direct = unknown.length === 0

  const routeOf = (method: string, url: string): { bound: Bound; params: Record<string, string> } | null => {
    const start = url.indexOf('/', url.indexOf('//') + 2)
    if (start < 0 || !url.startsWith(apiPath, start)) return null
    const query = url.indexOf('?', start)
    const path = query < 0 ? url.slice(start + apiPath.length) : url.slice(start + apiPath.length, query)
    // What is escaped, the framework unescapes.
    if (path.includes('%') || path.includes('#')) return null
    const asked = path.split('/')
    for (const { parts, bound } of table.get(`${method} ${asked.length} ${asked[0]}`) ?? []) {
      if (!parts.every(({ text, name }, index) => (name === null ? text === asked[index] : asked[index] !== ''))) continue
      if (!bound) return null
      const params: Record<string, string> = {}
      parts.forEach(({ name }, index) => { if (name !== null) params[name] = asked[index] ?? '' })
      return { bound, params }
    }
    return null
  }

  const isPlain = ({ method, headers }: Request, { operation: { stream, large } }: Bound): boolean => {
    if (headers.get('origin') !== null) return false
    if (method === 'GET') return true
    const length = headers.get('content-length')
    return length !== null && Number(length) <= bodyLimit && !stream && !large && headers.get('idempotency-key') === null
  }

  const serveDirectly = async (request: Request, bound: Bound, params: Record<string, string>): Promise<Response> => {
    const requestId = newRequestId()
    try {
      const caller = await callerOf(request, requestId)
      const { status, headers, body } = await bound.serve({ caller, params, request, text: () => request.text() })
      return new Response(body, { status, headers: { ...headers, 'x-request-id': requestId } })
    } catch (error) {
      const response = answerToError(report, error, requestId, request)
      response.headers.set('x-request-id', requestId)
      return response
    }
  }

  return {
    direct,
    serve: (request: Request): Response | Promise<Response> => {
      const route = direct ? routeOf(request.method, request.url) : null
      return route && isPlain(request, route.bound) ? serveDirectly(request, route.bound, route.params) : app.fetch(request)
    },
  }
}

const concerns = (pattern: string, apiPath: string): boolean => pattern.endsWith('*') && (apiPath.startsWith(pattern.slice(0, -1)) || pattern.startsWith(apiPath))
