import type { MiddlewareHandler } from 'hono'
import { clientAddressOf } from './client-address.ts'
import type { RateLimits } from './rate-limits.ts'
import type { AppEnv } from './route.ts'

/** For routes that take what nobody may guess: so many a minute from one place. */
export const limitExchange = (limits: RateLimits, trustProxy: number): MiddlewareHandler<AppEnv> => async function limitedExchange(context, next) {
  const headers = context.req.method === 'POST' ? await limits.consume('exchange', clientAddressOf(context, trustProxy)) : {}
  await next()
  for (const [name, value] of Object.entries(headers)) context.res.headers.set(name, value)
}
