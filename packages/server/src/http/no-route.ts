import { allOperations } from '@flowstate-ai/sdk/contract'
import type { Context } from 'hono'
import { AppError } from '../errors.ts'
import { problem } from './render-error.ts'
import type { AppEnv } from './route.ts'

/** The methods of each path, by a pattern of its own. */
const PATHS = [...Map.groupBy(allOperations(), ({ path }) => path)].map(([path, operations]) => ({
  pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`), methods: operations.map(({ method }) => method.toUpperCase()),
}))

/** Answers what no route has taken: 405 where the path is known by other methods, else 404. */
export const noRoute = (apiPath: string) => (context: Context<AppEnv>): Response => {
  const { method, path } = context.req
  const rest = path.startsWith(`${apiPath}/`) ? path.slice(apiPath.length) : ''
  const methods = [...new Set(PATHS.filter(({ pattern }) => pattern.test(rest)).flatMap((known) => known.methods))].sort()
  const openapi = `${apiPath.replace(/\/api\/v1$/, '')}/openapi.json`
  const error = methods.length > 0
    ? new AppError('method_not_allowed', `${path} takes ${methods.join(', ')}, not ${method}.`, { headers: { allow: methods.join(', ') } })
    : new AppError('not_found', `There is nothing at ${method} ${path}. The routes are listed in ${openapi}.`)
  return problem(error, context.get('requestId'))
}
