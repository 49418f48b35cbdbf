import { CustomerPatch, NewCompany, NewDeal, NewInteraction, operations } from '@flowstate-ai/sdk/contract'
import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { validateBody, validateQuery } from './validate.ts'

const faults = (validate: () => unknown): string[] => {
  try {
    validate()
    return []
  } catch (error) {
    return error instanceof AppError ? (error.errors ?? []).map(({ pointer, code, detail }) => `${pointer} ${code}: ${detail}`) : [String(error)]
  }
}

describe('what is wrong with a request', () => {
  it('is said in words that tell the mend', () => {
    expect(faults(() => validateBody(NewCompany, {}))).toEqual(['/name required: is required'])
    expect(faults(() => validateBody(NewCompany, { name: 5, employeeCount: 1.5, foundedYear: -1, tags: 'x' }))).toEqual(['/name invalid_type: must be text', '/employeeCount invalid_type: must be a whole number', '/foundedYear too_small: must be at least 0', '/tags invalid_type: must be a list'])
    expect(faults(() => validateBody(NewCompany, { name: '' }))).toContain('/name too_small: must be at least 1 character long')
    expect(faults(() => validateBody(CustomerPatch, { email: 'nobody' }))).toEqual(['/email invalid_format: must be an e-mail address'])
    expect(faults(() => validateBody(CustomerPatch, {}))).toEqual([' custom: must name at least one property'])
    expect(faults(() => validateBody(NewInteraction, { kind: 'fax', customerId: 'x' }))).toEqual(['/kind invalid_value: must be one of call, email, meeting, note, message', expect.stringMatching(/^\/customerId invalid_format: must be an id such as cus_/)])
    expect(faults(() => validateBody(NewDeal, { title: 'x', value: { amount: '5', currency: 'euro' }, expectedCloseDate: 'soon' }))).toEqual(['/value/amount invalid_type: must be a number', '/value/currency invalid_format: must be an ISO 4217 code such as EUR', '/expectedCloseDate invalid_format: must be a day such as 2026-12-31'])
    expect(faults(() => validateBody(NewDeal, { title: 'x', valeu: 1 }))).toEqual(['/valeu unrecognized_keys: is not a property this route knows'])
  })

  it('names the parameter of the query', () => {
    const query = (text: string) => faults(() => validateQuery(operations.deals.list.query, text))
    expect(query('limit=0')).toEqual(['?limit too_small: must be at least 1'])
    expect(query('limit=500')).toEqual(['?limit too_big: must be at most 200'])
    expect(query('archived=maybe')).toEqual(['?archived invalid_value: must be one of true, false, any'])
    expect(query('value[gte]=1.5')).toEqual(['?value[gte] invalid_format: must be a whole number of minor units'])
    expect(query('stageid=x')).toEqual(['?stageid unrecognized_keys: is not a property this route knows; did you mean stageId?'])
    expect(query('limit=1&limit=2')).toEqual(['?limit repeated: is given twice'])
  })
})
