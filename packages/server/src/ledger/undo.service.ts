import type { FieldError, PlannedChange, Source } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import { Conflict, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Scoped } from '../db/scoped.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import { Hopeless, type TaskContext, type TaskHandler } from '../worker/worker.ts'
import { SHOWN_CHANGES, shownChange } from './change-set-json.ts'
import type { ChangeSetRow, ChangeSetsStore } from './changesets.store.ts'
import type { Change, Ledger, PlannedSet, Refusal, Statement } from './ledger.ts'
import type { RevertConflict } from './revert.ts'
import { refused, settled } from './settled.ts'
import type { UndoPlan } from './undo.plan.ts'
import { onceOf, settledAs, type Writes, type Written } from './writes.ts'

interface UndoDeps { store: ChangeSetsStore; scoped: Scoped; plan: UndoPlan; ledger: Ledger; writes: Writes; tasks: TasksService; clock: Clock }

/** More changes than this are undone as a task. */
const AT_ONCE = 10_000
const SHOWN_CONFLICTS = 100
/** What is undone on the way, to be told at the end. */
interface Tally { count: number; shown: PlannedChange[]; skipped: FieldError[]; left: number }

/** Undoing: a new change set that puts back what another changed. All or nothing, unless the caller asks for what can be had. */
export const createUndoService = ({ store, scoped, plan, ledger, writes, tasks, clock }: UndoDeps) => {
  const sourceOf = (set: ChangeSetRow): Source => ({ kind: 'revert', id: set.id })

  return {
    async revert(caller: Caller, id: string, { partial = false }: { partial?: boolean } = {}): Promise<Written> {
      requireWholeWorkspace(caller)
      const set = await store.find(caller.workspaceId, id)
      if (!set) throw new NotFound('changesets', id)
      refuseUnlessApplied(set)
      if (caller.mode !== 'apply') return planOnly(caller, set, partial)
      const resumed = set.state === 'reverting' ? set.revertedBy : null
      const undoing = resumed ?? newId('changesets')
      if (set.changeCount > AT_ONCE) return enqueue(caller, set, undoing, partial, resumed !== null)
      if (!partial && !resumed) await refuseConflicts(caller, set, undoing)
      return commit(caller, set, undoing, { partial, opened: resumed !== null })
    },

    handler: (async (task, { caller: worker, progress, signal }: TaskContext) => {
      const { changeSetId, undoing, partial, actor } = task.payload as { changeSetId: string; undoing: string; partial: boolean; actor: Caller['actor'] }
      const caller = { ...worker, actor }
      const set = await store.find(caller.workspaceId, changeSetId)
      if (!set || set.revertedBy !== undoing) throw new Hopeless('This change set is not being undone any more.')
      if (set.state === 'reverted') return { undoing }
      if (!partial) {
        await progress(0, 'Looking whether it can be undone')
        try {
          await refuseConflicts(caller, set, undoing, signal)
        } catch (error) {
          if (!(error instanceof Conflict)) throw error
          settled(await ledger.run({ workspaceId: caller.workspaceId, statements: store.abandon(caller.workspaceId, undoing, changeSetId, error.message, error.errors ?? []) }))
          throw new Hopeless(error.message)
        }
      }
      await commit(caller, set, undoing, { partial, opened: true, signal, onPart: (done) => progress(set.changeCount === 0 ? 1 : Math.min(1, done / set.changeCount), `${done} of ${set.changeCount} changes undone`) })
      return { undoing }
    }) satisfies TaskHandler,
  }

  async function refuseConflicts(caller: Caller, set: ChangeSetRow, undoing: string, signal?: AbortSignal): Promise<void> {
    const conflicts: RevertConflict[] = []
    let count = 0
    for await (const window of plan.windows(caller, set, undoing)) {
      signal?.throwIfAborted()
      count += window.conflicts.length
      if (conflicts.length < SHOWN_CONFLICTS) conflicts.push(...window.conflicts)
    }
    if (count > 0) throw new Conflict('changed_since', `Nothing was undone: ${count} ${count === 1 ? 'thing has' : 'things have'} changed since. ${count > SHOWN_CONFLICTS ? `The first ${SHOWN_CONFLICTS} are` : 'They are'} listed in errors; ?partial=true undoes the rest.`, conflicts.slice(0, SHOWN_CONFLICTS).map(asError))
  }

  /** A rehearsal or a proposal of an undoing. */
  async function planOnly(caller: Caller, set: ChangeSetRow, partial: boolean): Promise<Written> {
    if (set.changeCount > AT_ONCE) throw new Conflict('invalid_state', `An undoing of more than ${AT_ONCE} changes can be neither proposed nor rehearsed.`)
    if (!partial) await refuseConflicts(caller, set, '')
    const changes: Change[] = []
    for await (const window of plan.windows(caller, set, '')) changes.push(...window.changes)
    const { written } = await writes.write(caller, { changes, at: instant(clock()), answer: { status: 200, body: '' }, source: sourceOf(set), reverts: set.id })
    if (!written) throw new Conflict('conflict', 'This change set is being written by many at once; repeat the request in a moment.')
    return written
  }

  async function enqueue(caller: Caller, set: ChangeSetRow, undoing: string, partial: boolean, opened: boolean): Promise<Written> {
    const at = instant(clock())
    const { statement } = tasks.enqueueStatement(caller.workspaceId, { kind: 'revert', payload: { changeSetId: set.id, undoing, partial, actor: { ...caller.actor } }, maxAttempts: 20, orderKey: `revert/${set.id}` })
    const body = JSON.stringify({ ...headOf(caller, set, undoing, at), state: 'applying', changeCount: 0, seq: null, ...tailOf({ count: 0, shown: [], skipped: [], left: 0 }, set, at), appliedAt: null })
    const answer = { status: 202, headers: { 'flowstate-change-set': undoing }, body }
    const outcome = opened
      ? await ledger.run({ workspaceId: caller.workspaceId, statements: [statement], ...onceOf(caller, answer) })
      : await ledger.commit({ ...planned(caller, set, undoing, at, [], { first: true, last: false }), also: [statement], ...onceOf(caller, answer) })
    if (outcome.state === 'committed') for (const row of outcome.rows[0] ?? []) tasks.enqueued(caller.workspaceId, String(row.json))
    return unwrap(caller, settledAs(outcome, answer), [])
  }

  async function commit(caller: Caller, set: ChangeSetRow, undoing: string, { partial, opened, signal, onPart }: { partial: boolean; opened: boolean; signal?: AbortSignal; onPart?: (done: number) => Promise<void> }): Promise<Written> {
    const tally: Tally = { count: 0, shown: [], skipped: [], left: 0 }
    let first = !opened
    let waiting: Change[] | null = null
    const flush = async (changes: Change[]) => {
      const outcome = await ledger.commit(planned(caller, set, undoing, instant(clock()), changes, { first, last: false }))
      if (outcome.state === 'refused') throw await explained(caller, outcome.refusal, changes)
      first = false
      await onPart?.(tally.count)
    }
    for await (const { changes, conflicts } of plan.windows(caller, set, undoing)) {
      signal?.throwIfAborted()
      if (conflicts.length > 0 && !partial) throw new Conflict('changed_since', 'Something changed while it was being undone; repeat the request to go on, or with ?partial=true to leave that as it is.', conflicts.slice(0, SHOWN_CONFLICTS).map(asError))
      // One window behind, so that the last part can carry the answer.
      if (waiting) await flush(waiting)
      waiting = changes
      tally.count += changes.length
      tally.left += conflicts.length
      tally.shown.push(...changes.slice(0, SHOWN_CHANGES - tally.shown.length).map(shownChange))
      tally.skipped.push(...conflicts.slice(0, Math.max(0, SHOWN_CONFLICTS - tally.skipped.length)).map(asError))
    }
    tally.skipped.push(...(await plan.staying(caller.workspaceId, set)).map((staying) => ({ ...asError(staying), code: 'added_since' })))
    return close(caller, set, undoing, waiting ?? [], first, tally)
  }

  async function close(caller: Caller, set: ChangeSetRow, undoing: string, changes: Change[], first: boolean, tally: Tally): Promise<Written> {
    const at = instant(clock())
    const head = JSON.stringify({ ...headOf(caller, set, undoing, at), state: 'applied', changeCount: tally.count })
    const tail = JSON.stringify(tailOf(tally, set, at))
    const [prefix, suffix] = [`${head.slice(0, -1)},"seq":`, `,${tail.slice(1)}`]
    const headers = { 'flowstate-change-set': undoing }
    const also: Statement[] = [store.seqStatement(caller.workspaceId, undoing), ...(tally.skipped.length > 0 ? [store.skippedStatement(caller.workspaceId, undoing, tally.skipped)] : [])]
    const outcome = await ledger.commit({
      ...planned(caller, set, undoing, at, changes, { first, last: true }), also, ...onceOf(caller, { status: 200, headers, body: [prefix, { statement: 0 }, suffix] }),
    })
    const seq = outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json ?? 'null') : ''
    return unwrap(caller, settledAs(outcome, { status: 200, headers, body: `${prefix}${seq}${suffix}` }), changes)
  }

  function planned(caller: Caller, set: ChangeSetRow, id: string, at: string, changes: Change[], part: { first: boolean; last: boolean }): PlannedSet {
    return { id, workspaceId: caller.workspaceId, actor: caller.actor, source: sourceOf(set), at, changes, reverts: set.id, part, ...(caller.run ? { run: caller.run } : {}) }
  }
  async function unwrap(caller: Caller, outcome: ReturnType<typeof settledAs>, changes: readonly Change[]): Promise<Written> {
    if (outcome.written) return outcome.written
    throw await explained(caller, outcome.refusal, changes)
  }
  async function explained(caller: Caller, refusal: Refusal, changes: readonly Change[]): Promise<Error> {
    // PostgreSQL names the key that was taken, not its holder.
    if (refusal.reason !== 'unique') return refusedUndoing(refusal)
    return refusedUndoing({ ...refusal, id: refusal.id || (await holderOf(caller, refusal.noun, refusal.field, changes)) })
  }
  /** Who, outside of what is put back, holds a key that one of these changes needs. */
  async function holderOf(caller: Caller, noun: string, field: string, changes: readonly Change[]): Promise<string> {
    for (const change of changes.filter((each) => each.noun === noun && each.verb !== 'archive')) {
      const value = change.set[field] ?? (change.verb === 'restore' ? (JSON.parse((await scoped.find(caller, change.noun, change.id))?.json ?? '{}') as Record<string, unknown>)[field] : null)
      if (typeof value !== 'string') continue
      const [holder] = (await scoped.list(caller, change.noun, { [field]: value, limit: 1 })).items
      const { id } = JSON.parse(holder ?? '{}') as { id?: string }
      if (id !== undefined && !changes.some((each) => each.id === id)) return id
    }
    return ''
  }
  function headOf(caller: Caller, set: ChangeSetRow, id: string, at: string) {
    return { id, actor: caller.actor, source: sourceOf(set), run: caller.run, createdAt: at }
  }
  function tailOf({ shown, skipped }: Tally, set: ChangeSetRow, at: string) {
    return { changes: shown, reverts: set.id, revertedBy: null, decidedBy: null, reason: null, skipped, appliedAt: at }
  }
}
export type UndoService = ReturnType<typeof createUndoService>

