import { eq, or } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import type { ListQuery } from '../db/list.ts'
import { NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'
import { createRecordService, type RecordDeps } from '../records/record.service.ts'

/** Saved views. What is not shared is its maker's alone: to others it does not exist. */
export const createViewsService = (deps: RecordDeps, { tables: { views } }: Database) => {
  const records = createRecordService(deps, {
    noun: 'views',
    defaults: { filter: null, sort: null, columns: [], shared: false },
    references: {},
    async complete(caller, fields) {
      requireWholeWorkspace(caller)
      deps.scoped.checkView(fields)
      return { ...fields, madeBy: caller.stableId }
    },
    async amend(caller, current, patch) {
      requireWholeWorkspace(caller)
      deps.scoped.checkView({ ...current, ...patch })
      return patch
    },
  })

  const retrieve = async (caller: Caller, id: string) => {
    const found = await records.retrieve(caller, id)
    const view = JSON.parse(found.json) as Fields
    if (view.shared !== true && view.madeBy !== caller.stableId) throw new NotFound('views', id)
    return found
  }
  const own = <Rest extends unknown[], Answer>(write: (caller: Caller, id: string, ...rest: Rest) => Promise<Answer>) => async (caller: Caller, id: string, ...rest: Rest): Promise<Answer> => {
    await retrieve(caller, id)
    return write(caller, id, ...rest)
  }
  return {
    ...records, retrieve, update: own(records.update), archive: own(records.archive), restore: own(records.restore),
    list: (caller: Caller, query: ListQuery) => records.list(caller, query, or(eq(views.shared, true), eq(views.madeBy, caller.stableId))),
  }
}
