import { type Clock, systemClock } from './clock.ts'
import { FlowstateError } from './errors.ts'
import { ServerTime } from './server-time.ts'
import { lazyTokens } from './lazy-tokens.ts'
import type { GetToken } from './token.ts'
import { type Fetch, Transport } from './transport.ts'

export interface FlowstateOptions {
  /** Where the server is, with its base path if it has one: `https://intranet.example/crm`. In a page it may be relative: `/crm`. */
  baseUrl: string
  /** A secret key `fsk_…` or an agent's `fsa_…`: for servers only. */
  key?: string
  /** For pages: asks your server for an embed token. One call serves however many ask; it is repeated before the token ends. */
  getToken?: GetToken
  /** For pages of the Flowstate server's own: the person who is signed in with the browser asks, in this workspace, or in their only one. */
  session?: true | { workspace: string }
  /** Default `globalThis.fetch`. */
  fetch?: (url: string, init?: RequestInit) => Response | Promise<Response>
  /** Milliseconds for each try of a call; default 30,000; 0: none. */
  timeout?: number
  /** Of a call that may be repeated safely: reads, and writes, which carry an idempotency key. Default 2. */
  maxRetries?: number
  /** Has the server refuse changes of records without `ifMatch`. */
  strict?: boolean
  /** Sent with every request. */
  headers?: Record<string, string>
  /** Time and chance; default the system's. For tests. */
  clock?: Clock
}

export const createTransport = (options: FlowstateOptions): Transport => {
  const { key, getToken, session, fetch: given, timeout = 30_000, maxRetries = 2, strict = false, headers = {}, clock = systemClock } = options
  const serverTime = new ServerTime(clock)
  const credential = session && !getToken && key === undefined ? null : getToken && key === undefined ? lazyTokens({ getToken, clock, timeoutMs: timeout, serverNow: () => serverTime.now() }) : checkedKey(key, getToken)
  const fetch: Fetch = given ? async (url, init) => given(url, init) : (url, init) => globalThis.fetch(url, init)
  return new Transport({ baseUrl: resolveBase(options.baseUrl), fetch, credential, timeout, maxRetries, headers: { ...headers, ...(strict ? { 'flowstate-strict': '1' } : {}), ...(typeof session === 'object' ? { 'flowstate-workspace': session.workspace } : {}) }, clock, serverTime })
}

const checkedKey = (key: string | undefined, getToken: GetToken | undefined): string => {
  if (key === undefined) throw new FlowstateError('Give `key` (on a server) or `getToken` (in a page).', { code: 'no_credential' })
  if (getToken) throw new FlowstateError('Give `key` or `getToken`, not both.', { code: 'two_credentials' })
  if (isPage()) throw new FlowstateError('A secret key must not be in a page, where anyone can read it: use `getToken`, and mint tokens on your server.', { code: 'key_in_browser' })
  if (!/^fs[ka]_/.test(key)) throw new FlowstateError('`key` is a secret key `fsk_…` or an agent token `fsa_…`; hand other tokens over by `getToken`.', { code: 'not_a_key' })
  return key
}

const isPage = (): boolean => 'document' in globalThis && 'window' in globalThis

const resolveBase = (baseUrl: string): string => {
  const origin = (globalThis as { location?: { origin?: string } }).location?.origin
  try {
    const { protocol, href } = new URL(baseUrl || '/', origin)
    if (/^https?:$/.test(protocol)) return href.replace(/[?#].*$/, '').replace(/\/+$/, '')
  } catch {
    // Told below, together with other schemes.
  }
  throw new FlowstateError(`\`baseUrl\` must be the server's address, such as https://crm.example.com; it is ${JSON.stringify(baseUrl)}.`, { code: 'bad_base_url' })
}
