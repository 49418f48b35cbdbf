import type { FieldError, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { diffOf } from './diff.ts'
import { putBack, same, valueAt } from './field-values.ts'
import type { Change, Fields } from './ledger.ts'
import { mergeOf } from './pointers.ts'

export interface CurrentRecord { version: number; archivedAt: string | null; fields: Fields }
export interface Rebased { changes: Change[]; conflicts: FieldError[] }

/**
 * A proposal as it is applied: its changes on the records as they are now, purely. What nobody touched is set; what stands as proposed
 * already is skipped; a field that has moved is a conflict, by name. A place in a column is nobody's claim.
 */
export const rebase = (changes: readonly Change[], currentOf: (noun: LedgeredNoun, id: string) => CurrentRecord | null, isLive: (noun: LedgeredNoun, id: string) => boolean): Rebased => {
  const rebased: Rebased = { changes: [], conflicts: [] }
  const merge = mergeOf(changes)
  for (const change of changes) {
    const { noun, id } = change
    const conflict = (detail: string, field?: string) => rebased.conflicts.push({ pointer: `/${noun}/${id}${field === undefined ? '' : `/${field}`}`, code: 'changed_since', detail })
    for (const [field, target] of STANDING) {
      const value = change.set[field]
      if (noun === 'deals' && typeof value === 'string' && !isLive(target, value)) conflict('stands in what is archived now', field)
    }
    const current = currentOf(noun, id)
    if (change.verb === 'create') {
      if (current) conflict('exists already')
      else rebased.changes.push(change)
      continue
    }
    if (!current) {
      conflict('is gone')
      continue
    }
    const { before, set } = moved(change, current, conflict)
    const lifts = change.verb === 'archive' ? current.archivedAt === null : change.verb === 'restore' ? current.archivedAt !== null : false
    const merged = merge?.mergedIds.includes(id) ?? false
    if ((change.verb === 'update' || merged) && current.archivedAt !== null) conflict('is archived now')
    // What the kept record takes over was read from this one as it was.
    else if (merged && current.version !== change.expect) conflict('was changed since')
    // The kept record is held to its version even where it takes nothing over.
    else if (lifts || Object.keys(set).length > 0 || merge?.keepId === id) rebased.changes.push({ verb: lifts ? change.verb : 'update', noun, id, expect: current.version, before, set })
  }
  return rebased
}
const STANDING = [['stageId', 'stages'], ['pipelineId', 'pipelines']] as const

const moved = (change: Change, { fields }: CurrentRecord, conflict: (detail: string, field: string) => void): { before: Fields; set: Fields } => {
  const before: Fields = {}
  const set: Fields = {}
  for (const [name, { from, to }] of Object.entries(diffOf(change))) {
    const now = valueAt(fields, name)
    if (same(now, to)) continue
    if (same(now, from) || name === 'position') putBack(fields, before, set, name, to)
    else conflict('was changed since', name)
  }
  return { before, set }
}
