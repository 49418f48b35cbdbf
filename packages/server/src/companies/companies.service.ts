import { domainKey } from '../records/match-keys.ts'
import { createRecordService, type RecordDeps } from '../records/record.service.ts'

export const createCompaniesService = (deps: RecordDeps) => createRecordService(deps, {
  noun: 'companies',
  defaults: { tags: [], customFields: {} },
  keys: { domain: domainKey, externalId: (id) => id },
  references: {},
  complete: async (_caller, fields) => lowered(fields),
  amend: async (_caller, _current, patch) => lowered(patch),
})

/** A domain is kept as it is compared: `https://www.Acme.example/about` is `acme.example`. */
const lowered = (fields: Record<string, unknown>) => (typeof fields.domain === 'string' ? { ...fields, domain: domainKey(fields.domain) } : fields)
