import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { AppError } from '../errors.ts'
import type { AppEnv } from './route.ts'

export const BODY_LIMIT_BYTES = 1_048_576

const refuse = (limit: number) => new AppError('too_large', `The body is larger than the ${limit} bytes that this route takes.`)

/** Refuses bodies above the limit before they are read. Streams (imports) have a limit of their own. */
export const limitBody = (limit: number, isStream: (path: string) => boolean): MiddlewareHandler<AppEnv> => {
  const counting = bodyLimit({ maxSize: limit, onError: () => { throw refuse(limit) } })
  return async function limited(context, next) {
    if (context.req.method === 'GET' || isStream(context.req.path)) return next()
    const length = context.req.header('content-length')
    if (length === undefined) return context.req.raw.body === null ? next() : counting(context, next)
    if (Number(length) > limit) throw refuse(limit)
    return next()
  }
}
