import { type Clock, instant } from '../clock.ts'
import type { Files } from '../files/files.ts'
import type { Change, Ledger, Refusal } from '../ledger/ledger.ts'
import { createAhead } from './ahead.ts'
import type { ImportsStore } from './imports.store.ts'
import type { createMeeting } from './meet.ts'
import { accountWith, createSettle, MOST_CHANGES, PART_ROWS, partRefused, rejectsFile, type Running } from './part.ts'
import { type Planned, planPart } from './plan.ts'
import type { StagedDraft } from './scratch.ts'

interface RunDeps { store: ImportsStore; ledger: Ledger; files: Files; meet: ReturnType<typeof createMeeting>; clock: Clock }

/**
 * Writes what was staged, part by part. What a part writes, its counts and how far it came are one transaction, so that a kill neither
 * loses nor repeats a row.
 */
export const createImportRun = ({ store, ledger, files, meet, clock }: RunDeps) => {
  const settle = createSettle(ledger)
  const ahead = createAhead({ store, files, meet, settle, clock })

  const run = async (state: Running): Promise<void> => {
    while (!(await ahead(state))) {
      state.signal.throwIfAborted()
      const whole = await state.reader.part(state.checkpoint.g, PART_ROWS)
      const last = whole.at(-1)
      if (!last) return
      const done = new Set(state.checkpoint.done)
      const part: Part = { last: last.g, file: rejectsFile(state.item, state.checkpoint), lines: [], left: whole.length - done.size }
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
    if (refusal.reason === 'storage' || refusal.reason === 'expectation') throw partRefused(refusal)
    state.lastPosition.clear()
    // What moved under our hands is read anew at the next try.
    if (drafts.length > 1 || refusal.reason === 'moved') return halves()
    const [only] = planned
    if (only) await commit(state, part, [{ ...only, action: 'reject', changes: [], reject: refusalOf(refusal) }], [], at)
  }

  const commit = async (state: Running, part: Part, planned: readonly Planned[], changes: Change[], at: string): Promise<Refusal | null> => {
    const { item, caller } = state
    const { lines, ...account } = accountWith(state, item, planned)
    if (lines.length > 0) await files.put(part.file, [...part.lines, ...lines].join(''))
    const { checkpoint } = account
    const next = part.left === planned.length
      ? { ...checkpoint, g: part.last, done: [], parts: checkpoint.parts + 1 }
      : { ...checkpoint, done: [...checkpoint.done, ...planned.map(({ draft }) => draft.g)] }
    const refusal = await settle(state, changes, [store.update(caller.workspaceId, item.id, { ...account, checkpoint: next, updatedAt: at }, ['running'], state.checkpoint)], at)
    if (refusal) return refusal
    Object.assign(state, { ...account, checkpoint: next })
    part.lines.push(...lines)
    part.left -= planned.length
    return null
  }

  return { run, settle }
}
export type ImportRun = ReturnType<typeof createImportRun>

interface Part { last: number; file: string; lines: string[]; left: number }

const refusalOf = (refusal: Refusal): { field: string; reason: string } => (refusal.reason === 'unique'
  ? { field: refusal.field, reason: `${refusal.field} is held by ${refusal.id || 'another record'} already` }
  : { field: '', reason: `was refused: ${refusal.reason}` })
