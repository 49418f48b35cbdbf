import type { Change as FeedChange, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import type { Caller } from '../http/caller.ts'
import { createBreath } from './breath.ts'
import type { ChangeSetRow, ChangeSetsStore } from './changesets.store.ts'
import type { Fields } from './ledger.ts'
import type { PointersStore } from './pointers.store.ts'
import { planRevert, type RevertConflict, type RevertedRecord, type RevertPlan } from './revert.ts'
import { type LaterChange, standing } from './standing.ts'
import { createUndoWorld, type EarlierWindows, type UndoWorldDeps } from './undo.world.ts'

const WINDOW = 500
const MOST_STAYING = 100

/** A window of an undoing. Windows of a set are always the same, whenever it is planned: `index` names one for good. */
export interface UndoWindow extends RevertPlan { index: number }

/**
 * The undoing of a change set, planned window by window from its end, so that what points to others goes before them and a million
 * changes need no more memory than five hundred. A record is planned once, at its last change in the set.
 */
export const createUndoPlan = ({ store, scoped, pointers, ...rest }: { store: ChangeSetsStore; scoped: Scoped; pointers: PointersStore } & Omit<UndoWorldDeps, 'store' | 'scoped'>) => {
  const worldOf = createUndoWorld({ store, scoped, ...rest })

  async function* windows(caller: Caller, set: ChangeSetRow, undoing: string): AsyncGenerator<UndoWindow> {
    const { workspaceId } = caller
    /** What is left as it is, and so may still point to what would be archived. */
    const left: string[] = []
    /** Of these a window before has left a field, as `id/field`, or the whole, as `id`: their keys stay where they are. */
    const kept = new Set<string>()
    const breath = createBreath()
    for (let before = (set.seqTo ?? 0) + 1, index = 0; ; index++) {
      // SQLite answers at once, and a look at a million changes would let nobody else in between, not even the task's own signs of life.
      await breath()
      const window = await store.lastChangesOf(workspaceId, set, before, WINDOW)
      const newest = window[0]?.seq ?? 0
      before = window.at(-1)?.seq ?? 0
      const records = await recordsOf(caller, set, undoing, await wholeRecords(workspaceId, set, window, newest), left)
      const plan = await planned(caller, records, { set, newest, kept })
      for (const { id, field } of plan.conflicts) {
        left.push(id)
        kept.add(field === null ? id : `${id}/${field}`)
      }
      if (records.length > 0) yield { ...plan, index }
      if (window.length < WINDOW) return
    }
  }

  /** Planned until no key is counted on that its holder, for a reason of its own, does not let go of. */
  const planned = async (caller: Caller, records: RevertedRecord[], earlier: EarlierWindows): Promise<RevertPlan> => {
    const { world, releasedBy } = await worldOf(caller, records, earlier)
    let freed = releasedBy(planRevert(records, world(null)))
    for (;;) {
      const plan = planRevert(records, world(freed))
      const still = releasedBy(plan)
      if (still.size === freed.size) return plan
      freed = still
    }
  }

  /** The records whose last change lies in this window, each with all that the set did to it; the last changed first. */
  const wholeRecords = async (workspaceId: string, set: ChangeSetRow, window: FeedChange[], newest: number): Promise<{ noun: LedgeredNoun; id: string; changes: FeedChange[] }[]> => {
    const ids = [...new Set(window.map(({ id }) => id))]
    if (ids.length === 0) return []
    const byRecord = new Map(ids.map((id) => [id, [] as FeedChange[]]))
    for (const change of await store.changesOfRecords(workspaceId, set, ids)) byRecord.get(change.id)?.push(change)
    return [...byRecord].flatMap(([id, changes]) => {
      const last = changes.at(-1)
      return last && last.seq <= newest ? [{ noun: last.noun, id, changes }] : []
    })
  }

  const recordsOf = async (caller: Caller, set: ChangeSetRow, undoing: string, whole: { noun: LedgeredNoun; id: string; changes: FeedChange[] }[], left: string[]): Promise<RevertedRecord[]> => {
    const { workspaceId } = caller
    if (whole.length === 0) return []
    const later = new Map<string, LaterChange[]>()
    for (const { id, ...change } of await store.laterChanges(workspaceId, whole.map((record) => record.id), set.seqFrom ?? 0, [set.id, undoing])) later.set(id, [...(later.get(id) ?? []), change])
    const current = new Map<string, RevertedRecord['current']>()
    const pointedAtBy = new Map<string, string>()
    for (const noun of new Set(whole.map((record) => record.noun))) {
      const ids = whole.filter((record) => record.noun === noun).map(({ id }) => id)
      for (const [id, { version, archivedAt, json }] of await scoped.findMany(caller, noun, ids)) current.set(id, { version, archivedAt, fields: JSON.parse(json) as Fields })
      for (const [target, by] of await store.pointersTo(workspaceId, noun, ids, set.id)) pointedAtBy.set(target, by)
      for (let start = 0; start < left.length; start += WINDOW) for (const [target, by] of await store.pointedAtBy(workspaceId, noun, ids, left.slice(start, start + WINDOW))) pointedAtBy.set(target, by)
    }
    return whole.map(({ noun, id, changes }) => ({ noun, id, changes, current: current.get(id) ?? null, later: standing(later.get(id) ?? []), pointedAtBy: pointedAtBy.get(id) ?? null }))
  }

  /** What was added to the record that a merge kept, since: it cannot be told whose it would have been, and stays there. */
  const staying = async (workspaceId: string, set: ChangeSetRow): Promise<RevertConflict[]> => {
    if (set.sourceKind !== 'merge' || set.appliedAt === null) return []
    const merged = (await store.changesOf(workspaceId, set, 0, MOST_STAYING)).filter(({ op, fields }) => op === 'archive' && typeof fields.mergedIntoId?.to === 'string')
    const [first] = merged
    if (!first) return []
    const keepId = String(first.fields.mergedIntoId?.to)
    const added = await pointers.pointingSince(workspaceId, first.noun, keepId, set.appliedAt, MOST_STAYING)
    return added.map(({ noun, id, field }) => ({ noun, id, field, code: 'changed_since', changedBy: null, detail: `was added since the merge and stays with ${keepId}` }))
  }

  return { windows, staying }
}
export type UndoPlan = ReturnType<typeof createUndoPlan>
