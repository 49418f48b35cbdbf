import type { ErrorCode, Problem } from '@flowstate-ai/sdk/contract'
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { AppError } from '../errors.ts'
import { StorageError, storageFaultOf } from '../storage-fault.ts'
import type { AppEnv } from './route.ts'

/** The only map from codes to statuses. */
export const STATUS_OF: Record<ErrorCode, number> = {
  bad_request: 400, malformed_json: 400, idempotency_not_allowed: 400, workspace_required: 400,
  unauthenticated: 401, token_expired: 401, key_in_browser: 401,
  forbidden: 403, origin_not_allowed: 403, host_not_allowed: 403,
  not_found: 404, method_not_allowed: 405, not_acceptable: 406, request_timeout: 408,
  conflict: 409, archived: 409, unique_taken: 409, in_use: 409, changed_since: 409, already_reverted: 409, erased: 409, compacted: 409, not_applied: 424, lease_lost: 409, in_flight: 409, invalid_state: 409,
  resync: 410, stale: 412, too_large: 413, unsupported_media_type: 415, validation_failed: 422, idempotency_mismatch: 422, mode_not_supported: 422,
  precondition_required: 428, rate_limited: 429, headers_too_large: 431, internal: 500, unavailable: 503, storage_full: 507,
}

export type ReportFault = (error: unknown, requestId: string) => void

/** Any error as RFC 9457 problem details. What is not ours is logged by its request id, and its words are kept from the caller. */
export const renderError = (report: ReportFault) => (error: unknown, context: Context<AppEnv>): Response => answerToError(report, error, context.get('requestId') ?? 'none', context.req.raw)

export const answerToError = (report: ReportFault, error: unknown, requestId: string, request: Pick<Request, 'signal'>): Response => {
  if (error instanceof AppError) return problem(error, requestId)
  if (error instanceof HTTPException && error.status === 413) return problem(new AppError('too_large', 'The body is larger than this route takes.'), requestId)
  if (request.signal.aborted) return problem(new AppError('bad_request', 'The client closed the request.'), requestId)
  report(error, requestId)
  const fault = storageFaultOf(error)
  if (fault) return problem(new StorageError(fault), requestId)
  return problem(new AppError('internal', 'Something went wrong here, not with you. It was logged under this request id.'), requestId)
}

export const problem = (error: AppError, requestId: string): Response => {
  const body = problemOf(error, requestId)
  return new Response(JSON.stringify(body), { status: body.status, headers: { 'content-type': 'application/problem+json; charset=utf-8', ...error.headers } })
}

export const problemOf = (error: AppError, requestId: string): Problem =>
  ({ type: `urn:flowstate:problem:${error.code}`, title: titleOf(error.code), status: STATUS_OF[error.code], detail: error.message, code: error.code, requestId, ...(error.errors ? { errors: error.errors } : {}) })

const titleOf = (code: ErrorCode): string => code.charAt(0).toUpperCase() + code.slice(1).replaceAll('_', ' ')
