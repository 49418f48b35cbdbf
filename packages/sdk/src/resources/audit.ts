import type { AuditRange } from '../contract/audit.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

/** `since` and `before` are bounds that are not themselves in it; `-seq` is newest first. */
export interface AuditQuery { since?: number; before?: number; sort?: 'seq' | '-seq'; event?: string; limit?: number }

export class Audit extends Resource {
  /** Entries after `since`, and before `before`; the next page begins at `to`: since it, or newest first before it. */
  list(query: AuditQuery = {}, options?: RequestOptions): ApiPromise<AuditRange> {
    return this.get('/audit', options, query)
  }
}
