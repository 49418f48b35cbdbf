import type { Source } from '@flowstate-ai/sdk/contract'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import { plannedChangeSet } from './change-set-json.ts'
import type { BodyPart, Change, Ledger, Outcome, PlannedSet, Refusal, Statement, StoredAnswer } from './ledger.ts'
import type { ProposalsStore } from './proposals.store.ts'
import { refused } from './settled.ts'

/** A write's answer, stored or fresh; routes send it as it is. */
export type Written = StoredAnswer & { replayed?: boolean }
export type Settled = { written: Written } | { written: null; refusal: Refusal }

/** What a caller wants changed, and what it is answered when that was done. */
export interface Intent {
  changes: Change[]
  at: string
  answer: { status: number; headers?: Record<string, string>; body: string }
  /** Default: the caller's request. */
  source?: Source
  reverts?: string
  also?: Statement[]
  /** What else is written when it is only proposed, under the proposal's id. */
  withProposal?: (changeSetId: string) => Statement[]
}

/**
 * Where a plan becomes what the caller asked for: done by the ledger in one transaction with its answer, kept as a proposal, or, as a
 * rehearsal, answered and forgotten.
 */
export const createWrites = ({ ledger, proposals }: { ledger: Ledger; proposals: ProposalsStore }) => ({
  async write(caller: Caller, { changes, at, answer: { status, headers: more = {}, body }, source = { kind: 'request', id: caller.requestId }, reverts, also = [], withProposal }: Intent): Promise<Settled> {
    const { workspaceId, actor, run } = caller
    if (caller.mode === 'rehearse') return { written: { status: 200, headers: {}, body: JSON.stringify(plannedChangeSet({ id: null, actor, source, run, changes, reverts: reverts ?? null, at })) } }
    const id = newId('changesets')
    const headers = { ...more, 'flowstate-change-set': id }
    if (caller.mode === 'propose') {
      const answer = { status: 202, headers: { 'flowstate-change-set': id }, body: JSON.stringify(plannedChangeSet({ id, actor, source, run, changes, reverts: reverts ?? null, at })) }
      const statements = [...proposals.insert(caller, { id, source, at, changes, ...(reverts === undefined ? {} : { reverts }) }), ...(withProposal?.(id) ?? [])]
      return settledAs(await ledger.run({ workspaceId, statements, ...onceOf(caller, answer) }), answer)
    }
    const answer = { status, headers, body }
    const set: PlannedSet = {
      id, workspaceId, actor, source, at, changes, also, ...(reverts === undefined ? {} : { reverts }), ...(run ? { run } : {}), ...onceOf(caller, answer),
    }
    return settledAs(await ledger.commit(set), answer)
  },

  /** Nothing to change: no version, no change set; but the answer is kept, so that a repetition cannot do later what was not asked. */
  async unchanged(caller: Caller, answer: StoredAnswer): Promise<Written> {
    if (!caller.once) return answer
    const { written, ...rest } = settledAs(await ledger.run({ workspaceId: caller.workspaceId, statements: [], ...onceOf(caller, answer) }), answer)
    if (written) return written
    throw refused((rest as { refusal: Refusal }).refusal)
  },
})
export type Writes = ReturnType<typeof createWrites>

export const settledAs = (outcome: Outcome, answer: StoredAnswer): Settled => {
  if (outcome.state === 'committed') return { written: answer }
  if (outcome.state === 'replayed') return { written: { ...outcome.answer, replayed: true } }
  return { written: null, refusal: outcome.refusal }
}

/** The answer to be kept for a request that carries an idempotency key. */
export const onceOf = ({ once }: Pick<Caller, 'once'>, { status, headers, body }: { status: number; headers: Record<string, string>; body: string | BodyPart[] }): Pick<PlannedSet, 'once'> =>
  once ? { once: { ...once, answer: { status, headers, body: typeof body === 'string' ? [body] : body } } } : {}
