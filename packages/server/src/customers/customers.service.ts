import { createRecordService, type RecordDeps } from '../records/record.service.ts'

export const createCustomersService = (deps: RecordDeps) => createRecordService(deps, {
  noun: 'customers',
  defaults: { customFields: {} },
  references: { companyId: 'companies' },
})
