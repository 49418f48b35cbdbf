import type { Customer, CUSTOMER_LIST, CustomerPatch, NewCustomer } from '../contract/customers.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { Records } from './records.ts'

export type CustomerQuery = ListQuery<typeof CUSTOMER_LIST>

export class Customers extends Records<Customer, NewCustomer, CustomerPatch, CustomerQuery> {
  constructor(transport: Transport) {
    super(transport, 'customers')
  }
}
