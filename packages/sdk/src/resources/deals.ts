import type { Deal, DEAL_LIST, DealMove, DealPatch, DealSummary, NewDeal } from '../contract/deals.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions, Transport } from '../core/transport.ts'
import { Records } from './records.ts'
import { segment } from './resource.ts'

export type DealQuery = ListQuery<typeof DEAL_LIST>
export type DealSummaryQuery = Omit<DealQuery, 'sort' | 'limit' | 'cursor'>

export class Deals extends Records<Deal, NewDeal, DealPatch, DealQuery> {
  constructor(transport: Transport) {
    super(transport, 'deals')
  }

  /** Between two neighbours; with `afterId` alone directly after it, with `beforeId` alone directly before it, with neither at the end. */
  move(id: string, to: DealMove, options?: RequestOptions): ApiPromise<Deal> {
    return this.post(`/deals/${segment(id)}/move`, to, options)
  }

  /** Counts and sums without loading the deals. */
  summary(query?: DealSummaryQuery, options?: RequestOptions): ApiPromise<DealSummary> {
    return this.get('/deals/summary', options, query)
  }
}