const refuseUnlessApplied = ({ state, revertedBy, changeCount }: ChangeSetRow): void => {
  if (state === 'applying' && changeCount === 0) throw new Conflict('invalid_state', 'This change set has changed nothing yet; there is nothing to undo.')
  if (state === 'applying') throw new Conflict('invalid_state', 'This change set is still being applied; undo it when it is done.')
  if (state === 'reverted') throw new Conflict('already_reverted', `This change set was undone already, by ${revertedBy}. To do it again, undo that one.`)
  if (state !== 'applied' && state !== 'reverting') throw new Conflict('invalid_state', `A change set that is ${state} has nothing to undo.`)
}

const asError = ({ noun, id, field, changedBy, detail }: RevertConflict): FieldError =>
  ({ pointer: `/${noun}/${id}${field === null ? '' : `/${field}`}`, code: 'changed_since', detail: changedBy === null ? detail : `${detail}, by ${changedBy}` })

const refusedUndoing = (refusal: Refusal): Error => {
  if (refusal.reason === 'unique') return new Conflict('unique_taken', `Undoing needs the ${refusal.field} that ${refusal.id || 'another record'} holds now; change that one first.`, [{ pointer: `/${refusal.noun}/${refusal.id}/${refusal.field}`, code: 'unique_taken', detail: 'is held by this record now' }])
  if (refusal.reason === 'expectation') return new Conflict('already_reverted', 'This change set was undone by someone else just now.')
  return refused(refusal)
}
