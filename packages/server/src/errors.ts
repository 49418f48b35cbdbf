import type { ErrorCode, FieldError } from '@flowstate-ai/sdk/contract'

/** Anything that a caller is told. `code` is for programs, `detail` a sentence that says the mend; http/render-error.ts knows the status. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly errors: FieldError[] | undefined
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, detail: string, { errors, headers = {}, cause }: { errors?: FieldError[] | undefined; headers?: Record<string, string>; cause?: unknown } = {}) {
    super(detail, { cause })
    this.name = 'AppError'
    this.code = code
    this.errors = errors
    this.headers = headers
  }
}

/** A foreign record and one that never existed are told apart by nothing. */
export class NotFound extends AppError {
  constructor(noun: string, id: string) {
    super('not_found', `There is no ${ONE[noun] ?? noun} ${id} here.`)
  }
}
const ONE: Record<string, string> = {
  companies: 'company', customers: 'customer', deals: 'deal', pipelines: 'pipeline', stages: 'stage', interactions: 'interaction',
  changesets: 'change set', fields: 'custom field', tags: 'tag', views: 'view', members: 'member', invitations: 'invitation', sessions: 'session', duplicates: 'pair of duplicates', agents: 'agent', tasks: 'task', actions: 'action', imports: 'import', importMappings: 'saved mapping', keys: 'key', reminders: 'reminder', files: 'file', workspaces: 'workspace',
  webhooks: 'webhook', deliveries: 'delivery',
}

export class Archived extends AppError {
  constructor(noun: string, id: string) {
    super('archived', `The ${ONE[noun] ?? noun} ${id} is archived. Restore it first: POST /${noun}/${id}/restore.`)
  }
}

/** The record has moved on since the version that `If-Match` names. */
export class Stale extends AppError {
  constructor(noun: string, id: string, version: number) {
    super('stale', `The ${ONE[noun] ?? noun} ${id} has changed: it is at version ${version}. Read it again and repeat the change.`, { headers: { etag: `"${version}"` } })
  }
}

export class Invalid extends AppError {
  constructor(errors: FieldError[]) {
    super('validation_failed', errors.map(({ pointer, detail }) => `${pointer || 'The body'} ${detail}`).join('; '), { errors })
  }
}

export class Forbidden extends AppError {
  constructor(detail: string) {
    super('forbidden', detail)
  }
}

export class Unauthenticated extends AppError {
  constructor(detail: string, code: 'unauthenticated' | 'token_expired' | 'key_in_browser' = 'unauthenticated') {
    super(code, detail, { headers: { 'www-authenticate': 'Bearer' } })
  }
}

export class Conflict extends AppError {
  constructor(code: Extract<ErrorCode, 'conflict' | 'unique_taken' | 'in_use' | 'changed_since' | 'already_reverted' | 'erased' | 'compacted' | 'lease_lost' | 'in_flight' | 'invalid_state'>, detail: string, errors?: FieldError[]) {
    super(code, detail, { errors })
  }
}
