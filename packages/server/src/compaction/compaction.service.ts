import type { Task } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import { within } from '../db/within.ts'
import { AppError, NotFound } from '../errors.ts'
import type { Ledger, Statement } from '../ledger/ledger.ts'
import { replay } from '../ledger/replay.ts'
import { refused, settled } from '../ledger/settled.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import type { TaskHandler } from '../worker/worker.ts'
import { type CompactionStore, type FoldedChange, OVERTAKEN, type Snapshot, UNDER_WAY } from './compaction.store.ts'

/** What stays: the newest changes, or those of the last days. What stays can be undone. */
export type Keep = { seqs: number } | { days: number }
/** Someone who reads the feed at a place of his own: what he has not read stays. */
export type Follower = (workspaceId: string) => Promise<number>
export interface How { signal?: AbortSignal; onPart?: (share: number, words: string) => Promise<void> }
export interface Compacted { trimmedSeq: number; forgotten: number }

interface CompactionDeps { store: CompactionStore; ledger: Ledger; tasks: TasksService; followers: readonly Follower[]; clock: Clock }

export const DEFAULT_KEEP: Keep = { days: 90 }
const DAY_MS = 86_400_000
const PART = 500

/**
 * Compaction: older changes become snapshots, from which replay starts. First they are folded, part by part, which nobody notices; then,
 * in one statement, the feed begins later; then they go, part by part. Killed anywhere, it goes on where it was.
 */
export const createCompactionService = ({ store, ledger, tasks, followers, clock }: CompactionDeps) => {
  /** Up to where changes may go: a change set is never cut in half, and none goes that somebody still needs. */
  const target = async (workspaceId: string, keep: Keep): Promise<number> => {
    const standing = await store.standing(workspaceId)
    if (!standing) throw new NotFound('workspaces', workspaceId)
    const { seq, trimmed } = standing
    const kept = 'seqs' in keep ? seq - keep.seqs : ((await store.firstSince(workspaceId, trimmed, instant(clock() - keep.days * DAY_MS))) ?? seq + 1) - 1
    const needed = await store.firstNeeded(workspaceId)
    let cut = Math.min(kept, seq, ...(needed === null ? [] : [needed - 1]), ...await Promise.all(followers.map((of) => of(workspaceId))))
    for (let halved = await store.halved(workspaceId, cut); halved !== null; halved = await store.halved(workspaceId, cut)) cut = halved - 1
    return Math.max(cut, trimmed)
  }

  const run = async (workspaceId: string, statements: Statement[]): Promise<string | null> => {
    const outcome = await ledger.run({ workspaceId, statements })
    if (outcome.state !== 'refused') return null
    if (outcome.refusal.reason === 'expectation') return outcome.refusal.otherwise
    throw refused(outcome.refusal)
  }

  const foldUpTo = async (workspaceId: string, cut: number, onPart: (seq: number) => Promise<void>): Promise<void> => {
    for (;;) {
      const folded = (await store.standing(workspaceId))?.folded ?? cut
      if (folded >= cut) return
      const changes = await store.changes(workspaceId, folded, cut, PART)
      const known = await store.snapshots(workspaceId, [...new Set(changes.map(({ id }) => id))])
      const to = changes.at(-1)?.seq ?? cut
      if (await run(workspaceId, store.fold(workspaceId, folded, to, folding(changes, known))) === null) await onPart(to)
    }
  }

  const compact = (workspaceId: string, keep: Keep, how: How = {}): Promise<Compacted> => within(workspaceId, () => fold(workspaceId, keep, how))

  const fold = async (workspaceId: string, keep: Keep, { signal, onPart = async () => undefined }: How): Promise<Compacted> => {
    const from = (await store.standing(workspaceId))?.trimmed ?? 0
    let cut: number
    for (;;) {
      cut = await target(workspaceId, keep)
      await foldUpTo(workspaceId, cut, async (seq) => {
        signal?.throwIfAborted()
        await onPart(cut === from ? 1 : (seq - from) / (cut - from) / 2, `${seq - from} of ${cut - from} changes folded`)
      })
      const refusal = await run(workspaceId, store.trim(workspaceId, cut))
      if (refusal === null) break
      // Someone began to undo, or compacted further, just now: what may go is found anew.
      if (refusal !== UNDER_WAY && refusal !== OVERTAKEN) throw new AppError('conflict', 'The ledger could not be compacted just now; repeat it in a moment.')
    }
    let forgotten = 0
    for (let oldest = await store.oldest(workspaceId); oldest !== null && oldest <= cut; oldest = await store.oldest(workspaceId)) {
      signal?.throwIfAborted()
      const upTo = Math.min(cut, oldest + PART - 1)
      settled(await ledger.run({ workspaceId, statements: [store.forget(workspaceId, upTo)] }))
      forgotten += upTo - oldest + 1
      await onPart(0.5 + (upTo - from) / Math.max(1, cut - from) / 2, `${upTo} of ${cut} changes let go of`)
    }
    return { trimmedSeq: cut, forgotten }
  }

  return {
    compact,

    /** As a task, whose progress Godmode shows. */
    async start(workspaceId: string, keep: Keep): Promise<Task> {
      const { statement } = tasks.enqueueStatement(workspaceId, { kind: 'compact', payload: { keep }, maxAttempts: 20, orderKey: 'compact' })
      const rows = settled(await ledger.run({ workspaceId, statements: [statement] }))
      const json = String(rows[0]?.[0]?.json)
      tasks.enqueued(workspaceId, json)
      return JSON.parse(json) as Task
    },

    handler: (async (task, { caller, progress, signal }) => {
      const { keep } = task.payload as { keep: Keep }
      return { ...await compact(caller.workspaceId, keep, { signal, onPart: (share, words) => progress(share, words) }) }
    }) satisfies TaskHandler,
  }
}
export type CompactionService = ReturnType<typeof createCompactionService>

/** The snapshots that changes make of what is known, purely: each record as it was after the last of them, and who had set its fields. */
export const folding = (changes: readonly FoldedChange[], known: ReadonlyMap<string, Snapshot>): Snapshot[] => {
  const folded = new Map<string, Snapshot>()
  for (const change of changes) {
    const before = folded.get(change.id) ?? known.get(change.id) ?? null
    if (before && change.seq <= before.seq) continue
    const { seq, changeSetId, at } = change
    const set = Object.fromEntries(Object.keys(change.fields).map((name) => [name, { seq, changeSetId, at }]))
    folded.set(change.id, { ...replay(before, change), provenance: { ...before?.provenance, ...set } })
  }
  return [...folded.values()]
}
