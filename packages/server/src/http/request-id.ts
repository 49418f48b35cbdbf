import { randomBytes } from 'node:crypto'
import type { MiddlewareHandler } from 'hono'
import type { AppEnv } from './route.ts'

const process = randomBytes(6).toString('hex')
let count = 0

/** `req_<process><count>` */
export const newRequestId = (): string => `req_${process}${(count++).toString(36).padStart(6, '0')}`

/** Names every request in the answer and in the log. */
export const requestId: MiddlewareHandler<AppEnv> = async (context, next) => {
  const id = newRequestId()
  context.set('requestId', id)
  await next()
  context.res.headers.set('x-request-id', id)
}
