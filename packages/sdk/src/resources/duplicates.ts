import type { Duplicate, DUPLICATE_LIST, ProposedMerges, ProposeMerges } from '../contract/duplicates.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type DuplicateQuery = ListQuery<typeof DUPLICATE_LIST>

/** Pairs of records that may be one. They are found as records change; `ai.run('find-duplicates', { noun })` compares all. */
export class Duplicates extends Resource {
  /** The likeliest first: `{ noun: 'customers', state: 'open', score: { gte: 0.8 } }`. */
  list(query?: DuplicateQuery, options?: RequestOptions): Pager<Duplicate> {
    return this.pages('/duplicates', query, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<Duplicate> {
    return this.get(`/duplicates/${segment(id)}`, options)
  }

  /** The two are not the same. */
  dismiss(id: string, options?: RequestOptions): ApiPromise<Duplicate> {
    return this.post(`/duplicates/${segment(id)}/dismiss`, undefined, options)
  }

  reopen(id: string, options?: RequestOptions): ApiPromise<Duplicate> {
    return this.post(`/duplicates/${segment(id)}/reopen`, undefined, options)
  }

  /** Proposes to merge the pairs above a score; `changesets.apply` merges one, `changesets.reject` dismisses it. */
  propose(body: ProposeMerges, options?: RequestOptions): ApiPromise<ProposedMerges> {
    return this.post('/duplicates/propose', body, options)
  }
}
