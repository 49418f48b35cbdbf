import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Hono } from 'hono'
import type { ResolvedOptions } from '../options.ts'
import type { CallerOf } from './authenticate.ts'
import { answerToError, type ReportFault } from './render-error.ts'
import { newRequestId } from './request-id.ts'
import { plainRequestOf } from './plain-request.ts'
import { type Answer, type AppEnv, type AskedRequest, type Bound, boundOf } from './route.ts'
import { secureHeadersOf } from './secure-headers.ts'
import { createAnswerWriter } from './write-answer.ts'

interface DirectDeps { options: Pick<ResolvedOptions, 'basePath' | 'bodyLimit' | 'publicUrl'>; callerOf: CallerOf; report: ReportFault }
interface Route { bound: Bound; params: Record<string, string>; search: string }
interface Candidate { parts: { text: string; name: string | null }[]; bound: Bound | null }

/**
 * What stands in front of every operation, by the names of the middlewares. A request that none of them but `authenticated`, `requestId` and
 * `secured` has anything to do with needs no framework to run them; with one that is not named here every request takes the framework's way.
 */
const FOLLOWED = ['requestId', 'secured', 'shareAcrossOrigins', 'limited', 'authenticated', 'idempotent', 'limitedExchange']

/**
 * Serves plain requests of the interface straight from the table of its routes: what comes from no page, repeats nothing by an
 * idempotency key and has a body of a known, usual length. Everything else is the framework's, with the same answers.
 */
export const createDirect = (app: Hono<AppEnv>, { options: { basePath, bodyLimit, publicUrl }, callerOf, report }: DirectDeps) => {
  const secure = secureHeadersOf({ publicUrl })
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

  /** By the path and the query of an address. */
  const routeOf = (method: string, target: string): Route | null => {
    if (!target.startsWith(apiPath)) return null
    const query = target.indexOf('?')
    const path = query < 0 ? target.slice(apiPath.length) : target.slice(apiPath.length, query)
    // What is escaped, the framework unescapes.
    if (path.includes('%') || path.includes('#')) return null
    const asked = path.split('/')
    for (const { parts, bound } of table.get(`${method} ${asked.length} ${asked[0]}`) ?? []) {
      if (!parts.every(({ text, name }, index) => (name === null ? text === asked[index] : asked[index] !== ''))) continue
      if (!bound) return null
      const params: Record<string, string> = {}
      parts.forEach(({ name }, index) => { if (name !== null) params[name] = asked[index] ?? '' })
      return { bound, params, search: query < 0 ? '' : target.slice(query + 1) }
    }
    return null
  }

  const isPlain = ({ method, headers }: AskedRequest, { operation: { stream, large } }: Bound): boolean => {
    if (headers.get('origin') !== null) return false
    if (method === 'GET') return true
    const length = headers.get('content-length')
    return length !== null && Number(length) <= bodyLimit && !stream && !large && headers.get('idempotency-key') === null
  }

  const answerTo = async (request: AskedRequest, { bound, params, search }: Route, text: () => Promise<string>): Promise<Answer> => {
    const requestId = newRequestId()
    try {
      const answer = await bound.serve({ caller: await callerOf(request, requestId), params, search, request, text })
      answer.headers['x-request-id'] = requestId
      for (const name in secure) answer.headers[name] ??= secure[name] ?? ''
      return answer
    } catch (error) {
      const refusal = answerToError(report, error, requestId, request)
      return { status: refusal.status, headers: { ...secure, ...Object.fromEntries(refusal.headers), 'x-request-id': requestId }, body: await refusal.text() }
    }
  }

  const writeAnswer = createAnswerWriter(report)
  const noText = async (): Promise<string> => ''

  return {
    direct,
    async serve(request: Request): Promise<Response> {
      const route = direct ? routeOf(request.method, targetOf(request.url)) : null
      if (!route || !isPlain(request, route.bound)) return app.fetch(request)
      const { status, headers, body } = await answerTo(request, route, () => request.text())
      return new Response(body, { status, headers })
    },
    /** Answers Node's own request where nothing but its line and its headers has to be read. Says whether it does; if not, it is as it came. */
    take(incoming: IncomingMessage, outgoing: ServerResponse): boolean {
      const request = direct ? plainRequestOf(incoming, outgoing) : null
      const route = request && routeOf('GET', incoming.url ?? '/')
      if (!request || !route || !isPlain(request, route.bound)) return false
      answerTo(request, route, noText).then((answer) => writeAnswer(outgoing, answer)).catch((error: unknown) => {
        report(error, 'none')
        outgoing.destroy()
      })
      return true
    },
  }
}

const targetOf = (url: string): string => url.slice(url.indexOf('/', url.indexOf('//') + 2))

const concerns = (pattern: string, apiPath: string): boolean => pattern.endsWith('*') && (apiPath.startsWith(pattern.slice(0, -1)) || pattern.startsWith(apiPath))
