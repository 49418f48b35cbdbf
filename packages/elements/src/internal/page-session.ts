import { type Clock, Flowstate, FlowstateError, type PageToken, type TokenAnswer } from '@flowstate-ai/sdk'

interface PageSessionOptions {
  /** The server's address. */
  base: string
  /** What the code was exchanged for. */
  page: PageToken
  /** The server has ended it. */
  onEnded: () => void
  /** Time; default the browser's. For tests. */
  clock?: Clock
  fetch?: (url: string, init?: RequestInit) => Promise<Response>
}

const RENEW_AHEAD_MS = 60_000
const RETRY_MS = 10_000
const SHORTEST_WAIT_MS = 1_000

/**
 * What a page holds of somebody who signed in, in memory alone: a token, and the refresh that gets the next one. Renewed a minute before the
 * token ends, once for all who ask. Lifetimes are the server's, measured on the monotonic clock, so a wall clock that is wrong does no harm.
 */
export class PageSession {
  /** Speaks for whoever signed in, until they sign out or the server ends it. */
  readonly client: Flowstate
  readonly #asking: Flowstate
  readonly #onEnded: () => void
  readonly #clock: Clock
  #page: PageToken
  #deadline: number
  /** The token has not been handed out yet: asked for again, it was refused, or is about to end. */
  #fresh = true
  #renewing: Promise<void> | null = null
  #cancel: () => void = () => undefined
  #over = false

  constructor({ base, page, onEnded, clock = BROWSER_CLOCK, fetch }: PageSessionOptions) {
    const shared = { baseUrl: base, clock, ...(fetch ? { fetch } : {}) }
    this.client = new Flowstate({ ...shared, getToken: () => this.#token() })
    this.#asking = signInClient(shared)
    this.#onEnded = onEnded
    this.#clock = clock
    this.#page = page
    this.#deadline = clock.now() + page.expiresIn * 1_000
    this.#renewLater()
  }

  /** When whoever signed in has to do so again. */
  get endsAt(): number {
    return Date.parse(this.#page.refreshExpiresAt)
  }

  /** Signs out: the server ends the session, its tokens and its sockets. Throws where the server could not be told; it is over here in any case. */
  async end(): Promise<void> {
    if (this.#over) return
    this.#close()
    await this.#asking.embedTokens.end({ refresh: this.#page.refresh })
  }

  async #token(): Promise<TokenAnswer> {
    if (!this.#fresh || this.#clock.now() >= this.#deadline) await this.#renew()
    if (this.#over) throw new Error('the sign-in is over')
    this.#fresh = false
    return { token: this.#page.token, expiresIn: Math.max(0, this.#deadline - this.#clock.now()) / 1_000 }
  }

  /** Never broken off: a refresh that was sent is used up, whoever still waits for its answer. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#ask().finally(() => { this.#renewing = null })
    return this.#renewing
  }

  async #ask(): Promise<void> {
    if (this.#over) return
    const askedAt = this.#clock.now()
    try {
      const page = await this.#asking.embedTokens.refresh({ refresh: this.#page.refresh })
      this.#page = page
      this.#deadline = askedAt + page.expiresIn * 1_000
      this.#fresh = true
      this.#renewLater()
    } catch (error) {
      if (!this.#over && error instanceof FlowstateError && (error.status === 401 || error.status === 403)) {
        this.#close()
        this.#onEnded()
      } else this.#renewLater(RETRY_MS)
      throw error
    }
  }

  #renewLater(ms = this.#deadline - this.#clock.now() - Math.min(RENEW_AHEAD_MS, (this.#page.expiresIn * 1_000) / 4)): void {
    this.#cancel()
    if (this.#over) return
    this.#cancel = this.#clock.after(Math.max(SHORTEST_WAIT_MS, ms), () => { this.#renew().catch(() => undefined) })
  }

  #close(): void {
    this.#over = true
    this.#cancel()
  }
}

/** Speaks for nobody yet: what it sends stands for itself. */
export const signInClient = (options: { baseUrl: string; clock?: Clock; fetch?: (url: string, init?: RequestInit) => Promise<Response> }): Flowstate => new Flowstate({ ...options, session: true })

const BROWSER_CLOCK: Clock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}
