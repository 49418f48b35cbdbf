import type { Change as FeedChange, FieldDiff, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { putBack, same, valueAt } from './field-values.ts'
import type { Change, Fields } from './ledger.ts'

/** A record of the change set to be undone, with all that has to be known of it. */
export interface RevertedRecord {
  noun: LedgeredNoun
  id: string
  /** What the set did to it, in the order of the feed. */
  changes: Pick<FeedChange, 'op' | 'fields'>[]
  /** As it is now; null when it is gone. */
  current: { version: number; archivedAt: string | null; fields: Fields } | null
  /** What others did to it since, in the order of the feed; without what has been undone meanwhile. */
  later: Pick<FeedChange, 'op' | 'fields' | 'changeSetId'>[]
  /** A live record outside the set that points to it. */
  pointedAtBy: string | null
}

/** Why a record, or one field of it, cannot be put back. */
export interface RevertConflict { noun: LedgeredNoun; id: string; field: string | null; changedBy: string | null; detail: string }
export interface RevertPlan { changes: Change[]; conflicts: RevertConflict[] }

/**
 * Undoes a change set, purely: one net change a record. A field is put back when the set was the last to name it; a created
 * record is archived, an archived one restored. What others changed since is a conflict, named; what is as it was is skipped.
 */
export const planRevert = (records: RevertedRecord[], isLive: (noun: LedgeredNoun, id: string) => boolean): RevertPlan => {
  const plan: RevertPlan = { changes: [], conflicts: [] }
  for (const record of records) {
    const { noun, id, current } = record
    const conflict = (detail: string, field: string | null = null, changedBy: string | null = null) => plan.conflicts.push({ noun, id, field, changedBy, detail })
    if (!current) {
      conflict('is gone')
      continue
    }
    const created = record.changes[0]?.op === 'create'
    if (created) revertCreation(record, current, plan, conflict)
    else revertChanges(record, current, plan, conflict, isLive)
  }
  return plan
}

type Current = NonNullable<RevertedRecord['current']>
type Complain = (detail: string, field?: string | null, changedBy?: string | null) => void

const revertCreation = ({ noun, id, later, pointedAtBy }: RevertedRecord, current: Current, plan: RevertPlan, conflict: Complain) => {
  if (current.archivedAt !== null) return
  const [first] = later
  if (first) return conflict('was changed since it was created', null, first.changeSetId)
  if (pointedAtBy !== null) return conflict(`is in use by ${pointedAtBy}`)
  plan.changes.push({ verb: 'archive', noun, id, expect: current.version, before: {}, set: {} })
}

const revertChanges = ({ noun, id, changes, later }: RevertedRecord, current: Current, plan: RevertPlan, conflict: Complain, isLive: (noun: LedgeredNoun, id: string) => boolean) => {
  const ops = changes.map(({ op }) => op)
  const lifted = ops.filter((op) => op === 'archive' || op === 'restore')
  const lastLift = lifted.at(-1)
  const liftedLater = later.find(({ op }) => op === 'archive' || op === 'restore')
  const before: Fields = {}
  const set: Fields = {}
  for (const [name, { from }] of Object.entries(netDiff(changes))) {
    const now = valueAt(current.fields, name)
    const changedBy = later.findLast(({ fields }) => Object.hasOwn(fields, name))
    if (same(now, from)) continue
    if (changedBy) {
      // A place in a column is nobody's claim: where others moved the card since, it stays.
      if (name !== 'position') conflict('was changed since', name, changedBy.changeSetId)
      continue
    }
    if ((name === 'stageId' || name === 'pipelineId') && typeof from === 'string' && !isLive(name === 'stageId' ? 'stages' : 'pipelines', from)) {
      conflict('stood in what is archived now', name)
      continue
    }
    putBack(current.fields, before, set, name, from)
  }

  if (lastLift && lifted[0] === 'archive' && lastLift === 'archive' && current.archivedAt !== null) {
    if (liftedLater) return conflict('was archived or restored since', null, liftedLater.changeSetId)
    plan.changes.push({ verb: 'restore', noun, id, expect: current.version, before, set })
    return
  }
  // A merge re-points what was archived before it, too.
  if (current.archivedAt !== null && Object.keys(set).length > 0 && liftedLater) return conflict('is archived now', null, liftedLater.changeSetId)
  if (lastLift === 'restore' && lifted[0] === 'restore' && current.archivedAt === null) {
    if (liftedLater) return conflict('was archived or restored since', null, liftedLater.changeSetId)
    plan.changes.push({ verb: 'archive', noun, id, expect: current.version, before, set })
    return
  }
  if (Object.keys(set).length > 0) plan.changes.push({ verb: 'update', noun, id, expect: current.version, before, set })
}

/** Several changes of one record as one: the first value before, the last after. */
const netDiff = (changes: Pick<FeedChange, 'fields'>[]): Record<string, FieldDiff> => {
  const net: Record<string, FieldDiff> = {}
  for (const { fields } of changes) {
    for (const [name, { from, to }] of Object.entries(fields)) net[name] = { from: net[name] ? net[name].from : (from ?? null), to }
  }
  return net
}
