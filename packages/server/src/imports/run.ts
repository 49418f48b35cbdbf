import type { Import, ImportCounts, ImportReject } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Files } from '../files/files.ts'
import type { Caller } from '../http/caller.ts'
import type { Change, Ledger, PlannedSet, Refusal, Statement } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import { csvLine } from '../csv/cells.ts'
import type { Checkpoint, ImportsStore } from './imports.store.ts'
import type { createMeeting, Standing } from './meet.ts'
import { type Planned, planPart } from './plan.ts'
import type { StagedDraft } from './scratch.ts'

interface RunDeps { store: ImportsStore; ledger: Ledger; files: Files; meet: ReturnType<typeof createMeeting>; clock: Clock }

/** Rows that are planned together; a row can bring a company and tags along. */
const PART_ROWS = 400
/** What a part of a change set holds. */
const MOST_CHANGES = 500
export const SHOWN_REJECTS = 20

export interface Running extends Standing {
  item: Import
  caller: Caller
  counts: ImportCounts
  rejects: ImportReject[]
  checkpoint: Checkpoint
  signal: AbortSignal
  onPart(g: number): void
}

/**
 * Writes what was staged, part by part. What a part writes, its counts and how far it came are one transaction, so that a kill neither
 * loses nor repeats a row.
 */
export const createImportRun = ({ store, ledger, files, meet, clock }: RunDeps) => {
  const run = async (state: Running): Promise<void> => {
    const read = (after: number) => {
      const part = state.reader.part(after, PART_ROWS)
      // It may fail while the part before it is written, and is waited for after that.
      part.catch(() => undefined)
      return part
    }
    for (let next = read(state.checkpoint.g); ;) {
      state.signal.throwIfAborted()
      const whole = await next
      const last = whole.at(-1)
      if (!last) return
      next = read(last.g)
      const done = new Set(state.checkpoint.done)
      const part: Part = { last: last.g, file: `imports:${state.item.id}:rejects:b-${String(state.checkpoint.parts).padStart(6, '0')}`, lines: [], left: whole.length - done.size }
      await write(state, part, whole.filter(({ g }) => !done.has(g)))
      state.onPart(last.g)
    }
  }

  /** Drafts in as few transactions as they take: what was refused, or is too much, is halved; what waits for another draft comes after it. */
  const write = async (state: Running, part: Part, drafts: readonly StagedDraft[]): Promise<void> => {
    if (drafts.length === 0) return
    state.signal.throwIfAborted()
    const at = instant(clock())
    const { planned, later, named } = planPart(drafts, await meet(state, drafts, at))
    const changes = planned.flatMap((each) => each.changes)
    const middle = Math.ceil(drafts.length / 2)
    const halves = async () => {
      await write(state, part, drafts.slice(0, middle))
      await write(state, part, drafts.slice(middle))
    }
    if (changes.length > MOST_CHANGES && drafts.length > 1) return halves()
    const refusal = await commit(state, part, planned, changes, at)
    if (!refusal) {
      if (named.length > 0) await state.reader.learn(named)
      for (const change of changes) if (change.verb === 'create' && change.noun === 'tags') state.tags.set(String(change.set.name).toLowerCase(), change.id)
      return write(state, part, later)
    }
    if (refusal.reason === 'storage' || refusal.reason === 'expectation') throw refused(refusal)
    state.lastPosition.clear()
    // What moved under our hands is read anew at the next try.
    if (drafts.length > 1 || refusal.reason === 'moved') return halves()
    const [only] = planned
    if (only) await commit(state, part, [{ ...only, action: 'reject', changes: [], reject: refusalOf(refusal) }], [], at)
  }

  const commit = async (state: Running, part: Part, planned: readonly Planned[], changes: Change[], at: string): Promise<Refusal | null> => {
    const { item, caller, checkpoint } = state
    const rejected = planned.flatMap(({ reject, draft }) => (reject ? [{ row: draft.line, column: columnOf(item, reject.field), reason: reject.reason, cells: draft.cells }] : []))
    const lines = rejected.map(({ row, column, reason, cells }) => csvLine([String(row), column ?? '', reason, ...cells]))
    if (lines.length > 0) await files.put(part.file, [...part.lines, ...lines].join(''))
    const finished = part.left === planned.length
    const next: Checkpoint = finished
      ? { ...checkpoint, g: part.last, done: [], parts: checkpoint.parts + 1, opened: checkpoint.opened || changes.length > 0 }
      : { ...checkpoint, done: [...checkpoint.done, ...planned.map(({ draft }) => draft.g)], opened: checkpoint.opened || changes.length > 0 }
    const counts = counted(state.counts, planned)
    const rejects = [...state.rejects, ...rejected.map(({ cells: _, ...reject }) => reject)].slice(0, SHOWN_REJECTS)
    const refusal = await settle(state, changes, [store.update(caller.workspaceId, item.id, { counts, rejects, checkpoint: next, updatedAt: at }, ['running'])], at)
    if (refusal) return refusal
    Object.assign(state, { counts, rejects, checkpoint: next })
    part.lines.push(...lines)
    part.left -= planned.length
    return null
  }

  /** Changes as a part of the import's change set; without changes only the statements. */
  const settle = async ({ item, caller, checkpoint }: Pick<Running, 'item' | 'caller' | 'checkpoint'>, changes: Change[], also: Statement[], at: string, last = false): Promise<Refusal | null> => {
    const set: PlannedSet = {
      id: item.changeSetId, workspaceId: caller.workspaceId, actor: caller.actor, source: { kind: 'import', id: item.id }, at, changes, part: { first: !checkpoint.opened, last }, also,
    }
    const outcome = changes.length > 0 || last ? await ledger.commit(set) : await ledger.run({ workspaceId: caller.workspaceId, statements: also })
    return outcome.state === 'refused' ? outcome.refusal : null
  }

  return { run, settle }
}
export type ImportRun = ReturnType<typeof createImportRun>

interface Part { last: number; file: string; lines: string[]; left: number }

const counted = (counts: ImportCounts, planned: readonly Planned[]): ImportCounts => {
  const sum = { ...counts }
  for (const { action } of planned) sum[COUNT_OF[action]]++
  return sum
}
export const COUNT_OF = { create: 'created', update: 'updated', merge: 'merged', unchanged: 'unchanged', reject: 'rejected' } as const satisfies Record<Planned['action'], keyof ImportCounts>

/** The column that fills a field. */
export const columnOf = ({ mapping }: Import, field: string): string => Object.keys(mapping).find((column) => mapping[column] === field) ?? field

const refusalOf = (refusal: Refusal): { field: string; reason: string } => (refusal.reason === 'unique'
  ? { field: refusal.field, reason: `${refusal.field} is held by ${refusal.id || 'another record'} already` }
  : { field: '', reason: `was refused: ${refusal.reason}` })
