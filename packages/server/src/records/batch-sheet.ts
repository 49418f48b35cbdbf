import type { Batch, BatchError } from '@flowstate-ai/sdk/contract'
import { AppError, Conflict, Invalid, NotFound, Stale } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { STATUS_OF } from '../http/render-error.ts'
import { isStorable } from '../http/storable.ts'
import { newId } from '../ids.ts'
import type { Change, Fields, Statement } from '../ledger/ledger.ts'
import type { BatchShapes } from './batch.ts'
import { takenAt } from './checks.ts'
import type { Memory, Noun } from './noun.ts'
import type { Current, Plan, Planner } from './planner.ts'
import type { RecordDeps } from './record.service.ts'

type Item = Batch['items'][number]
/** What became of an item; of those that write, the record is rendered at the end, when all have written. */
export type BatchResult = { status: number; error: BatchError } | { status: number; id: string } | { status: number; json: string }

/** Where a batch is worked out: the records as they are and as its items make them, one net change each. */
export const createBatchSheet = ({ of, planner, scoped, checks, json }: RecordDeps & { of: Noun; planner: Planner }, caller: Caller, shapes: BatchShapes, at: string) => {
  const { noun } = of
  const memory: Memory = new Map()
  const read = new Map<string, { current: Current; json: string }>()
  const plans = new Map<string, Plan>()
  /** Match keys that items of this batch hold, or have let go (null). */
  const held = new Map<string, string | null>()
  const heldKey = (field: string, value: string) => `${field}\n${of.keys?.[field]?.(value) ?? value}`

  const find = async (id: string): Promise<{ current: Current; json: string }> => {
    const known = read.get(id) ?? null
    if (known) return known
    const found = await scoped.find(caller, noun, id)
    if (!found) throw new NotFound(noun, id)
    const entry = { current: { fields: JSON.parse(found.json) as Fields, version: found.version }, json: found.json }
    read.set(id, entry)
    return entry
  }

  const holderOf = async (field: string, value: string): Promise<string | null> => {
    const mine = held.get(heldKey(field, value))
    if (mine !== undefined) return mine
    const holder = await checks.holder(caller, noun, field, value)
    // An earlier item may have given the holder another value.
    const now = holder === null ? undefined : plans.get(holder)?.after
    return now && !sameKey(field, now[field], value) ? null : holder
  }
  const sameKey = (field: string, left: unknown, right: string): boolean => typeof left === 'string' && heldKey(field, left) === heldKey(field, right)

  /** Refuses what cannot be, then keeps the plan in place of the record's earlier one. */
  const keep = async (id: string, plan: Plan): Promise<void> => {
    const [change] = plan.changes
    if (!change) return
    await checks.refuseForeign(caller, noun, of.references, change.set, plan.after, memory)
    const missing = await checks.unseen(caller, of.references, change.set, memory)
    if (missing.length > 0) throw new Invalid(missing.map((field) => ({ pointer: `/${field}`, code: 'not_found', detail: 'names a record that does not exist here' })))
    const before = plans.get(id)?.after ?? read.get(id)?.current.fields
    const freed: [string, string][] = []
    const taken: [string, string][] = []
    for (const field of Object.keys(of.keys ?? {})) {
      const [was, is] = [before?.[field], plan.after.archivedAt === null ? plan.after[field] : null]
      if (typeof was === 'string') freed.push([field, was])
      if (typeof is !== 'string') continue
      const holder = await holderOf(field, is)
      if (holder !== null && holder !== id) throw takenAt(field, caller.records ? 'another record' : holder)
      taken.push([field, is])
    }
    for (const [field, value] of freed) held.set(heldKey(field, value), null)
    for (const [field, value] of taken) held.set(heldKey(field, value), id)
    plans.set(id, merged(plans.get(id), plan))
  }

  const create = async (data: unknown): Promise<BatchResult> => {
    const id = newId(noun)
    await keep(id, await planner.create(caller, shapes.asNew(data), at, memory, id))
    return { status: 201, id }
  }

  const change = async (id: string | undefined, ifMatch: number | undefined, plan: (current: Current) => Promise<Plan | null>): Promise<BatchResult> => {
    if (id === undefined) throw new Invalid([{ pointer: '/id', code: 'required', detail: 'is needed to say which record' }])
    // Of what no database of ours could hold, PostgreSQL cannot even be asked.
    if (!isStorable(id)) throw new NotFound(noun, id)
    const entry = plans.has(id) ? null : await find(id)
    const known = plans.get(id)
    const current: Current = known ? { fields: known.after, version: known.version } : (entry?.current ?? { fields: {}, version: 0 })
    if (ifMatch !== undefined && ifMatch !== current.version) throw new Stale(noun, id, current.version)
    if (ifMatch === undefined && caller.strict) throw new AppError('precondition_required', 'Give ifMatch: the version that you changed.')
    if (known && known.changes[0]?.verb !== 'create' && known.changes[0]?.verb !== 'update') throw new Conflict('conflict', 'An earlier item of this batch archived or restored this record; put it into a batch of its own.')
    const planned = await plan(current)
    if (!planned) return known ? { status: 200, id } : { status: 200, json: entry?.json ?? '' }
    if (known && planned.changes[0]?.verb !== 'update') throw new Conflict('conflict', 'An earlier item of this batch wrote this record; archive or restore it in a batch of its own.')
    await keep(id, planned)
    return { status: 200, id }
  }

  const upsert = async (data: unknown): Promise<BatchResult> => {
    const patch = shapes.asPatch(data)
    const key = Object.keys(of.keys ?? {}).find((field) => typeof patch[field] === 'string')
    if (key === undefined) throw new Invalid([{ pointer: '', code: 'required', detail: `must name a match key: ${Object.keys(of.keys ?? {}).join(' or ') || `${noun} have none`}` }])
    const holder = await holderOf(key, String(patch[key]))
    return holder === null ? create(data) : change(holder, undefined, (current) => planner.update(caller, current, patch, at, memory))
  }

  return {
    /** The records that items name, in one query. */
    async prefetch(items: readonly Item[]): Promise<void> {
      const found = await scoped.findMany(caller, noun, [...new Set(items.flatMap(({ id }) => (id === undefined ? [] : [id])))])
      for (const [id, { json: text, version }] of found) read.set(id, { current: { fields: JSON.parse(text) as Fields, version }, json: text })
    },

    async take({ op, id, data = {}, ifMatch }: Item): Promise<BatchResult> {
      try {
        if (op === 'create') return await create(data)
        if (op === 'upsert') return await upsert(data)
        if (op === 'update') {
          const patch = shapes.asPatch(data)
          return await change(id, ifMatch, (current) => planner.update(caller, current, patch, at, memory))
        }
        return await change(id, ifMatch, (current) => planner[op](caller, current, at, memory))
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        const { code, message, errors } = error
        return { status: STATUS_OF[code], error: { code, detail: message, ...(errors ? { errors } : {}) } }
      }
    },

    planned(): { changes: Change[]; also: Statement[] } {
      const list = [...plans.values()]
      return { changes: list.flatMap(({ changes }) => changes), also: list.flatMap(({ also }) => also) }
    },

    answer(results: readonly BatchResult[]): string {
      const rendered = new Map<string, string>()
      const recordOf = (id: string): string => {
        const known = rendered.get(id)
        if (known !== undefined) return known
        const plan = plans.get(id)
        const text = plan ? json(noun, { ...plan.after, version: plan.version }, plan.embedded) : 'null'
        rendered.set(id, text)
        return text
      }
      const parts = results.map((result) => ('error' in result ? JSON.stringify(result) : `{"status":${result.status},"data":${'json' in result ? result.json : recordOf(result.id)}}`))
      return `{"results":[${parts.join(',')}]}`
    },
  }
}

/** Two changes of one record as one: a record changes its version once in a change set. */
const merged = (earlier: Plan | undefined, later: Plan): Plan => {
  const [first, ...parts] = earlier?.changes ?? []
  const [second] = later.changes
  if (!earlier || !first || !second) return later
  const set = { ...first.set, ...second.set }
  if (first.verb === 'create') return { ...later, version: 1, changes: [{ ...first, set }, ...parts] }
  const before = { ...(second.verb === 'create' ? {} : second.before), ...first.before }
  return { ...later, version: earlier.version, changes: [{ ...first, before, set }] }
}
