import type { Company, COMPANY_LIST, CompanyPatch, NewCompany } from '../contract/companies.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { Records } from './records.ts'

export type CompanyQuery = ListQuery<typeof COMPANY_LIST>

export class Companies extends Records<Company, NewCompany, CompanyPatch, CompanyQuery> {
  constructor(transport: Transport) {
    super(transport, 'companies')
  }
}
