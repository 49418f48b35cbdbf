import { z } from 'zod'

/** Every code an answer can carry; `code` is for programs and never changes its meaning. */
export const ErrorCode = z.enum([
  'bad_request', 'malformed_json', 'idempotency_not_allowed', 'workspace_required',
  'unauthenticated', 'token_expired', 'key_in_browser',
  'forbidden', 'origin_not_allowed', 'host_not_allowed',
  'not_found', 'method_not_allowed', 'not_acceptable', 'request_timeout',
  'conflict', 'archived', 'unique_taken', 'in_use', 'changed_since', 'already_reverted', 'erased', 'compacted', 'not_applied', 'lease_lost', 'in_flight', 'invalid_state',
  'resync', 'stale', 'too_large', 'unsupported_media_type', 'validation_failed', 'idempotency_mismatch', 'mode_not_supported',
  'precondition_required', 'rate_limited', 'headers_too_large', 'internal', 'unavailable', 'storage_full',
])
export type ErrorCode = z.infer<typeof ErrorCode>

/** Where in the request a fault lies: a JSON Pointer into the body, or `?name` for a query parameter. */
export const FieldError = z.strictObject({ pointer: z.string(), code: z.string(), detail: z.string() }).meta({ id: 'FieldError' })
export type FieldError = z.infer<typeof FieldError>

/** RFC 9457 problem details. */
export const Problem = z.object({
  type: z.string(), title: z.string(), status: z.int(), detail: z.string(),
  code: ErrorCode, requestId: z.string(), errors: z.array(FieldError).optional(),
}).meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
