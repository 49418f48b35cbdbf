import type { MiddlewareHandler } from 'hono'
import { allOperations, BATCH_LIMIT, FILE_LIMIT_BYTES, IMPORT_LIMIT_BYTES, operations } from '@flowstate-ai/sdk/contract'
import { bodyLimit } from 'hono/body-limit'
import { AppError } from '../errors.ts'
import type { AppEnv } from './route.ts'

export const BODY_LIMIT_BYTES = 1_048_576

const refuse = (limit: number) => new AppError('too_large', `The body is larger than the ${limit} bytes that this route takes.`)

/** What is streamed is counted by who reads it; whoever announces more is not waited for. */
const STREAMS = new Map<string, number>([[operations.files.upload.path, FILE_LIMIT_BYTES], [operations.imports.upload.path, IMPORT_LIMIT_BYTES]])
/** The paths that take more than others. */
const LIMITS = new Map(allOperations().flatMap(({ path, stream, large }) => (stream ? [[path, STREAMS.get(path) ?? Infinity] as const] : large ? [[path, BATCH_LIMIT.bytes] as const] : [])))

/** Refuses bodies above the limit before they are read. */
export const limitBody = (usual: number, prefix = ''): MiddlewareHandler<AppEnv> => {
  const counters = new Map([usual, BATCH_LIMIT.bytes].map((limit) => [limit, bodyLimit({ maxSize: limit, onError: () => { throw refuse(limit) } })]))
  return async function limited(context, next) {
    if (context.req.method === 'GET') return next()
    const limit = LIMITS.get(context.req.path.slice(prefix.length)) ?? usual
    const length = context.req.header('content-length')
    if (length === undefined) {
      const counting = counters.get(limit)
      return !counting || context.req.raw.body === null ? next() : counting(context, next)
    }
    if (Number(length) > limit) throw refuse(limit)
    return next()
  }
}
