import type { Import, ImportCounts, ImportReject } from '@flowstate-ai/sdk/contract'
import { AppError } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Change, Ledger, PlannedSet, Refusal, Statement } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import { type Checkpoint, written } from './imports.store.ts'
import type { Standing } from './meet.ts'
import type { Planned } from './plan.ts'
import { rejectLine } from './reject-line.ts'

/** Rows that are planned together; a row can bring a company and tags along. */
export const PART_ROWS = 400
/** What a part of a change set holds. */
export const MOST_CHANGES = 500
export const SHOWN_REJECTS = 20

/** What an import has come to, kept in the transaction of each part. */
export interface Account { counts: ImportCounts; rejects: ImportReject[]; checkpoint: Checkpoint }

export interface Running extends Standing, Account {
  item: Import
  caller: Caller
  signal: AbortSignal
  /** Rows may lack every match key, so that what one part writes may be what the next is about. */
  keyless: boolean
  onPart(g: number): void
}

export const COUNT_OF = { create: 'created', update: 'updated', merge: 'merged', unchanged: 'unchanged', reject: 'rejected' } as const satisfies Record<Planned['action'], keyof ImportCounts>

/** The account with what was planned added to it, `g` and `done` aside, and the lines of what was rejected. */
export const accountWith = ({ counts, rejects, checkpoint }: Account, item: Import, planned: readonly Planned[]): Account & { lines: string[] } => {
  const sum = { ...counts }
  for (const { action } of planned) sum[COUNT_OF[action]]++
  const rejected = planned.flatMap(({ reject, draft }) => (reject ? [{ row: draft.line, column: columnOf(item, reject.field), reason: reject.reason, cells: draft.cells }] : []))
  return {
    counts: sum, rejects: [...rejects, ...rejected.map(({ cells: _, ...reject }) => reject)].slice(0, SHOWN_REJECTS),
    checkpoint: { ...written(checkpoint), opened: checkpoint.opened || planned.some(({ changes }) => changes.length > 0) },
    lines: rejected.map((each) => rejectLine(item.detection?.format ?? 'csv', each)),
  }
}

/** Where the rejects of a part go; written again, should the part be. */
export const rejectsFile = ({ id }: Import, { parts }: Checkpoint): string => `imports:${id}:rejects:b-${String(parts).padStart(6, '0')}`

/** The column that fills a field. */
export const columnOf = ({ mapping }: Import, field: string): string => Object.keys(mapping).find((column) => mapping[column] === field) ?? field

/** Why a part could not be written. Where it is not this try's turn any more, another works on the import or has ended it, and this one leaves it alone. */
export const partRefused = (refusal: Refusal): AppError =>
  (refusal.reason === 'expectation' ? new AppError('invalid_state', 'Another works on this import now, or it was ended.') : refused(refusal))

export type Settle = (of: Pick<Running, 'item' | 'caller' | 'checkpoint'>, changes: Change[], also: Statement[], at: string, last?: boolean) => Promise<Refusal | null>

/** Commits changes as a part of the import's change set; until there are some, only the statements. */
export const createSettle = (ledger: Ledger): Settle => async ({ item, caller, checkpoint }, changes, also, at, last = false) => {
  const set: PlannedSet = {
    id: item.changeSetId, workspaceId: caller.workspaceId, actor: caller.actor, source: { kind: 'import', id: item.id }, at, changes, part: { first: !checkpoint.opened, last }, also,
  }
  const outcome = changes.length > 0 || last || checkpoint.opened ? await ledger.commit(set) : await ledger.run({ workspaceId: caller.workspaceId, statements: also })
  return outcome.state === 'refused' ? outcome.refusal : null
}
