import type { ChangeSet } from '../contract/changesets.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export class ChangeSets extends Resource {
  retrieve(id: string, options?: RequestOptions): ApiPromise<ChangeSet> {
    return this.get(`/changesets/${segment(id)}`, options)
  }

  /** Undoes it. What changed since is refused, by name: `ConflictError` with code `changed_since`. */
  revert(id: string, options?: RequestOptions): ApiPromise<ChangeSet> {
    return this.post(`/changesets/${segment(id)}/revert`, undefined, options)
  }
}
