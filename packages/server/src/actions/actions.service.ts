import type { Action, Receipt } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import { Conflict, Invalid, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Ledger, Statement } from '../ledger/ledger.ts'
import { refused, settled } from '../ledger/settled.ts'
import { settledAs, type Written } from '../ledger/writes.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import type { TaskHandler } from '../worker/worker.ts'
import type { ActionsStore } from './actions.store.ts'
import { decide } from './engine/decide.ts'
import type { Facts } from './engine/facts.ts'
import { DEFAULT_POLICY } from './engine/policy.ts'
import { wordsFor } from './engine/words.ts'
import type { FactsStore } from './facts.store.ts'

interface ActionsDeps { store: ActionsStore; facts: FactsStore; ledger: Ledger; tasks: TasksService; clock: Clock }
export interface GenerateBody { dealId?: string | undefined; customerId?: string | undefined; limit: number }

const EXPIRES_AFTER_MS = 7 * 86_400_000
const PART = 50

/** Next best actions: decided by a task, answered by people, each with its receipt. */
export const createActionsService = ({ store, facts, ledger, tasks, clock }: ActionsDeps) => {
  const find = async (caller: Caller, id: string) => {
    const found = await store.find(caller, id)
    if (!found) throw new NotFound('actions', id)
    return found
  }

  const answer = async (caller: Caller, id: string, from: readonly Action['state'][], set: Record<string, unknown>): Promise<Written> => {
    const { action } = await find(caller, id)
    if (!from.includes(action.state)) throw new Conflict('invalid_state', `A recommendation that is ${action.state} cannot be answered so; that takes one that is ${from.join(' or ')}.`)
    const at = instant(clock())
    const stored = { status: 200, headers: {} }
    const outcome = await ledger.run({
      workspaceId: caller.workspaceId, statements: [store.answer(caller.workspaceId, id, from, { ...set, updatedAt: at }, 'state_changed')],
      ...(caller.once ? { once: { ...caller.once, answer: { ...stored, body: [{ statement: 0 }] } } } : {}),
    })
    const result = settledAs(outcome, { ...stored, body: outcome.state === 'committed' ? String(outcome.rows[0]?.[0]?.json) : '' })
    if (result.written) return result.written
    if (result.refusal.reason === 'expectation') throw new Conflict('invalid_state', 'Someone answered this recommendation just now; look at it again.')
    throw refused(result.refusal)
  }

  return {
    list: (caller: Caller, query: ListQuery): Promise<ListPage> => store.list(caller, query),
    retrieve: async (caller: Caller, id: string): Promise<Action> => (await find(caller, id)).action,
    receipt: async (caller: Caller, id: string): Promise<Receipt> => (await find(caller, id)).receipt,

    generate(caller: Caller, payload: GenerateBody): Promise<Written> {
      requireWholeWorkspace(caller)
      return tasks.create(caller, { kind: 'next-best-actions', payload: { ...payload } as Record<string, string | number> }, 202)
    },

    accept: (caller: Caller, id: string): Promise<Written> => answer(caller, id, ['open', 'snoozed'], { state: 'accepted', decidedAt: instant(clock()), decidedBy: caller.actor.name, snoozedUntil: null }),
    dismiss: (caller: Caller, id: string, reason: string | null): Promise<Written> => answer(caller, id, ['open', 'snoozed'], { state: 'dismissed', decidedAt: instant(clock()), decidedBy: caller.actor.name, dismissReason: reason, snoozedUntil: null }),
    snooze(caller: Caller, id: string, until: string): Promise<Written> {
      if (until <= instant(clock())) throw new Invalid([{ pointer: '/until', code: 'too_small', detail: 'must lie in the future' }])
      return answer(caller, id, ['open', 'snoozed'], { state: 'snoozed', snoozedUntil: until })
    },
    outcome: (caller: Caller, id: string, result: 'succeeded' | 'failed', note: string | null): Promise<Written> => answer(caller, id, ['accepted'], { state: 'done', outcome: { result, note, at: instant(clock()) } }),

    /** The task `next-best-actions`. Every decision is kept with its receipt; choosing to do nothing shows no recommendation. */
    handler: (async (task, { caller, progress, signal }) => {
      const { limit = 200, ...of } = task.payload as Partial<GenerateBody>
      const gathered = await facts.gather(caller.workspaceId, clock(), { ...of, limit })
      let recommended = 0
      for (let start = 0; start < gathered.length; start += PART) {
        signal.throwIfAborted()
        const statements = gathered.slice(start, start + PART).flatMap((of) => {
          const decided = decideFor(caller.workspaceId, of)
          if (decided.shown) recommended++
          return decided.statements
        })
        settled(await ledger.run({ workspaceId: caller.workspaceId, statements }))
        const done = Math.min(gathered.length, start + PART)
        await progress(done / gathered.length, `${done} of ${gathered.length} deals looked at`)
      }
      return { deals: gathered.length, recommended }
    }) satisfies TaskHandler,
  }

  function decideFor(workspaceId: string, of: Facts): { shown: boolean; statements: Statement[] } {
    const now = clock()
    const at = instant(now)
    const decision = decide(of, DEFAULT_POLICY, at)
    const id = newId('actions')
    const shown = decision.chosen !== 'nothing'
    const words = decision.chosen === 'nothing' ? { title: `Leave ${of.title} as it is`.slice(0, 300), reason: 'Nothing that could be done now is worth more than leaving it.' } : wordsFor(decision.chosen, of)
    const action: Action = {
      id, kind: decision.chosen, state: shown ? 'open' : 'expired', subject: { noun: 'deals', id: of.subjectId, name: of.title }, ...words,
      priority: decision.candidates.find(({ kind }) => kind === decision.chosen)?.priority ?? 0, policyVersion: decision.policyVersion, expiresAt: instant(now + EXPIRES_AFTER_MS),
      snoozedUntil: null, decidedAt: null, decidedBy: null, dismissReason: null, outcome: null, version: 1, createdAt: at, updatedAt: at, archivedAt: null,
    }
    return { shown, statements: [store.supersede(workspaceId, of.subjectId, at), store.insert(workspaceId, action, { actionId: id, ...decision })] }
  }
}
export type ActionsService = ReturnType<typeof createActionsService>
