import type { ChangeRange } from '../contract/changes.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

export interface ChangesQuery {
  /** Answers what came after this seq; default 0, the beginning. */
  since?: number
  limit?: number
}

export class Changes extends Resource {
  /** The changes from `from` to `to`; the next range begins with `since: to`. Items may be fewer where you may not see them. */
  list(query?: ChangesQuery, options?: RequestOptions): ApiPromise<ChangeRange> {
    return this.get('/changes', options, query)
  }
}
