import type { ChangeSet, ChangeSetQuery as Query, PlannedChange, Rejection } from '../contract/changesets.ts'
import type { FieldError } from '../contract/errors.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { Outcome, RequestOptions, WriteOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export interface ChangeSetQuery { state?: Query['state']; sourceKind?: Query['sourceKind']; limit?: number; cursor?: string }
export interface RevertOptions extends WriteOptions {
  /** Undoes what can be undone, and lists the rest in `skipped`; default: all or nothing. */
  partial?: boolean
}

export class ChangeSets extends Resource {
  /** Newest first; `{ state: 'proposed' }` are those that wait for a decision. */
  list(query?: ChangeSetQuery, options?: RequestOptions): Pager<ChangeSet> {
    return this.pages('/changesets', query, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<ChangeSet> {
    return this.get(`/changesets/${segment(id)}`, options)
  }

  /** All that it changes; `retrieve` shows the first 200. */
  changes(id: string, query?: { limit?: number; cursor?: string }, options?: RequestOptions): Pager<PlannedChange> {
    return this.pages(`/changesets/${segment(id)}/changes`, query, options)
  }

  /** All that an undoing left as it is, for it had changed since; `skipped` shows the first 100. */
  conflicts(id: string, query?: { limit?: number; cursor?: string }, options?: RequestOptions): Pager<FieldError> {
    return this.pages(`/changesets/${segment(id)}/conflicts`, query, options)
  }

  /** Applies a proposal. Where its fields have moved since, it is refused by name: `ConflictError` with code `changed_since`. */
  apply(id: string, options?: RequestOptions): ApiPromise<ChangeSet> {
    return this.post(`/changesets/${segment(id)}/apply`, undefined, options)
  }

  reject(id: string, body: Rejection = {}, options?: RequestOptions): ApiPromise<ChangeSet> {
    return this.post(`/changesets/${segment(id)}/reject`, body, options)
  }

  /**
   * Undoes it. What changed since is refused, by name: `ConflictError` with code `changed_since`. More than 10,000 changes are undone as
   * a task: then the answer's state is `applying`, and it is `applied` when `retrieve` says so.
   */
  revert<Options extends RevertOptions = RevertOptions>(id: string, { partial, ...options }: Options = {} as Options): ApiPromise<Outcome<Options, ChangeSet>> {
    return this.post(`/changesets/${segment(id)}/revert`, undefined, options, partial === undefined ? {} : { query: { partial } })
  }
}
