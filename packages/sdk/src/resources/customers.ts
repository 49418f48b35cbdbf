import type { Customer, CUSTOMER_LIST, CustomerPatch, EraseCustomer, NewCustomer } from '../contract/customers.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions, Transport } from '../core/transport.ts'
import { MergeableRecords } from './mergeable.ts'
import { segment } from './resource.ts'

export type CustomerQuery = ListQuery<typeof CUSTOMER_LIST>

export class Customers extends MergeableRecords<Customer, NewCustomer, CustomerPatch, CustomerQuery, 'email' | 'externalId'> {
  constructor(transport: Transport) {
    super(transport, 'customers')
  }

  /** Erases a person for good, in history, undo and files too; the record stays, with its links. With `confirm`, only if that is their name or address. */
  erase(id: string, body: EraseCustomer = {}, options?: RequestOptions & { idempotencyKey?: string }): ApiPromise<Customer> {
    return this.post(`/customers/${segment(id)}/erase`, body, options)
  }
}
