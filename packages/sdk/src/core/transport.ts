import type { ChangeSet, Rehearsal } from '../contract/changesets.ts'
import type { Run } from '../contract/runs.ts'
import { type Answered, type ApiPromise, apiPromise } from './answer.ts'
import { type Clock, sleep } from './clock.ts'
import { ConnectionError, errorFrom, FlowstateError, ServerError, TimeoutError, UnauthenticatedError } from './errors.ts'
import { queryString } from './query.ts'
import { retryDelay } from './retry.ts'
import type { ServerTime } from './server-time.ts'
import type { Tokens } from './lazy-tokens.ts'

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** What every method takes as its last argument. */
export interface RequestOptions {
  /** The version that you saw: refused with `StaleError` when the record has changed since. */
  ifMatch?: number | string
  /** Names this write, so that repeating it acts once; default: a random one for each call, kept over its retries. */
  idempotencyKey?: string
  signal?: AbortSignal
  /** Milliseconds for each try; 0: none. */
  timeout?: number
  maxRetries?: number
  headers?: Record<string, string>
  /** The agent's run that a write belongs to: kept with each field that it sets. */
  run?: Run
}

/** What writes of CRM data take besides. */
export interface WriteOptions extends RequestOptions {
  /** `propose` keeps the change set for a decision, `rehearse` thinks it through and forgets it: either answers the change set instead of the record. */
  mode?: 'propose' | 'rehearse'
}
/** What a write answers, by its mode. */
export type Outcome<Options extends WriteOptions, Answer> = Options extends { mode: 'propose' } ? ChangeSet : Options extends { mode: 'rehearse' } ? Rehearsal : Answer

/** What `fetch` sends; so named, because only a browser's types know `BodyInit`. */
export type RequestBody = NonNullable<RequestInit['body']>
export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
export interface Request extends WriteOptions {
  method: HttpMethod
  /** Below `/api/v1`, with its parameters filled in. */
  path: string
  query?: object
  /** Sent as JSON. */
  body?: unknown
  /** Sent as it is, with its media type. */
  stream?: { body: RequestBody; type: string }
  /** How to read the answer; default JSON. `stream` answers the response, its body still to be read; `timeout` ends with its head. */
  answer?: 'json' | 'text' | 'stream'
  /** False where the server refuses an idempotency key: then the call is sent once. */
  repeatable?: boolean
}

export interface TransportOptions {
  /** The server's, without a slash at its end. */
  baseUrl: string
  fetch: Fetch
  /** A key, or where tokens come from. */
  /** null: the cookie of whoever is signed in with the browser. */
  credential: string | Tokens | null
  timeout: number
  maxRetries: number
  headers: Record<string, string>
  clock: Clock
  serverTime: ServerTime
}

/** Sends requests: with a credential, within a time, again where that is safe. */
export class Transport {
  readonly options: TransportOptions

  constructor(options: TransportOptions) {
    this.options = options
  }

  send<T>(request: Request): ApiPromise<T> {
    return apiPromise(this.run<T>(request))
  }

  async run<T>(request: Request): Promise<Answered<T>> {
    const { credential, clock } = this.options
    const { signal, maxRetries = this.options.maxRetries } = request
    const url = `${this.options.baseUrl}/api/v1${request.path}${queryString(request.mode === undefined ? request.query : { ...request.query, mode: request.mode })}`
    const { init, again } = this.#prepare(request)
    const headers = init.headers as Record<string, string>
    for (let attempt = 0, renewed = false; ;) {
      const token = credential === null || typeof credential === 'string' ? credential : await credential.get(signal)
      if (token !== null) headers.authorization = `Bearer ${token}`
      try {
        return await this.#attempt<T>(url, init, request)
      } catch (error) {
        if (error instanceof UnauthenticatedError && token !== null && typeof credential === 'object' && credential && !renewed && !isStream(init.body)) {
          renewed = true
          credential.drop(token)
          continue
        }
        const wait = again && attempt < maxRetries ? retryDelay(error, attempt, clock.random) : undefined
        if (wait === undefined) throw error
        attempt += 1
        await sleep(clock, wait, signal)
      }
    }
  }

  #prepare({ method, body, stream, ifMatch, idempotencyKey, run, headers: own, repeatable = true }: Request): { init: RequestInit; again: boolean } {
    const headers: Record<string, string> = { ...this.options.headers, ...own }
    const keyed = method !== 'GET' && repeatable
    if (keyed) headers['idempotency-key'] = idempotencyKey ?? randomKey()
    if (ifMatch !== undefined) headers['if-match'] = typeof ifMatch === 'number' ? `"${ifMatch}"` : ifMatch
    if (run !== undefined) headers['flowstate-run'] = JSON.stringify(run)
    if (stream) headers['content-type'] = stream.type
    else if (body !== undefined) headers['content-type'] = 'application/json'
    const init: RequestInit & { duplex?: 'half' } = { method, headers, body: stream ? stream.body : body === undefined ? undefined : JSON.stringify(body) }
    if (isStream(init.body)) init.duplex = 'half'
    return { init, again: method === 'GET' || keyed }
  }

  async #attempt<T>(url: string, init: RequestInit, { signal, timeout = this.options.timeout, answer }: Request): Promise<Answered<T>> {
    signal?.throwIfAborted()
    const controller = new AbortController()
    let late = false
    const cancelTimeout = timeout > 0 ? this.options.clock.after(timeout, () => { late = true; controller.abort() }) : undefined
    const abort = () => controller.abort(signal?.reason)
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const response = await this.options.fetch(url, { ...init, signal: controller.signal })
      this.options.serverTime.observe(response.headers)
      if (answer === 'stream' && response.ok) {
        // Whoever reads on can still be aborted: this listener outlives the other.
        signal?.addEventListener('abort', () => controller.abort(signal.reason), { once: true })
        return answered(response, response)
      }
      const text = await response.text()
      if (!response.ok) throw errorFrom(response, text)
      return answered(response, answer === 'text' ? text : parse(text, response))
    } catch (cause) {
      if (cause instanceof FlowstateError) throw cause
      if (signal?.aborted) throw signal.reason
      if (late) throw new TimeoutError(`No whole answer from ${new URL(url).host} within ${timeout} ms.`, { code: 'timeout', cause })
      throw new ConnectionError(`No whole answer from ${new URL(url).host}: ${reasonOf(cause)}.`, { code: 'connection', cause })
    } finally {
      cancelTimeout?.()
      // Who reads the body himself can still break off.
      signal?.removeEventListener('abort', abort)
    }
  }
}

const answered = <T>(response: Response, data: unknown): Answered<T> => ({
  data: data as T,
  response,
  requestId: response.headers.get('x-request-id'),
  changeSetId: response.headers.get('flowstate-change-set'),
})

const parse = (text: string, response: Response): unknown => {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ServerError(`The answer of ${new URL(response.url || 'http://unknown').host} is not JSON: is baseUrl that of a Flowstate server?`, { code: 'invalid_answer', status: response.status, cause })
  }
}

const reasonOf = (cause: unknown): string => {
  const deepest = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  return deepest instanceof Error ? deepest.message : String(deepest)
}

const isStream = (body: unknown): boolean => typeof ReadableStream !== 'undefined' && body instanceof ReadableStream

/** `crypto.randomUUID` does not exist on a page without TLS, such as an intranet's; random bytes do. */
const randomKey = (): string =>
  typeof crypto.randomUUID === 'function' ? crypto.randomUUID() : Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
