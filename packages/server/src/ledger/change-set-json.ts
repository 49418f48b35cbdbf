import type { ActorRef, ChangeSet, FieldError, PlannedChange, Rehearsal, Run, Source } from '@flowstate-ai/sdk/contract'
import { diffOf } from './diff.ts'
import type { Change } from './ledger.ts'

export const SHOWN_CHANGES = 200

/** A planned change as people see it: its diff, and the version that the record will have. */
export const shownChange = (change: Change): PlannedChange =>
  ({ noun: change.noun, id: change.id, op: change.verb, version: change.verb === 'create' ? 1 : change.expect + 1, fields: diffOf(change) })

interface Planned { id: string | null; actor: ActorRef; source: Source; run: Run | null; changes: readonly Change[]; reverts?: string | null; at: string }

/** A change set that has not been applied: a proposal, or a rehearsal, whose id is null. */
export const plannedChangeSet = ({ id, actor, source, run, changes, reverts = null, at }: Planned): ChangeSet | Rehearsal => ({
  id: id as string, state: 'proposed', actor, source, run, changeCount: changes.length, seq: null, changes: changes.slice(0, SHOWN_CHANGES).map(shownChange),
  reverts, revertedBy: null, decidedBy: null, reason: null, skipped: [] as FieldError[], createdAt: at, appliedAt: null,
})
