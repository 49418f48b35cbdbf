import { createRecordService, type RecordDeps } from '../records/record.service.ts'

export const createCompaniesService = (deps: RecordDeps) => createRecordService(deps, {
  noun: 'companies',
  defaults: { customFields: {} },
  references: {},
  complete: async (_caller, fields) => lowered(fields),
  amend: async (_caller, _current, patch) => lowered(patch),
})

/** Domains are compared without regard to case. */
const lowered = (fields: Record<string, unknown>) => (typeof fields.domain === 'string' ? { ...fields, domain: fields.domain.trim().toLowerCase() } : fields)
