import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'

/**
 * Where a request comes from: the connection's address; behind proxies of one's own (`TRUST_PROXY` of them) the one that the outermost saw.
 * What stands further left in `X-Forwarded-For` anybody may have written.
 */
export const clientAddressOf = (context: Context, trustProxy: number): string => {
  const forwarded = trustProxy > 0 ? (context.req.header('x-forwarded-for')?.split(',') ?? []) : []
  return forwarded.at(-trustProxy)?.trim() || connectionOf(context)
}

const connectionOf = (context: Context): string => {
  try {
    return getConnInfo(context).remote.address ?? 'unknown'
  } catch {
    // It came by no connection of Node's: a host has called `fetch` itself.
    return 'unknown'
  }
}
