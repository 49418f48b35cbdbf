import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export interface Address { address: string; family: number }
/** Names to addresses; the system's by default. */
export type Resolver = (hostname: string) => Promise<Address[]>
export const systemResolver: Resolver = (hostname) => lookup(hostname, { all: true, verbatim: true })

/** A target that must not be connected to; the message says the mend. */
export class RefusedTarget extends Error {}

/** Public addresses at which clouds answer with secrets to whoever asks from inside. */
const METADATA = new Set(['168.63.129.16'])
const INSIDE = /(^|\.)(localhost|local|internal|intranet|lan|home|corp|localdomain|home\.arpa)$/

/**
 * Whether an address is one of the public internet. Everything else is refused: loopback, private, link-local with the clouds'
 * metadata, carrier-grade NAT, unique-local, multicast, reserved, and what wraps IPv4 in IPv6, which could hide any of them.
 */
export const isPublic = (address: string): boolean => {
  const bare = address.replace(/%.*$/, '')
  return isIP(bare) !== 0 && ipaddr.parse(bare).range() === 'unicast' && !METADATA.has(bare)
}

/**
 * A webhook's address, if it may be one: https, no user name or password, no literal address or name of the inside.
 *
 * @throws RefusedTarget with the reason.
 */
export const parseTarget = (text: string, allowPrivate: boolean): URL => {
  let url: URL
  try { url = new URL(text) } catch { throw new RefusedTarget('must be an address such as https://example.com/hooks') }
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) throw new RefusedTarget('must begin with https://')
  if (url.username !== '' || url.password !== '') throw new RefusedTarget('must not carry a user name or password; messages are signed instead')
  const host = hostOf(url)
  if (allowPrivate) return url
  if (isIP(host) !== 0 ? !isPublic(host) : INSIDE.test(host.replace(/\.$/, ''))) throw new RefusedTarget('must lead to a public address; private, loopback, link-local and metadata addresses are never connected to')
  return url
}

/** A host without the brackets of IPv6. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[|\]$/g, '')

/**
 * The addresses to connect to. A name with even one address that is not public is refused, at each try anew: what it resolved to
 * yesterday counts for nothing (DNS rebinding), and the connection goes to the address that was checked.
 */
export const resolveTarget = async (url: URL, { resolve, allowPrivate }: { resolve: Resolver; allowPrivate: boolean }): Promise<Address[]> => {
  const host = hostOf(url)
  const literal = isIP(host)
  const addresses = literal === 0 ? await resolve(host) : [{ address: host, family: literal }]
  if (addresses.length === 0) throw new Error(`${host} has no address`)
  if (!allowPrivate && !addresses.every(({ address }) => isPublic(address))) throw new RefusedTarget(`${host} leads to an address that is not public; it was not connected to`)
  return addresses
}
