import type { Clock } from './clock.ts'
import { TokenError } from './errors.ts'

/** What `getToken` may answer. Best with `expiresIn`, in seconds: that needs no clock to agree with another. */
export interface TokenAnswer { token: string; expiresIn?: number; expiresAt?: string | number | Date }
/** Asks the host's server for a token. `signal` aborts when nobody waits for it any more. */
export type GetToken = (context: { signal: AbortSignal }) => string | TokenAnswer | Promise<string | TokenAnswer>

interface Held { token: string; deadline: number; renewAt: number }
interface Mint { promise: Promise<Held>; abort: AbortController; waiting: number }
export interface TokenOptions { getToken: GetToken; clock: Clock; timeoutMs: number; serverNow: () => number | undefined }

const RENEW_AHEAD_MS = 30_000

/**
 * One token for all callers: minted once however many ask, renewed in the background before it ends. Lifetimes are measured on
 * the monotonic clock from the moment of asking, so a wall clock that is hours wrong does no harm.
 */
export class TokenSource {
  readonly #options: TokenOptions
  #held: Held | undefined
  #mint: Mint | undefined

  constructor(options: TokenOptions) {
    this.#options = options
  }

  async get(signal?: AbortSignal): Promise<string> {
    const now = this.#options.clock.now()
    const held = this.#held
    if (held && now < held.deadline) {
      if (now >= held.renewAt) this.#renewQuietly()
      return held.token
    }
    return (await this.#join(signal)).token
  }

  /** Drops a token that the server refused, unless a newer one has come meanwhile. */
  drop(token: string): void {
    if (this.#held?.token === token) this.#held = undefined
  }

  #renewQuietly() {
    if (this.#mint) return
    const mint = this.#begin()
    // Nobody leaves the count: whatever else is aborted, this renewal goes on; if it fails, the next caller asks again.
    mint.waiting += 1
    mint.promise.catch(() => undefined)
  }

  #join(signal?: AbortSignal): Promise<Held> {
    if (signal?.aborted) return Promise.reject(signal.reason)
    const mint = this.#mint ?? this.#begin()
    mint.waiting += 1
    if (!signal) return mint.promise
    return new Promise((resolve, reject) => {
      const leave = () => {
        mint.waiting -= 1
        if (mint.waiting === 0) this.#abandon(mint, signal.reason)
        reject(signal.reason)
      }
      signal.addEventListener('abort', leave, { once: true })
      mint.promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave))
    })
  }

  #abandon(mint: Mint, reason: unknown) {
    if (this.#mint === mint) this.#mint = undefined
    mint.abort.abort(reason)
  }

  #begin(): Mint {
    const abort = new AbortController()
    const mint: Mint = { abort, waiting: 0, promise: this.#ask(abort) }
    this.#mint = mint
    mint.promise.then((held) => { this.#held = held }, () => undefined).finally(() => {
      if (this.#mint === mint) this.#mint = undefined
    })
    return mint
  }

  async #ask(abort: AbortController): Promise<Held> {
    const { getToken, clock, timeoutMs } = this.#options
    const askedAt = clock.now()
    let cancelTimeout = () => {}
    const ended = new Promise<never>((_, reject) => {
      abort.signal.addEventListener('abort', () => reject(abort.signal.reason), { once: true })
      if (timeoutMs > 0) cancelTimeout = clock.after(timeoutMs, () => abort.abort(new Error(`getToken did not answer within ${timeoutMs} ms.`)))
    })
    try {
      return this.#hold(await Promise.race([getToken({ signal: abort.signal }), ended]), askedAt)
    } catch (cause) {
      if (cause instanceof TokenError) throw cause
      throw new TokenError(`No token: ${cause instanceof Error ? cause.message : 'getToken failed.'}`, { code: 'token_mint_failed', cause })
    } finally {
      cancelTimeout()
    }
  }

  #hold(answer: unknown, askedAt: number): Held {
    const { token, expiresIn, expiresAt } = typeof answer === 'string' ? { token: answer } : (answer ?? {}) as Partial<TokenAnswer>
    if (typeof token !== 'string' || token === '') throw new TokenError('No token: getToken must answer a token, or {"token","expiresIn"}.', { code: 'token_mint_failed' })
    const lifetime = lifetimeOf(token, expiresIn, expiresAt, this.#options.serverNow())
    return { token, deadline: askedAt + lifetime, renewAt: askedAt + lifetime - Math.min(RENEW_AHEAD_MS, lifetime / 5) }
  }
}

/** Milliseconds; infinite when nothing tells: then the server's refusal does. */
const lifetimeOf = (token: string, expiresIn: number | undefined, expiresAt: TokenAnswer['expiresAt'], serverNow: number | undefined): number => {
  if (typeof expiresIn === 'number') return expiresIn * 1_000
  if (expiresAt !== undefined && serverNow !== undefined) return new Date(expiresAt).getTime() - serverNow
  return lifetimeOfJwt(token) ?? Number.POSITIVE_INFINITY
}

/** A token says its own lifetime as `exp − iat`, on one clock: the issuer's. It is read here, never trusted. */
const lifetimeOfJwt = (token: string): number | undefined => {
  try {
    const payload = token.split('.')[1] ?? ''
    const { iat, exp } = JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))) as { iat?: unknown; exp?: unknown }
    return typeof iat === 'number' && typeof exp === 'number' ? (exp - iat) * 1_000 : undefined
  } catch {
    return undefined
  }
}
