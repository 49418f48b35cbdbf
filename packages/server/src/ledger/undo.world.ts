import type { CustomNoun, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import { type Definition, faultOf } from '../fields/rules.ts'
import type { FieldsStore } from '../fields/fields.store.ts'
import type { Caller } from '../http/caller.ts'
import type { ChangeSetRow, ChangeSetsStore } from './changesets.store.ts'
import { tagOf } from './field-values.ts'
import { UNIQUE_KEYS } from './order.ts'
import type { RevertedRecord, RevertPlan, RevertWorld } from './revert.ts'

export interface UndoWorldDeps { store: ChangeSetsStore; scoped: Scoped; fields: FieldsStore }
/** What windows before this one undo: what the set changed last after `newest`, but for what it keeps: `id`, or `id/field`. */
export interface EarlierWindows { set: ChangeSetRow; newest: number; kept: ReadonlySet<string> }
type Pointed = 'stages' | 'pipelines' | 'members' | 'tags'

/** What an undoing has to know of the rest of the workspace, read for one window at once. */
export const createUndoWorld = ({ store, scoped, fields }: UndoWorldDeps) => {
  /** What values of these records would go back to, or stand on when they are restored. */
  const pointedTo = (records: readonly RevertedRecord[]): Record<Pointed, Set<string>> => {
    const ids = { stages: new Set<string>(), pipelines: new Set<string>(), members: new Set<string>(), tags: new Set<string>() }
    const add = (noun: Pointed, id: unknown) => { if (typeof id === 'string') ids[noun].add(id) }
    for (const { noun, changes, current } of records) {
      if (noun === 'deals') {
        add('stages', current?.fields.stageId)
        add('pipelines', current?.fields.pipelineId)
      }
      for (const [name, { from }] of changes.flatMap((change) => Object.entries(change.fields))) {
        if (name === 'stageId') add('stages', from)
        else if (name === 'pipelineId') add('pipelines', from)
        else if (name === 'ownerId') add('members', from)
        else if (from === true) add('tags', tagOf(name))
      }
    }
    return ids
  }

  /** The unique keys that these records held before the set, or hold and would take with them from the archive. */
  const keysOf = (records: readonly RevertedRecord[]): Map<LedgeredNoun, Map<string, Set<string>>> => {
    const keys = new Map<LedgeredNoun, Map<string, Set<string>>>()
    for (const { noun, changes, current } of records) {
      for (const field of Object.keys(UNIQUE_KEYS[noun] ?? {})) {
        const values = [...changes.map((change) => change.fields[field]?.from), ...(current && current.archivedAt !== null ? [current.fields[field]] : [])]
        for (const value of values) {
          if (typeof value !== 'string') continue
          const ofNoun = keys.get(noun) ?? new Map<string, Set<string>>()
          keys.set(noun, ofNoun.set(field, (ofNoun.get(field) ?? new Set()).add(value)))
        }
      }
    }
    return keys
  }

  /**
   * Of the holders of keys those that a window before this one takes theirs from, which a plan that is only looked at must know: they are
   * told by what the set did to them, so that a million need not be remembered.
   */
  const releasedEarlier = async (workspaceId: string, holders: ReadonlyMap<string, string>, records: readonly RevertedRecord[], { set, newest, kept }: EarlierWindows): Promise<Set<string>> => {
    const own = new Set(records.map(({ id }) => id))
    const others = [...new Set(holders.values())].filter((id) => !own.has(id))
    if (others.length === 0) return new Set()
    const byRecord = Map.groupBy(await store.changesOfRecords(workspaceId, set, others), ({ id }) => id)
    return new Set([...holders].flatMap(([key, id]) => {
      const changes = byRecord.get(id) ?? []
      const [, field = '', value] = partsOf(key)
      if (kept.has(id) || kept.has(`${id}/${field}`) || (changes.at(-1)?.seq ?? 0) <= newest) return []
      const first = changes.find(({ op, fields: set }) => op === 'create' || set[field] !== undefined)
      return first && (first.op === 'create' || !sameKey(first.fields[field]?.from, value ?? '')) ? [key] : []
    }))
  }

  return async (caller: Caller, records: readonly RevertedRecord[], earlier: EarlierWindows) => {
    const { workspaceId } = caller
    const found = new Map<string, { archivedAt: string | null; kind?: string }>()
    for (const [noun, ids] of Object.entries(pointedTo(records)) as [Pointed, Set<string>][]) {
      for (const [id, { json, archivedAt }] of await scoped.findMany(caller, noun, [...ids])) found.set(id, { archivedAt, ...(noun === 'stages' ? { kind: (JSON.parse(json) as { kind: string }).kind } : {}) })
    }
    const holders = new Map<string, string>()
    for (const [noun, byField] of keysOf(records)) {
      for (const [field, values] of byField) for (const [value, id] of await store.holders(workspaceId, noun, field, [...values])) holders.set(`${noun}/${field}/${value}`, id)
    }
    const letGo = await releasedEarlier(workspaceId, holders, records, earlier)
    const definitions = new Map<LedgeredNoun, (Definition & { gone: boolean })[]>()
    for (const noun of new Set(records.map((record) => record.noun))) if (isCustom(noun)) definitions.set(noun, await fields.everDefined(workspaceId, noun))

    const world = (released: ReadonlySet<string> | null): RevertWorld => ({
      isLive: (_noun, id) => found.get(id)?.archivedAt === null,
      stageKind: (id) => found.get(id)?.kind ?? null,
      holder(noun, field, value) {
        const key = `${noun}/${field}/${value}`
        const id = holders.get(key)
        // The first plan supposes that every key comes free; then it shows which do.
        return id === undefined || released === null || released.has(`${id}/${field}`) || letGo.has(key) ? null : id
      },
      misfit(noun, key, value) {
        const known = (definitions.get(noun) ?? []).filter((definition) => definition.key === key)
        const live = known.find(({ gone }) => !gone)
        if (value === null) return live?.required ? 'is required by its custom field now' : null
        if (!live) return known.length > 0 ? 'belonged to a custom field that is archived now' : null
        const fault = faultOf(live, value)
        return fault === null ? null : `does not fit its custom field any more: it ${fault}`
      },
    })
    return { world, releasedBy }
  }
}

const sameKey = (one: unknown, other: string): boolean => typeof one === 'string' && one.toLowerCase() === other.toLowerCase()

/** `noun/field/value`, of which the value may hold slashes. */
const partsOf = (key: string): string[] => {
  const [noun = '', field = ''] = key.split('/', 2)
  return [noun, field, key.slice(noun.length + field.length + 2)]
}

/** The unique keys that a plan lets go of, as `id/field`. */
const releasedBy = ({ changes }: RevertPlan): Set<string> => new Set(changes.flatMap((change) => {
  const fields = Object.keys(UNIQUE_KEYS[change.noun] ?? {})
  return (change.verb === 'archive' ? fields : fields.filter((field) => Object.hasOwn(change.set, field))).map((field) => `${change.id}/${field}`)
}))

const CUSTOM: readonly string[] = ['companies', 'customers', 'deals', 'interactions'] satisfies CustomNoun[]
const isCustom = (noun: LedgeredNoun): noun is CustomNoun => CUSTOM.includes(noun)
