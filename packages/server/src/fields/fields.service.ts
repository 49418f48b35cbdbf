import type { CustomNoun, Field } from '@flowstate-ai/sdk/contract'
import { Conflict, Invalid } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'
import { createRecordService, type RecordDeps } from '../records/record.service.ts'
import type { FieldsStore } from './fields.store.ts'
import { type CustomFieldRules, faultOf } from './rules.ts'

const MOST_VALUES = 10_000
const MOST_FIELDS = 100

/** Definitions of custom fields. A definition judges what is written from then on; it never changes what is there. */
export const createFieldsService = (deps: RecordDeps, store: FieldsStore, rules: CustomFieldRules) => {
  const records = createRecordService(deps, {
    noun: 'fields',
    defaults: { description: null, options: null, required: false, indexed: false },
    references: {},
    async complete(caller, fields) {
      requireWholeWorkspace(caller)
      const { items } = await deps.scoped.list(caller, 'fields', { noun: String(fields.noun), limit: 200 })
      if (items.length >= MOST_FIELDS) throw new Conflict('conflict', `${String(fields.noun)} have ${MOST_FIELDS} custom fields already; archive one first.`)
      return { label: fields.key, ...fields }
    },
    async amend(caller, current, patch) {
      requireWholeWorkspace(caller)
      const after = { ...current, ...patch } as unknown as Field
      if ((after.type === 'select' || after.type === 'multiselect') !== (after.options !== null)) throw new Invalid([{ pointer: '/options', code: 'invalid_value', detail: 'are for select and multiselect, which need them' }])
      if (patch.type !== undefined || patch.options !== undefined) await refuseMisfits(caller, after)
      return patch
    },
    also: (caller, change, after) => {
      rules.forget(caller.workspaceId)
      return caller.mode === 'apply' && change.set.indexed === true ? store.index(after.noun as CustomNoun, String(after.key)) : []
    },
  })

  const refuseMisfits = async ({ workspaceId }: Caller, field: Field): Promise<void> => {
    const values = await store.values(workspaceId, field.noun, field.key, MOST_VALUES + 1)
    if (values.length > MOST_VALUES) throw new Conflict('in_use', `More than ${MOST_VALUES} different values are held under ${field.key}; add another field instead.`)
    const misfit = values.find((value) => value !== null && faultOf(field, value) !== null)
    if (misfit !== undefined) throw new Conflict('in_use', `Records hold ${JSON.stringify(misfit).slice(0, 100)} under ${field.key}, which would not fit; change those first.`)
  }

  /** Whoever writes definitions judges by them at once. */
  const forgetting = <Args extends [Caller, ...unknown[]], Answer>(write: (...args: Args) => Promise<Answer>) => async (...args: Args): Promise<Answer> => {
    const answer = await write(...args)
    rules.forget(args[0].workspaceId)
    return answer
  }
  return {
    ...records,
    create: forgetting((caller: Caller, input: Fields, id?: string) => records.create(caller, input, id)), update: forgetting(records.update), archive: forgetting(records.archive), restore: forgetting(records.restore), batch: forgetting(records.batch),
  }
}
