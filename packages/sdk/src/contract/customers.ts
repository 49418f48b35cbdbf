import { z } from 'zod'
import { CustomFields, idOf, line, type ListSpec, notEmpty, OwnerId, recordFields, Tags, text } from './common.ts'
import { operation } from './operation.ts'
import { crud, upsertable } from './crud.ts'
import { mergeable } from './duplicates.ts'

const fields = {
  name: line(),
  email: z.email().max(254).nullable().describe('Unique among live customers, whatever the case of its letters.'),
  phone: text(50).nullable(),
  title: text(200).nullable().describe('What the person does at the company, such as Head of Purchasing.'),
  companyId: idOf('companies').nullable(),
  description: text(10_000).nullable(),
  ownerId: OwnerId,
  tags: Tags,
  externalId: text(200).nullable().describe('The record\'s id in the system it came from, unique among live customers.'),
  customFields: CustomFields,
}

/** A person one does business with. */
export const Customer = z.strictObject({ id: idOf('customers'), ...fields, mergedIntoId: idOf('customers').nullable().describe('The record that this one was merged into; then it is archived.'), ...recordFields }).meta({ id: 'Customer' })
export type Customer = z.infer<typeof Customer>
export const NewCustomer = z.strictObject(fields).partial().required({ name: true }).meta({ id: 'NewCustomer' })
export type NewCustomer = z.input<typeof NewCustomer>
export const CustomerPatch = notEmpty(z.strictObject(fields).partial()).meta({ id: 'CustomerPatch' })
export type CustomerPatch = z.input<typeof CustomerPatch>

export const CUSTOMER_LIST = {
  filters: { id: 'id', name: 'text', email: 'text', phone: 'text', title: 'text', description: 'text', companyId: 'id', ownerId: 'id', tags: 'tags', externalId: 'text', createdAt: 'instant', updatedAt: 'instant' },
  sorts: ['createdAt', 'updatedAt', 'name', 'email', 'title'], sort: '-createdAt', custom: true,
} as const satisfies ListSpec
/** The record stays, with its links, and says nothing of the person any more. It cannot be undone. */
export const EraseCustomer = z.strictObject({ confirm: text(300, 1).optional().describe('The name or the e-mail address of the customer; when it is given and is another, nothing is erased.') }).meta({ id: 'EraseCustomer' })
export type EraseCustomer = z.input<typeof EraseCustomer>
export const customers = {
  ...crud({ noun: 'customers', one: 'a customer', item: Customer, create: NewCustomer, update: CustomerPatch, list: CUSTOMER_LIST }),
  ...upsertable({ noun: 'customers', one: 'a customer', item: Customer, update: CustomerPatch, keys: 'email, externalId' }),
  ...mergeable({ noun: 'customers', one: 'a customer', item: Customer }),
  erase: operation({ id: 'customers.erase', audited: true, method: 'post', path: '/customers/{id}/erase', summary: 'Erases a person for good: their values, wherever they are kept, in history and undo too', scope: 'admin', body: EraseCustomer, status: 200, answer: Customer, deciding: true }),
}
