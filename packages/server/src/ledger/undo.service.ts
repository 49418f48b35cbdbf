import type { FieldError, PlannedChange, Source } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import { Conflict, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import { createTeller } from '../worker/teller.ts'
import { Hopeless, type TaskContext, type TaskHandler } from '../worker/worker.ts'
import { SHOWN_CHANGES, shownChange } from './change-set-json.ts'
import { type ChangeSetRow, type ChangeSetsStore, COMPACTED } from './changesets.store.ts'
import type { Change, Ledger, PlannedSet, Refusal, Statement } from './ledger.ts'
import type { RevertConflict } from './revert.ts'
import { refused, settled } from './settled.ts'
import type { UndoConflicts } from './undo.conflicts.ts'
import type { UndoPlan } from './undo.plan.ts'
import { onceOf, settledAs, type Writes, type Written } from './writes.ts'

interface UndoDeps { store: ChangeSetsStore; plan: UndoPlan; ledger: Ledger; writes: Writes; tasks: TasksService; conflicts: UndoConflicts; clock: Clock }

/** More changes than this are undone as a task. */
const AT_ONCE = 10_000
const SHOWN_CONFLICTS = 100
const MOST_TRIES = 20
/** What is undone on the way, to be told at the end. */
interface Tally { count: number; shown: PlannedChange[]; skipped: FieldError[]; left: number }
/** An undoing under way; `opened`: a part of it is committed. */
interface Running { caller: Caller; set: ChangeSetRow; undoing: string; partial: boolean; opened: boolean; signal?: AbortSignal; onPart?: (done: number) => void; tally: Tally; passes: number }

/** Undoing: a new change set that puts back what another changed. All or nothing, unless the caller asks for what can be had. */
export const createUndoService = ({ store, plan, ledger, writes, tasks, conflicts, clock }: UndoDeps) => {
  const sourceOf = (set: ChangeSetRow): Source => ({ kind: 'revert', id: set.id })

  return {
    async revert(caller: Caller, id: string, { partial = false }: { partial?: boolean } = {}): Promise<Written> {
      requireWholeWorkspace(caller)
      const set = await store.find(caller.workspaceId, id)
      if (!set) throw new NotFound('changesets', id)
      refuseUnlessApplied(set)
      if (set.seqFrom !== null && set.seqFrom <= await store.trimmedSeq(caller.workspaceId)) throw compacted()
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
      const tell = createTeller({ progress, signal })
      const set = await store.find(caller.workspaceId, changeSetId)
      if (!set || set.revertedBy !== undoing) throw new Hopeless('This change set is not being undone any more.')
      if (set.state === 'reverted') return { undoing }
      if (!partial) {
        await progress(0, 'Looking whether it can be undone')
        try {
          await refuseConflicts(caller, set, undoing, signal)
        } catch (error) {
          if (!(error instanceof Conflict)) throw error
          // What was undone before it was interrupted stays undone, and the set is one that is being undone.
          if (((await store.find(caller.workspaceId, undoing))?.changeCount ?? 0) > 0) throw new Hopeless(error.message)
          settled(await ledger.run({ workspaceId: caller.workspaceId, statements: store.abandon(caller.workspaceId, undoing, changeSetId, error.message, error.errors ?? []) }))
          throw new Hopeless(error.message)
        }
      }
      await commit(caller, set, undoing, { partial, opened: true, signal, onPart: (done) => tell(set.changeCount === 0 ? 1 : Math.min(1, done / set.changeCount), `${done} of ${set.changeCount} changes undone`) })
      return { undoing }
    }) satisfies TaskHandler,
  }

  async function refuseConflicts(caller: Caller, set: ChangeSetRow, undoing: string, signal?: AbortSignal): Promise<void> {
    const found: RevertConflict[] = []
    let count = 0
    for await (const { conflicts: some } of plan.windows(caller, set, undoing)) {
      signal?.throwIfAborted()
      count += some.length
      if (found.length < SHOWN_CONFLICTS) found.push(...some)
    }
    if (count > 0) throw refusedBy(found, count)
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
      : await ledger.commit({ ...planned(caller, set, undoing, at, [], { first: true, last: false }), also: [statement, untrimmed(caller, set)], ...onceOf(caller, answer) })
    if (outcome.state === 'committed') for (const row of outcome.rows[0] ?? []) tasks.enqueued(caller.workspaceId, String(row.json))
    return unwrap(settledAs(outcome, answer))
  }

  async function commit(caller: Caller, set: ChangeSetRow, undoing: string, options: { partial: boolean; opened: boolean; signal?: AbortSignal; onPart?: (done: number) => void }): Promise<Written> {
    const running: Running = { caller, set, undoing, ...options, tally: { count: 0, shown: [], skipped: [], left: 0 }, passes: 0 }
    for (let tries = 0; ; tries++) {
      try {
        return await pass(running)
      } catch (error) {
        // What moved between plan and deed is planned anew: what is undone already is skipped, and what cannot be any more is a conflict.
        if (!(error instanceof Overtaken) || tries >= MOST_TRIES) throw error instanceof Overtaken ? explained(error.refusal) : error
      }
    }
  }

  async function pass(running: Running): Promise<Written> {
    const { caller, set, undoing, partial, signal, tally, onPart } = running
    running.passes++
    tally.left = 0
    tally.skipped = []
    let waiting: Change[] | null = null
    for await (const { changes, conflicts: found, index } of plan.windows(caller, set, undoing)) {
      signal?.throwIfAborted()
      if (found.length > 0 && !partial) throw running.opened ? new Conflict('changed_since', 'Something changed while it was being undone; repeat the request to go on, or with ?partial=true to leave that as it is.', found.slice(0, SHOWN_CONFLICTS).map(asError)) : refusedBy(found, found.length)
      // Where it was planned before, what it left then may be undone by now.
      if (found.length > 0 || running.passes > 1) await conflicts.keep(undoing, index, found.map(asError))
      // One window behind, so that the last part can carry the answer.
      if (waiting) {
        await part(running, waiting)
        onPart?.(tally.count)
      }
      waiting = changes
      tally.left += found.length
      tally.skipped.push(...found.slice(0, Math.max(0, SHOWN_CONFLICTS - tally.skipped.length)).map(asError))
    }
    tally.skipped.push(...(await plan.staying(caller.workspaceId, set)).map((staying) => ({ ...asError(staying), code: 'added_since' })))
    return close(running, waiting ?? [])
  }

  async function part(running: Running, changes: Change[]): Promise<void> {
    const { caller, set, undoing, opened, tally } = running
    const outcome = await ledger.commit({ ...planned(caller, set, undoing, instant(clock()), changes, { first: !opened, last: false }), also: opened ? [] : [untrimmed(caller, set)] })
    if (outcome.state === 'refused') throw overtaken(outcome.refusal)
    running.opened = true
    Object.assign(tally, counted(tally, changes))
  }

  async function close({ caller, set, undoing, opened, tally: before }: Running, changes: Change[]): Promise<Written> {
    const at = instant(clock())
    const tally = { ...before, ...counted(before, changes) }
    const head = JSON.stringify({ ...headOf(caller, set, undoing, at), state: 'applied', changeCount: tally.count })
    const tail = JSON.stringify(tailOf(tally, set, at))
    const [prefix, suffix] = [`${head.slice(0, -1)},"seq":`, `,${tail.slice(1)}`]
    const headers = { 'flowstate-change-set': undoing }
    const also: Statement[] = [store.seqStatement(caller.workspaceId, undoing), ...(tally.skipped.length > 0 ? [store.skippedStatement(caller.workspaceId, undoing, tally.skipped)] : []), ...(opened ? [] : [untrimmed(caller, set)])]
    const outcome = await ledger.commit({
      ...planned(caller, set, undoing, at, changes, { first: !opened, last: true }), also, ...onceOf(caller, { status: 200, headers, body: [prefix, { statement: 0 }, suffix] }),
    })
    if (outcome.state === 'refused') throw overtaken(outcome.refusal)
    const seq = outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json ?? 'null') : ''
    return unwrap(settledAs(outcome, { status: 200, headers, body: `${prefix}${seq}${suffix}` }))
  }

  /** The set's changes are all there still when its undoing begins; from then on compaction spares them. */
  function untrimmed(caller: Caller, set: ChangeSetRow): Statement {
    return store.untrimmedStatement(caller.workspaceId, set.seqFrom ?? Number.MAX_SAFE_INTEGER)
  }
  function planned(caller: Caller, set: ChangeSetRow, id: string, at: string, changes: Change[], part: { first: boolean; last: boolean }): PlannedSet {
    return { id, workspaceId: caller.workspaceId, actor: caller.actor, source: sourceOf(set), at, changes, reverts: set.id, part, ...(caller.run ? { run: caller.run } : {}) }
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

const unwrap = (outcome: ReturnType<typeof settledAs>): Written => {
  if (outcome.written) return outcome.written
  throw explained(outcome.refusal)
}

const asError = ({ noun, id, field, code, changedBy, detail }: RevertConflict): FieldError =>
  ({ pointer: `/${noun}/${id}${field === null ? '' : `/${field}`}`, code, detail: changedBy === null ? detail : `${detail}, by ${changedBy}` })

/** One word for all, where there is one. */
const refusedBy = (found: RevertConflict[], count: number): Conflict => {
  const [code = 'changed_since', ...others] = new Set(found.map((conflict) => conflict.code))
  const shown = found.slice(0, SHOWN_CONFLICTS).map(asError)
  if (others.length === 0 && code === 'erased') return new Conflict('erased', 'Nothing was undone: it would bring back what was erased for good. ?partial=true undoes the rest.', shown)
  return new Conflict(others.length === 0 ? code : 'changed_since', `Nothing was undone: ${count} ${count === 1 ? 'thing has' : 'things have'} changed since. ${count > SHOWN_CONFLICTS ? `The first ${SHOWN_CONFLICTS} are` : 'They are'} listed in errors; ?partial=true undoes the rest.`, shown)
}

const counted = ({ count, shown }: Tally, changes: Change[]): Pick<Tally, 'count' | 'shown'> =>
  ({ count: count + changes.length, shown: [...shown, ...changes.slice(0, Math.max(0, SHOWN_CHANGES - shown.length)).map(shownChange)] })

/** Others were faster; the plan is made anew. */
class Overtaken extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}
const overtaken = (refusal: Refusal): Error => (['moved', 'unique', 'reference'].includes(refusal.reason) ? new Overtaken(refusal) : explained(refusal))

const compacted = () => new Conflict('compacted', 'This change set lies before the window in which things can be undone: its changes were compacted away. What it did to a record can be set by hand; the record\'s history tells what is known.')

const explained = (refusal: Refusal): Error => {
  if (refusal.reason === 'unique') return new Conflict('unique_taken', `Undoing needs the ${refusal.field} that ${refusal.id || 'another record'} holds now; change that one first.`, [{ pointer: `/${refusal.noun}/${refusal.id}/${refusal.field}`, code: 'unique_taken', detail: 'is held by this record now' }])
  if (refusal.reason === 'expectation' && refusal.otherwise === COMPACTED) return compacted()
  if (refusal.reason === 'expectation') return new Conflict('already_reverted', 'This change set was undone by someone else just now.')
  return refused(refusal)
}
