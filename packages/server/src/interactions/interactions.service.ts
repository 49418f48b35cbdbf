import { Invalid } from '../errors.ts'
import type { Fields } from '../ledger/ledger.ts'
import { createRecordService, type RecordDeps } from '../records/record.service.ts'
import type { CarriedCheck } from './carried.ts'

export const createInteractionsService = (deps: RecordDeps, checkCarried: CarriedCheck) => createRecordService(deps, {
  noun: 'interactions',
  defaults: { tags: [], customFields: {}, participants: [], attachments: [] },
  keys: { externalId: (id) => id },
  references: { customerId: 'customers', companyId: 'companies', dealId: 'deals' },

  /** What is logged on a deal stands in the timeline of the deal's customer too, unless the request says otherwise. */
  async complete(caller, fields, at) {
    await checkCarried(caller, fields, null)
    const dated = { occurredAt: at, ...fields }
    if (typeof fields.dealId !== 'string' || (fields.customerId !== undefined && fields.companyId !== undefined)) return dated
    const deal = await deps.scoped.find(caller, 'deals', fields.dealId)
    if (!deal) return dated
    const { customerId, companyId } = JSON.parse(deal.json) as Fields
    return { customerId, companyId, ...dated }
  },

  async amend(caller, current, patch) {
    await checkCarried(caller, patch, current)
    const after = { ...current, ...patch }
    if (after.customerId === null && after.companyId === null && after.dealId === null) {
      throw new Invalid([{ pointer: '/customerId', code: 'required', detail: 'must stay, unless a company or a deal is named' }])
    }
    return patch
  },
})
