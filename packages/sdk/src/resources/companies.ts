import type { Company, COMPANY_LIST, CompanyPatch, NewCompany } from '../contract/companies.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { UpsertingRecords } from './upserting.ts'

export type CompanyQuery = ListQuery<typeof COMPANY_LIST>

export class Companies extends UpsertingRecords<Company, NewCompany, CompanyPatch, CompanyQuery, 'domain' | 'externalId'> {
  constructor(transport: Transport) {
    super(transport, 'companies')
  }
}
