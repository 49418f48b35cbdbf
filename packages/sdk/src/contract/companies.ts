import { z } from 'zod'
import { CustomFields, idOf, line, type ListSpec, Money, notEmpty, OwnerId, recordFields, Tags, text } from './common.ts'
import { crud, upsertable } from './crud.ts'
import { mergeable } from './duplicates.ts'

const fields = {
  name: line(),
  domain: text(253).nullable().describe('The company\'s internet domain, lower case, unique among live companies.'),
  industry: text(200).nullable(),
  country: text(200).nullable(),
  employeeCount: z.int().min(0).max(100_000_000).nullable(),
  annualRevenue: Money.nullable(),
  foundedYear: z.int().min(0).max(9_999).nullable(),
  description: text(10_000).nullable(),
  ownerId: OwnerId,
  tags: Tags,
  externalId: text(200).nullable().describe('The record\'s id in the system it came from, unique among live companies.'),
  customFields: CustomFields,
}

export const Company = z.strictObject({ id: idOf('companies'), ...fields, mergedIntoId: idOf('companies').nullable().describe('The record that this one was merged into; then it is archived.'), ...recordFields }).meta({ id: 'Company' })
export type Company = z.infer<typeof Company>
export const NewCompany = z.strictObject(fields).partial().required({ name: true }).meta({ id: 'NewCompany' })
export type NewCompany = z.input<typeof NewCompany>
export const CompanyPatch = notEmpty(z.strictObject(fields).partial()).meta({ id: 'CompanyPatch' })
export type CompanyPatch = z.input<typeof CompanyPatch>

export const COMPANY_LIST = {
  filters: { id: 'id', name: 'text', domain: 'text', industry: 'text', country: 'text', description: 'text', ownerId: 'id', tags: 'tags', externalId: 'text', employeeCount: 'number', foundedYear: 'number', annualRevenue: 'money', createdAt: 'instant', updatedAt: 'instant' },
  sorts: ['createdAt', 'updatedAt', 'name', 'domain', 'industry', 'country', 'employeeCount', 'foundedYear', 'annualRevenue'], sort: '-createdAt', custom: true,
} as const satisfies ListSpec
export const companies = {
  ...crud({ noun: 'companies', one: 'a company', item: Company, create: NewCompany, update: CompanyPatch, list: COMPANY_LIST }),
  ...upsertable({ noun: 'companies', one: 'a company', item: Company, update: CompanyPatch, keys: 'domain, externalId' }),
  ...mergeable({ noun: 'companies', one: 'a company', item: Company }),
}
