import { Archived } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import { inTagOrder, same } from '../ledger/field-values.ts'
import type { Change, Fields, Statement } from '../ledger/ledger.ts'
import type { Checks } from './checks.ts'
import type { Memory, Noun } from './noun.ts'

/** A write of one record, thought through: nothing is done yet. */
export interface Plan {
  changes: Change[]
  /** The record as it will be, without `version`. */
  after: Fields
  version: number
  /** What is shown with it. */
  embedded: Fields
  also: Statement[]
}
export interface Current { fields: Fields; version: number }

/** Plans writes of one noun, on records as they were read. Answers null where nothing would change. */
export const createPlanner = (of: Noun, checks: Checks) => {
  const { noun } = of

  const planned = async (caller: Caller, changes: Change[], after: Fields, version: number, parts: Fields[] | null, memory: Memory): Promise<Plan> => {
    const [first] = changes
    return {
      changes, after, version,
      embedded: of.embed ? await of.embed(caller, { ...after, version }, parts, memory) : {},
      also: of.also && first ? of.also(caller, first, { ...after, version }) : [],
    }
  }

  return {
    async create(caller: Caller, input: Fields, at: string, memory: Memory, id: string = newId(noun)): Promise<Plan> {
      const parts = of.parts ? of.parts(input, id) : { fields: input, changes: [] }
      const given = withoutNothing({ ...of.defaults, ...parts.fields })
      const fields = of.complete ? await of.complete(caller, given, at, memory) : given
      await checks.fields(caller, noun, fields, null, memory)
      const made = { version: 1, createdAt: at, updatedAt: at, archivedAt: null }
      return planned(caller, [{ verb: 'create', noun, id, set: fields }, ...parts.changes], { ...fields, id, createdAt: at, updatedAt: at, archivedAt: null }, 1, parts.changes.map((part) => ({ ...part.set, id: part.id, ...made })), memory)
    },

    /** JSON Merge Patch; `customFields` are merged by name. */
    update(caller: Caller, current: Current, patch: Fields, at: string, memory: Memory): Promise<Plan | null> {
      return this.amend(caller, current, () => (of.amend ? of.amend(caller, current.fields, patch, at, memory) : Promise.resolve(patch)), at, memory)
    },

    async amend(caller: Caller, { fields: current, version }: Current, plan: () => Promise<Fields>, at: string, memory: Memory): Promise<Plan | null> {
      if (current.archivedAt !== null) throw new Archived(noun, String(current.id))
      await checks.refuseForeign(caller, noun, {}, {}, current, memory)
      const changed = differences(current, await plan())
      if (Object.keys(changed.set).length === 0) return null
      const after = { ...current, ...changed.set, updatedAt: at }
      await checks.fields(caller, noun, changed.set, changed.before, memory)
      return planned(caller, [{ verb: 'update', noun, id: String(current.id), expect: version, ...changed }], after, version + 1, null, memory)
    },

    async archive(caller: Caller, { fields: current, version }: Current, at: string, memory: Memory): Promise<Plan | null> {
      if (current.archivedAt !== null) return null
      await checks.refuseForeign(caller, noun, {}, {}, current, memory)
      await of.beforeArchive?.(caller, current)
      return planned(caller, [{ verb: 'archive', noun, id: String(current.id), expect: version, before: {}, set: {} }], { ...current, archivedAt: at, updatedAt: at }, version + 1, null, memory)
    },

    async restore(caller: Caller, { fields: current, version }: Current, at: string, memory: Memory): Promise<Plan | null> {
      if (current.archivedAt === null) return null
      await checks.refuseForeign(caller, noun, {}, {}, current, memory)
      await of.beforeRestore?.(caller, current, memory)
      // What was merged and is restored is a record of its own again.
      const unmerged = typeof current.mergedIntoId === 'string' ? { before: { mergedIntoId: current.mergedIntoId }, set: { mergedIntoId: null } } : { before: {}, set: {} }
      return planned(caller, [{ verb: 'restore', noun, id: String(current.id), expect: version, ...unmerged }], { ...current, ...unmerged.set, archivedAt: null, updatedAt: at }, version + 1, null, memory)
    },
  }
}
export type Planner = ReturnType<typeof createPlanner>

/** Fields that were not given, and custom fields that are given as null, are not there. */
const withoutNothing = (input: Fields): Fields => {
  const fields = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined))
  return { ...fields, ...(fields.customFields ? { customFields: mergeCustom({}, fields.customFields) } : {}), ...(Array.isArray(fields.tags) ? { tags: inTagOrder(fields.tags as string[]) } : {}) }
}

/** What a patch really changes, with the values it replaces. */
export const differences = (current: Fields, patch: Fields): { before: Fields; set: Fields } => {
  const before: Fields = {}
  const set: Fields = {}
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue
    const next = name === 'customFields' ? mergeCustom(current[name], value) : name === 'tags' && Array.isArray(value) ? inTagOrder(value as string[]) : value
    if (same(next, current[name])) continue
    before[name] = current[name] ?? null
    set[name] = next
  }
  return { before, set }
}

const mergeCustom = (current: unknown, patch: unknown): Fields =>
  Object.fromEntries(Object.entries({ ...(current as Fields), ...(patch as Fields) }).filter(([, value]) => value !== null))
