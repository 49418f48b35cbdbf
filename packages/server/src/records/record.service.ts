import { type Clock, instant } from '../clock.ts'
import { and, type SQL } from 'drizzle-orm'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { Conflict, NotFound, Stale } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Fields, Refusal } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import type { Writes, Written } from '../ledger/writes.ts'
import { createBatch } from './batch.ts'
import { type Checks, notFoundAt, takenAt } from './checks.ts'
import type { QueryResolver } from './list-query.ts'
import type { Noun } from './noun.ts'
import { createPlanner, type Current, type Plan } from './planner.ts'
import type { RecordJson } from './record-json.ts'
import { createUpsert } from './upsert.ts'

export interface RecordDeps {
  scoped: Scoped
  /** A saved view and a search as parts of a list's query. */
  resolve: QueryResolver
  writes: Writes
  checks: Checks
  clock: Clock
  json: RecordJson
  /** Where the interface is mounted, such as `/crm/api/v1`; for Location. */
  apiPath: string
}

const MOST_TRIES = 20

/**
 * Create, read, list, change, archive, restore, upsert, batch: the same for every ledgered noun. A write is planned on the record as
 * it is read, and planned anew when the record moved meanwhile, unless the caller named the version it means.
 */
export const createRecordService = (deps: RecordDeps, of: Noun) => {
  const { scoped, writes, checks, clock, json, apiPath } = deps
  const { noun } = of
  const planner = createPlanner(of, checks)

  const retrieve = async (caller: Caller, id: string) => {
    const found = await scoped.find(caller, noun, id)
    if (!found) throw new NotFound(noun, id)
    return found
  }

  const service = {
    retrieve,

    async list(caller: Caller, query: ListQuery, further?: SQL): Promise<ListPage> {
      const resolved = await deps.resolve(caller, noun, query)
      return scoped.list(caller, noun, resolved.query, and(resolved.also, further))
    },

    async create(caller: Caller, input: Fields, id?: string): Promise<Written> {
      const now = clock()
      const memory = new Map<string, unknown>()
      const plan = await planner.create(caller, input, instant(now), memory, id ?? newId(noun, now))
      const outcome = await write(caller, plan, instant(now), 201, memory)
      if (outcome.written) return outcome.written
      throw await explained(caller, outcome.refusal, plan.after)
    },

    /** JSON Merge Patch; `customFields` are merged by name. A patch that changes nothing leaves the version as it is. */
    update: (caller: Caller, id: string, patch: Fields): Promise<Written> =>
      settle(caller, id, (current, at, memory) => planner.update(caller, current, patch, at, memory)),

    /** A change that is planned from the record as it is, again and again until it meets it unmoved. */
    amend: (caller: Caller, id: string, plan: (current: Fields, at: string) => Promise<Fields>): Promise<Written> =>
      settle(caller, id, (current, at, memory) => planner.amend(caller, current, () => plan(current.fields, at), at, memory)),

    archive: (caller: Caller, id: string): Promise<Written> => settle(caller, id, (current, at, memory) => planner.archive(caller, current, at, memory)),
    restore: (caller: Caller, id: string): Promise<Written> => settle(caller, id, (current, at, memory) => planner.restore(caller, current, at, memory)),
  }
  const upsert = createUpsert({ of, checks, service })
  const batch = createBatch({ ...deps, of, planner })
  return { ...service, ...upsert, ...batch }

  async function settle(caller: Caller, id: string, plan: (current: Current, at: string, memory: Map<string, unknown>) => Promise<Plan | null>): Promise<Written> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const found = await retrieve(caller, id)
      if (caller.ifMatch !== null && caller.ifMatch !== found.version) throw new Stale(noun, id, found.version)
      const at = instant(clock())
      const memory = new Map<string, unknown>()
      const planned = await plan({ fields: JSON.parse(found.json) as Fields, version: found.version }, at, memory)
      if (!planned) return writes.unchanged(caller, { status: 200, headers: { etag: `"${found.version}"` }, body: found.json })
      const outcome = await write(caller, planned, at, 200, memory)
      if (outcome.written) return outcome.written
      if (outcome.refusal.reason !== 'moved') throw await explained(caller, outcome.refusal, planned.after)
    }
    throw new Conflict('conflict', `The ${noun} ${id} is being changed by many at once; repeat the request in a moment.`)
  }

  async function write(caller: Caller, { changes, after, version, embedded, also }: Plan, at: string, status: number, memory: Map<string, unknown>) {
    const [first] = changes
    if (first) {
      await checks.refuseForeign(caller, noun, of.references, first.set, after, memory)
      // The ledger would find out; a plan that is only kept or shown must not hide it.
      if (caller.mode !== 'apply') await checks.refuseUnfit(caller, first, of.keys ?? {}, of.references, memory)
    }
    const headers = { etag: `"${version}"`, ...(status === 201 ? { location: `${apiPath}/${noun}/${String(after.id)}` } : {}) }
    return writes.write(caller, { changes, at, also, answer: { status, headers, body: json(noun, { ...after, version }, embedded) } })
  }

  async function explained(caller: Caller, refusal: Refusal, fields: Fields): Promise<Error> {
    if (refusal.reason === 'reference') return notFoundAt(await checks.unseen(caller, of.references, fields, new Map()))
    if (refusal.reason !== 'unique') return refused(refusal)
    // PostgreSQL names the key that was taken, not its holder.
    const holder = refusal.id || (await checks.holder(caller, noun, refusal.field, String(fields[refusal.field])))
    return takenAt(refusal.field, caller.records || !holder ? 'another record' : holder)
  }
}
export type RecordService = ReturnType<typeof createRecordService>
