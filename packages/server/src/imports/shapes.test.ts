import type { ImportNoun } from '@flowstate-ai/sdk/contract'
import { describe, expect, it } from 'vitest'
import { mappingFor } from './mapping.ts'

/** Headers as other systems export them; `null` leaves a column out, `~` keeps it as a custom field. */
const SHAPES: [system: string, noun: ImportNoun, columns: Record<string, string | null>][] = [
  ['HubSpot contacts', 'customers', { 'Record ID': 'externalId', 'First Name': 'firstName', 'Last Name': 'lastName', Email: 'email', 'Phone Number': 'phone', 'Contact owner': 'owner', 'Lead Status': '~', 'Create Date': '~', 'Associated Company': 'company', 'Job Title': 'title' }],
  ['HubSpot companies', 'companies', { 'Record ID': 'externalId', 'Company name': 'name', 'Company owner': 'owner', 'Company Domain Name': 'domain', Industry: 'industry', 'Country/Region': 'country', 'Number of Employees': 'employeeCount', 'Annual Revenue': 'annualRevenue', 'Year Founded': 'foundedYear', City: '~', 'Phone Number': '~' }],
  ['HubSpot deals', 'deals', { 'Record ID': 'externalId', 'Deal Name': 'title', 'Deal Stage': 'stage', 'Close Date': 'closeDate', 'Deal owner': 'owner', Amount: 'value', Pipeline: 'pipeline', 'Associated Company': 'company', 'Closed Lost Reason': 'lostReason', 'Create Date': '~' }],
  ['Salesforce contacts', 'customers', { Id: 'externalId', AccountId: 'companyKey', FirstName: 'firstName', LastName: 'lastName', Email: 'email', Phone: 'phone', MobilePhone: '~', Title: 'title', Description: 'description' }],
  ['Salesforce accounts', 'companies', { Id: 'externalId', Name: 'name', Website: 'domain', Industry: 'industry', BillingCountry: 'country', NumberOfEmployees: 'employeeCount', AnnualRevenue: 'annualRevenue', CurrencyIsoCode: 'currency', YearStarted: 'foundedYear', Description: 'description' }],
  ['Salesforce opportunities', 'deals', { 'Opportunity Name': 'title', 'Account Name': 'company', Stage: 'stage', 'Close Date': 'closeDate', Amount: 'value', 'Opportunity ID': 'externalId', 'Opportunity Owner': 'owner', 'Probability (%)': '~', 'Lead Source': '~' }],
  ['Pipedrive people', 'customers', { 'Person - ID': 'externalId', 'Person - Name': 'name', 'Person - Email - Work': 'email', 'Person - Phone - Work': 'phone', 'Person - Organization': 'company', 'Person - Owner': 'owner', 'Person - Closed deals': '~' }],
  ['Pipedrive deals', 'deals', { 'Deal - ID': 'externalId', 'Deal - Title': 'title', 'Deal - Value': 'value', 'Deal - Currency of Value': 'currency', 'Deal - Organization': 'company', 'Deal - Pipeline': 'pipeline', 'Deal - Stage': 'stage', 'Deal - Status': 'status', 'Deal - Expected close date': 'closeDate', 'Deal - Lost reason': 'lostReason', 'Deal - Contact person': '~' }],
  ['Pipedrive organizations', 'companies', { 'Organization - ID': 'externalId', 'Organization - Name': 'name', 'Organization - Owner': 'owner', 'Organization - Address': '~' }],
  ['Twenty people', 'customers', { Id: 'externalId', 'Name / First Name': 'firstName', 'Name / Last Name': 'lastName', 'Emails / Primary Email': 'email', 'Phones / Primary Phone Number': 'phone', 'Job Title': 'title', 'Company / Name': 'company', City: '~' }],
  ['Twenty companies', 'companies', { Id: 'externalId', Name: 'name', 'Domain Name / Link URL': 'domain', Employees: 'employeeCount', 'ARR / Amount': 'annualRevenue', 'ARR / Currency': 'currency', 'Address / Address Country': 'country' }],
  ['Twenty opportunities', 'deals', { Id: 'externalId', Name: 'title', 'Amount / Amount': 'value', 'Amount / Currency': 'currency', 'Close date': 'closeDate', Stage: 'stage', 'Company / Name': 'company' }],
  ['EspoCRM contacts', 'customers', { id: 'externalId', firstName: 'firstName', lastName: 'lastName', accountName: 'company', emailAddress: 'email', phoneNumber: 'phone', title: 'title', assignedUserName: 'owner', createdAt: null }],
  ['EspoCRM accounts', 'companies', { id: 'externalId', name: 'name', website: 'domain', industry: 'industry', billingAddressCountry: 'country', description: 'description', type: '~' }],
  ['EspoCRM opportunities', 'deals', { id: 'externalId', name: 'title', accountName: 'company', stage: 'stage', amount: 'value', amountCurrency: 'currency', closeDate: 'closeDate', probability: '~' }],
  ['Attio people', 'customers', { 'Record ID': 'externalId', 'Name > First name': 'firstName', 'Name > Last name': 'lastName', 'Email addresses': 'email', 'Phone numbers': 'phone', 'Job title': 'title', 'Company > Name': 'company' }],
  ['Attio companies', 'companies', { 'Record ID': 'externalId', Name: 'name', Domains: 'domain', Description: 'description', 'Primary location > Country': 'country', Categories: '~' }],
  ['Attio deals', 'deals', { 'Record ID': 'externalId', 'Deal name': 'title', 'Deal stage': 'stage', 'Deal owner': 'owner', 'Deal value': 'value', 'Associated company': 'company' }],
]

/** As their cells have it: people by their names, unless the column says that it holds addresses. */
const withNames = (column: string, field: string): boolean => field !== 'customerEmail' || /mail/i.test(column)

describe('headers of other systems', () => {
  it.each(SHAPES)('%s are understood', (_system, noun, columns) => {
    const header = Object.keys(columns)
    const guessed = Object.fromEntries(mappingFor(noun, header, { said: {}, saved: {}, custom: [], fits: withNames }).map(({ column, field }) => [column, field?.startsWith('customFields.') ? '~' : field]))
    expect(guessed).toEqual(columns)
  })

  it('leaves no column twice under one name, and no more custom fields than a record holds', () => {
    const header = ['Lead Source', 'lead_source', ...Array.from({ length: 120 }, (_, index) => `Extra ${index}`)]
    const fields = mappingFor('customers', header, { said: {}, saved: {}, custom: [], fits: () => true }).map(({ field }) => field)
    expect(fields.slice(0, 2)).toEqual(['customFields.leadSource', 'customFields.leadSource2'])
    expect(fields.filter((field) => field !== null)).toHaveLength(100)
  })
})
