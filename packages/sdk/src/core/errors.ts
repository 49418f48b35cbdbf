import type { FieldError } from '../contract/errors.ts'

const BRAND = Symbol.for('flowstate.error')

export interface ErrorDetails {
  /** For programs; never changes its meaning. */
  code?: string
  /** Of the answer; 0 when there was none. */
  status?: number
  /** Name it when you ask the server's people for help. */
  requestId?: string | null
  fieldErrors?: readonly FieldError[]
  /** How long the server asks to wait. */
  retryAfterMs?: number
  cause?: unknown
}

/**
 * What every failed call rejects with, except a call aborted by its own signal, which rejects with the signal's reason.
 * `instanceof` holds across duplicate copies of this package on one page: each error carries the names of its kinds.
 */
export class FlowstateError extends Error {
  static readonly kind: string = 'FlowstateError'
  declare readonly code: string
  declare readonly status: number
  declare readonly requestId: string | null
  declare readonly fieldErrors: readonly FieldError[]
  declare readonly retryAfterMs: number | undefined

  constructor(message: string, { code = 'unknown', status = 0, requestId = null, fieldErrors = [], retryAfterMs, cause }: ErrorDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    Object.assign(this, { code, status, requestId, fieldErrors, retryAfterMs })
    const kinds = kindsOf(new.target)
    Object.defineProperty(this, BRAND, { value: kinds })
    Object.defineProperty(this, 'name', { value: kinds[0], configurable: true, writable: true })
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A class that someone derived from ours has no name in the brand, and is told by its prototype as usual.
    if (!Object.hasOwn(this, 'kind')) return Function.prototype[Symbol.hasInstance].call(this, value)
    const kinds = typeof value === 'object' && value !== null ? (value as { [BRAND]?: readonly string[] })[BRAND] : undefined
    return kinds?.includes(this.kind) ?? false
  }
}

/** The request is malformed, or its media type or size is refused. */
export class BadRequestError extends FlowstateError { static override readonly kind: string = 'BadRequestError' }
/** The schema's refusal; `fieldErrors` names each fault. */
export class ValidationError extends FlowstateError { static override readonly kind: string = 'ValidationError' }
export class UnauthenticatedError extends FlowstateError { static override readonly kind: string = 'UnauthenticatedError' }
/** `getToken` failed; what it threw is the `cause`. The next call asks it again. */
export class TokenError extends UnauthenticatedError { static override readonly kind: string = 'TokenError' }
export class ForbiddenError extends FlowstateError { static override readonly kind: string = 'ForbiddenError' }
export class NotFoundError extends FlowstateError { static override readonly kind: string = 'NotFoundError' }
/** The record is in a state that does not allow it: archived, taken, in use, changed since. */
export class ConflictError extends FlowstateError { static override readonly kind: string = 'ConflictError' }
/** A task's lease went to another agent, or is over. */
export class LeaseLostError extends ConflictError { static override readonly kind: string = 'LeaseLostError' }
/** Someone changed the record after the version named by `ifMatch`. */
export class StaleError extends FlowstateError { static override readonly kind: string = 'StaleError' }
/** This key, or `strict`, demands `ifMatch`. */
export class PreconditionRequiredError extends FlowstateError { static override readonly kind: string = 'PreconditionRequiredError' }
/** The log no longer reaches back to `since`: load anew. */
export class ResyncError extends FlowstateError { static override readonly kind: string = 'ResyncError' }
export class RateLimitError extends FlowstateError { static override readonly kind: string = 'RateLimitError' }
/** The server failed, or something before it did. */
export class ServerError extends FlowstateError { static override readonly kind: string = 'ServerError' }
/** No answer, or only part of one. */
export class ConnectionError extends FlowstateError { static override readonly kind: string = 'ConnectionError' }
/** No whole answer within `timeout`. */
export class TimeoutError extends ConnectionError { static override readonly kind: string = 'TimeoutError' }
/** What came to a receiver is not a message of ours: `code` is `webhook_headers`, `webhook_expired`, `webhook_signature`, `webhook_secret` or `webhook_body`. */
export class WebhookVerificationError extends FlowstateError { static override readonly kind: string = 'WebhookVerificationError' }

type ErrorClass = new (message: string, details?: ErrorDetails) => FlowstateError
const BY_STATUS: Record<number, ErrorClass> = {
  401: UnauthenticatedError, 403: ForbiddenError, 404: NotFoundError, 409: ConflictError,
  410: ResyncError, 412: StaleError, 422: ValidationError, 428: PreconditionRequiredError, 429: RateLimitError,
}
const BY_CODE: Record<string, ErrorClass> = { lease_lost: LeaseLostError }

/** Turns an answer that is not 2xx into its error. `body` is the text as it came: a problem document, or a proxy's page. */
export const errorFrom = (response: Response, body: string): FlowstateError => {
  const { status } = response
  const problem = parseProblem(body)
  const code = problem.code ?? `http_${status}`
  const Kind = BY_CODE[code] ?? BY_STATUS[status] ?? (status >= 500 ? ServerError : BadRequestError)
  return new Kind(problem.detail ?? problem.title ?? `The server answered ${status} without saying why.`, {
    code, status, requestId: problem.requestId ?? response.headers.get('x-request-id'), fieldErrors: problem.errors, retryAfterMs: retryAfterOf(response.headers),
  })
}

interface Problem { code?: string; title?: string; detail?: string; requestId?: string; errors?: FieldError[] }
const parseProblem = (body: string): Problem => {
  try {
    const problem: unknown = JSON.parse(body)
    return typeof problem === 'object' && problem !== null ? problem : {}
  } catch {
    return {}
  }
}

/** Seconds or a date; a date counts from the server's own `Date`, not from this machine's clock. */
const retryAfterOf = (headers: Headers): number | undefined => {
  const value = headers.get('retry-after')
  if (value === null) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000)
  const wait = Date.parse(value) - Date.parse(headers.get('date') ?? new Date().toUTCString())
  return Number.isFinite(wait) ? Math.max(0, wait) : undefined
}

const kindsOf = (errorClass: { kind: string }): string[] => {
  const kinds: string[] = []
  for (let current: { kind?: string } | null = errorClass; current?.kind !== undefined; current = Object.getPrototypeOf(current) as { kind?: string } | null) {
    if (Object.hasOwn(current, 'kind')) kinds.push(current.kind)
  }
  return kinds
}
