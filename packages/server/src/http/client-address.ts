import { isIP } from 'node:net'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'

/**
 * Where a request comes from, for who counts: the connection's address; behind proxies of one's own (`TRUST_PROXY` of them) the one that the
 * outermost saw. What stands further left in `X-Forwarded-For` anybody may have written, and what is no address is nobody's.
 */
export const clientAddressOf = (context: Context, trustProxy: number): string => {
  const forwarded = trustProxy > 0 ? (context.req.header('x-forwarded-for')?.split(',') ?? []) : []
  return placeOf(forwarded.at(-trustProxy)?.trim() ?? '') ?? placeOf(connectionOf(context)) ?? 'unknown'
}

/** One place: an IPv4 address, or the /64 of an IPv6 address, which is what one household or machine is given; null: it is no address. */
export const placeOf = (address: string): string | null => {
  const [bare = ''] = address.replace(/^\[(.*)\](?::\d+)?$/, '$1').split('%', 1)
  if (isIP(bare) === 4) return bare
  if (isIP(bare) !== 6) return null
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  if (mapped !== undefined) return mapped
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const [before, after] = [head === '' ? [] : head.split(':'), tail === undefined || tail === '' ? [] : tail.split(':')]
  const groups = [...before, ...Array.from({ length: tail === undefined ? 0 : 8 - before.length - after.length }, () => '0'), ...after]
  // The same written as two groups of hexadecimal digits.
  if (groups.slice(0, 5).every((group) => group === '0') && groups[5] === 'ffff') return groups.slice(6).flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]).join('.')
  return `${groups.slice(0, 4).join(':')}::/64`
}

const connectionOf = (context: Context): string => {
  try {
    return getConnInfo(context).remote.address ?? ''
  } catch {
    // It came by no connection of Node's: a host has called `fetch` itself.
    return ''
  }
}
