import type { Customer, CUSTOMER_LIST, CustomerPatch, NewCustomer } from '../contract/customers.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { MergeableRecords } from './mergeable.ts'

export type CustomerQuery = ListQuery<typeof CUSTOMER_LIST>

export class Customers extends MergeableRecords<Customer, NewCustomer, CustomerPatch, CustomerQuery, 'email' | 'externalId'> {
  constructor(transport: Transport) {
    super(transport, 'customers')
  }
}
