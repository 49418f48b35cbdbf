import type { Deal, DEAL_LIST, DealMove, DealPatch, DealSummary, NewDeal } from '../contract/deals.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { ListQuery } from '../core/query.ts'
import type { Outcome, RequestOptions, Transport, WriteOptions } from '../core/transport.ts'
import { UpsertingRecords } from './upserting.ts'
import { segment } from './resource.ts'

export type DealQuery = ListQuery<typeof DEAL_LIST>
export type DealSummaryQuery = Omit<DealQuery, 'sort' | 'limit' | 'cursor'>

export class Deals extends UpsertingRecords<Deal, NewDeal, DealPatch, DealQuery, 'externalId'> {
  constructor(transport: Transport) {
    super(transport, 'deals')
  }

  /** Between two neighbours; with `afterId` alone directly after it, with `beforeId` alone directly before it, with neither at the end. */
  move<Options extends WriteOptions = WriteOptions>(id: string, to: DealMove, options?: Options): ApiPromise<Outcome<Options, Deal>> {
    return this.post(`/deals/${segment(id)}/move`, to, options)
  }

  /** Counts and sums without loading the deals. */
  summary(query?: DealSummaryQuery, options?: RequestOptions): ApiPromise<DealSummary> {
    return this.get('/deals/summary', options, query)
  }
}
