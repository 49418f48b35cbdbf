import { z } from 'zod'
import { idOf, Instant, line, type ListSpec, listQuery, pageOf, recordFields, text } from './common.ts'
import { operation } from './operation.ts'
import { Task } from './tasks.ts'

export const ActionKind = z.enum(['call', 'email', 'meeting', 'reminder', 'proposal', 'task', 'nothing'])
export type ActionKind = z.infer<typeof ActionKind>
export const ActionState = z.enum(['open', 'accepted', 'dismissed', 'snoozed', 'expired', 'done'])
export type ActionState = z.infer<typeof ActionState>
export const ActionSubject = z.strictObject({ noun: z.enum(['deals', 'customers']), id: z.string(), name: z.string() }).meta({ id: 'ActionSubject' })

/** A recommendation: what to do next about a deal or a customer, and why. */
export const Action = z.strictObject({
  id: idOf('actions'),
  kind: ActionKind,
  state: ActionState,
  subject: ActionSubject,
  title: line(300),
  reason: text(2_000),
  priority: z.number().min(0).describe('propensity × context × value × lever, in expected minor units of money.'),
  policyVersion: z.string(),
  expiresAt: Instant,
  snoozedUntil: Instant.nullable(),
  decidedAt: Instant.nullable(),
  decidedBy: z.string().nullable(),
  dismissReason: text(1_000).nullable(),
  outcome: z.strictObject({ result: z.enum(['succeeded', 'failed']), note: text(1_000).nullable(), at: Instant }).nullable(),
  ...recordFields,
}).meta({ id: 'Action' })
export type Action = z.infer<typeof Action>

/** The four numbers whose product is a candidate's priority. */
export const Factors = z.strictObject({ propensity: z.number(), context: z.number(), value: z.number(), lever: z.number() }).meta({ id: 'Factors' })
export type Factors = z.infer<typeof Factors>
export const Candidate = z.strictObject({
  kind: ActionKind,
  /** The gate that stopped it, with the sentence that says why; null when it passed. */
  stoppedBy: z.strictObject({ gate: z.enum(['eligibility', 'applicability', 'suitability', 'contact-policy']), rule: z.string(), reason: z.string() }).nullable(),
  factors: Factors.nullable(),
  priority: z.number().nullable(),
  /** With which it was chosen among those that passed; 0 for the others. */
  probability: z.number().min(0).max(1),
}).meta({ id: 'Candidate' })
export type Candidate = z.infer<typeof Candidate>

/** Everything that a decision rested on, as it was then: replaying it gives the same choice. */
export const Receipt = z.strictObject({
  actionId: z.string(),
  policyVersion: z.string(),
  decidedAt: Instant,
  /** The facts the rules read. */
  context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  candidates: z.array(Candidate),
  chosen: ActionKind,
  probability: z.number().min(0).max(1),
  /** The smallest change that would have changed the choice, in a sentence; null when there is no rival. */
  wouldChange: z.string().nullable(),
}).meta({ id: 'Receipt' })
export type Receipt = z.infer<typeof Receipt>

export const GenerateActions = z.strictObject({ dealId: idOf('deals').optional(), customerId: idOf('customers').optional(), limit: z.int().min(1).max(1_000).default(200).describe('How many deals to look at, the most valuable first; default 200.') }).meta({ id: 'GenerateActions' })
export type GenerateActions = z.input<typeof GenerateActions>
export const DismissAction = z.strictObject({ reason: text(1_000).nullable().optional() }).meta({ id: 'DismissAction' })
export const SnoozeAction = z.strictObject({ until: Instant }).meta({ id: 'SnoozeAction' })
export const ActionOutcome = z.strictObject({ result: z.enum(['succeeded', 'failed']), note: text(1_000).nullable().optional() }).meta({ id: 'ActionOutcome' })

export const ACTION_LIST = { filters: { state: 'enum', kind: 'enum', subjectId: 'id', createdAt: 'instant' }, sorts: ['priority', 'createdAt'], sort: '-priority', archivable: false } as const satisfies ListSpec
export const actions = {
  list: operation({ id: 'actions.list', method: 'get', path: '/actions', summary: 'Lists recommendations, the most worthwhile first', scope: 'crm:read', query: listQuery(ACTION_LIST), status: 200, answer: pageOf(Action) }),
  generate: operation({ id: 'actions.generate', method: 'post', path: '/actions/generate', summary: 'Starts the task that decides the next best actions', scope: 'actions:decide', body: GenerateActions, status: 202, answer: Task }),
  retrieve: operation({ id: 'actions.retrieve', method: 'get', path: '/actions/{id}', summary: 'Reads a recommendation', scope: 'crm:read', status: 200, answer: Action }),
  receipt: operation({ id: 'actions.receipt', method: 'get', path: '/actions/{id}/receipt', summary: 'Shows what a recommendation rests on', scope: 'crm:read', status: 200, answer: Receipt }),
  accept: operation({ id: 'actions.accept', method: 'post', path: '/actions/{id}/accept', summary: 'Accepts a recommendation', scope: 'actions:decide', status: 200, answer: Action }),
  dismiss: operation({ id: 'actions.dismiss', method: 'post', path: '/actions/{id}/dismiss', summary: 'Dismisses a recommendation, with a reason', scope: 'actions:decide', body: DismissAction, status: 200, answer: Action }),
  snooze: operation({ id: 'actions.snooze', method: 'post', path: '/actions/{id}/snooze', summary: 'Puts a recommendation off', scope: 'actions:decide', body: SnoozeAction, status: 200, answer: Action }),
  outcome: operation({ id: 'actions.outcome', method: 'post', path: '/actions/{id}/outcome', summary: 'Tells what came of an accepted recommendation', scope: 'actions:decide', body: ActionOutcome, status: 200, answer: Action }),
}
