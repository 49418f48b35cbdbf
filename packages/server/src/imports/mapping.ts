import type { ImportMapping, ImportNoun } from '@flowstate-ai/sdk/contract'
import { Invalid } from '../errors.ts'

/** The fields that a file's columns can fill, and the headers by which each is known. */
const FIELDS: Record<ImportNoun, Record<string, readonly string[]>> = {
  companies: {
    name: ['name', 'company', 'companyname', 'account', 'accountname', 'organization', 'organisation'], domain: ['domain', 'website', 'url', 'companydomain', 'companydomainname'],
    industry: ['industry', 'sector'], country: ['country', 'officelocation', 'location', 'billingcountry'], employeeCount: ['employees', 'employeecount', 'numberofemployees', 'headcount'],
    annualRevenue: ['revenue', 'annualrevenue', 'turnover'], foundedYear: ['yearestablished', 'foundedyear', 'founded', 'yearfounded'], description: ['description', 'about'], externalId: ['id', 'externalid', 'recordid', 'accountid', 'companyid'],
  },
  customers: {
    name: ['name', 'fullname', 'contact', 'contactname', 'customer', 'customername'], firstName: ['firstname', 'givenname', 'vorname'], lastName: ['lastname', 'surname', 'familyname', 'nachname'],
    email: ['email', 'emailaddress', 'mail', 'e-mail'], phone: ['phone', 'phonenumber', 'telephone', 'mobile', 'mobilephone'], title: ['title', 'jobtitle', 'position', 'role'],
    company: ['company', 'companyname', 'account', 'accountname', 'organization', 'organisation'], description: ['description', 'notes', 'about'], externalId: ['id', 'externalid', 'recordid', 'contactid', 'customerid'],
  },
  deals: {
    title: ['title', 'name', 'dealname', 'deal', 'opportunity', 'opportunityname'], product: ['product', 'productname', 'item'], company: ['company', 'companyname', 'account', 'accountname', 'organization', 'organisation'],
    customerEmail: ['email', 'contactemail', 'customeremail'], stage: ['stage', 'dealstage', 'status', 'phase', 'stagename'], value: ['value', 'amount', 'closevalue', 'dealvalue', 'price'], currency: ['currency', 'currencycode'],
    engageDate: ['engagedate', 'startdate', 'opendate'], closeDate: ['closedate', 'closedat', 'expectedclosedate', 'closingdate', 'closeddate'], lostReason: ['lostreason', 'closedlostreason'], description: ['description', 'notes'],
    externalId: ['id', 'externalid', 'recordid', 'opportunityid', 'dealid'],
  },
  interactions: {
    kind: ['kind', 'type', 'activitytype', 'activity'], direction: ['direction'], subject: ['subject', 'title'], body: ['body', 'text', 'description', 'notes', 'note', 'content'],
    occurredAt: ['occurredat', 'date', 'datetime', 'timestamp', 'activitydate', 'createdat'], durationMinutes: ['duration', 'durationminutes', 'minutes'],
    customerEmail: ['email', 'contactemail', 'customeremail'], company: ['company', 'companyname', 'account', 'accountname'], externalId: ['id', 'externalid', 'recordid', 'activityid'],
  },
}
const CUSTOM = 'customFields.'

/** Which field each column fills: what the caller says, then what the header suggests, then a custom field of the header's name. */
export const mappingFor = (noun: ImportNoun, header: readonly string[], said: ImportMapping): ImportMapping => {
  refuseUnknown(noun, header, said)
  const mapping: ImportMapping = {}
  const taken = new Set(Object.values(said).filter((field) => field !== null))
  for (const column of header) {
    const guess = Object.hasOwn(said, column) ? said[column] ?? null : guessFor(noun, column, taken)
    mapping[column] = guess
    if (guess !== null) taken.add(guess)
  }
  return mapping
}

const guessFor = (noun: ImportNoun, column: string, taken: Set<string>): string | null => {
  const plain = column.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
  const field = Object.entries(FIELDS[noun]).find(([name, headers]) => !taken.has(name) && headers.includes(plain))
  if (field) return field[0]
  const custom = camelCase(column)
  return custom === '' ? null : `${CUSTOM}${custom}`
}

const refuseUnknown = (noun: ImportNoun, header: readonly string[], said: ImportMapping) => {
  const known = Object.keys(FIELDS[noun])
  const errors = Object.entries(said).flatMap(([column, field]) => {
    if (!header.includes(column)) return [{ pointer: `?map/${column}`, code: 'not_found', detail: `names a column that the file does not have; it has ${header.join(', ')}` }]
    if (field !== null && !known.includes(field) && !/^customFields\.[^.]{1,64}$/.test(field)) return [{ pointer: `?map/${column}`, code: 'invalid_value', detail: `names the field ${field}; ${noun} have ${known.join(', ')}, or customFields.x` }]
    return []
  })
  if (errors.length > 0) throw new Invalid(errors)
}

/** `sales_agent` to `salesAgent`. */
const camelCase = (text: string): string => {
  const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '')
  return words.map((word, index) => (index === 0 ? word.charAt(0).toLowerCase() + word.slice(1) : word.charAt(0).toUpperCase() + word.slice(1))).join('').slice(0, 64)
}
