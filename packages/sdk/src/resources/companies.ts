import type { Company, COMPANY_LIST, CompanyPatch, NewCompany } from '../contract/companies.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { MergeableRecords } from './mergeable.ts'

export type CompanyQuery = ListQuery<typeof COMPANY_LIST>

export class Companies extends MergeableRecords<Company, NewCompany, CompanyPatch, CompanyQuery, 'domain' | 'externalId'> {
  constructor(transport: Transport) {
    super(transport, 'companies')
  }
}
