import type { AuditRange } from '../contract/audit.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

export class Audit extends Resource {
  /** Entries after `since`; the next page begins at `to`. */
  list(query: { since?: number; event?: string; limit?: number } = {}, options?: RequestOptions): ApiPromise<AuditRange> {
    return this.get('/audit', options, query)
  }
}
