import { requireWholeWorkspace } from '../http/authorize.ts'
import { createRecordService, type RecordDeps } from '../records/record.service.ts'

export const createTagsService = (deps: RecordDeps) => createRecordService(deps, {
  noun: 'tags',
  defaults: { color: null },
  references: {},
  keys: { name: (name) => name.trim().toLowerCase() },
  async complete(caller, fields) {
    requireWholeWorkspace(caller)
    return fields
  },
  async amend(caller, _current, patch) {
    requireWholeWorkspace(caller)
    return patch
  },
})
