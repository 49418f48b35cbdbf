import type { DuplicateCandidates, MergeRequest } from '../contract/duplicates.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Outcome, RequestOptions, WriteOptions } from '../core/transport.ts'
import { segment } from './resource.ts'
import { UpsertingRecords } from './upserting.ts'

/** A noun whose records can be merged. */
export class MergeableRecords<Item extends { version: number }, New, Patch, Query, Key extends string> extends UpsertingRecords<Item, New, Patch, Query, Key> {
  /**
   * Merges records into one, and answers that. `{ mode: 'rehearse' }` is the preview: which value wins, and what is pointed elsewhere;
   * `changesets.revert` puts all back.
   *
   * @example
   * await flowstate.customers.merge({ keepId, mergeIds: [other], fields: { phone: other } })
   */
  merge<Options extends WriteOptions = WriteOptions>(body: MergeRequest, options?: Options): ApiPromise<Outcome<Options, Item>> {
    return this.post(`${this.path}/merge`, body, options)
  }

  /** What may be the same as this record, found just now. */
  duplicates(id: string, options?: RequestOptions): ApiPromise<DuplicateCandidates> {
    return this.get(`${this.path}/${segment(id)}/duplicates`, options)
  }
}
