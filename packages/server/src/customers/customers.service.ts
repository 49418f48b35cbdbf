import { createRecordService, type RecordDeps } from '../records/record.service.ts'

export const createCustomersService = (deps: RecordDeps) => createRecordService(deps, {
  noun: 'customers',
  defaults: { tags: [], customFields: {} },
  keys: { email: (email) => email.toLowerCase(), externalId: (id) => id },
  references: { companyId: 'companies' },
})
