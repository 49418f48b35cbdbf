import { z } from 'zod'
import { Cursor, Instant, Limit, pageOf, text } from './common.ts'
import { ChangeOp, FieldDiff, LedgeredNoun } from './changes.ts'
import { FieldError } from './errors.ts'
import { ActorRef } from './permissions.ts'
import { modeParameter } from './modes.ts'
import { operation } from './operation.ts'
import { Run } from './runs.ts'

export const ChangeSetState = z.enum(['proposed', 'applying', 'applied', 'reverting', 'reverted', 'rejected'])
export type ChangeSetState = z.infer<typeof ChangeSetState>

/** What a change set came from. */
export const Source = z.strictObject({
  kind: z.enum(['request', 'import', 'revert', 'merge', 'task', 'demo', 'erase']),
  /** The request's, the import's, the reverted change set's or the task's id. */
  id: z.string(),
}).meta({ id: 'Source' })
export type Source = z.infer<typeof Source>

export const PlannedChange = z.strictObject({ noun: LedgeredNoun, id: z.string(), op: ChangeOp, version: z.int(), fields: z.record(z.string(), FieldDiff) }).meta({ id: 'PlannedChange' })
export type PlannedChange = z.infer<typeof PlannedChange>

/** One request, import or proposal: what it changes, field by field. `changes` holds the first 200; all are at `/changesets/{id}/changes`. */
export const ChangeSet = z.strictObject({
  id: z.string(),
  state: ChangeSetState,
  actor: ActorRef,
  source: Source,
  /** The agent's run that it came from, where the request named one. */
  run: Run.nullable(),
  changeCount: z.int(),
  seq: z.strictObject({ from: z.int(), to: z.int() }).nullable(),
  changes: z.array(PlannedChange),
  /** The change set that this one undoes. */
  reverts: z.string().nullable(),
  /** The change set that undid this one. */
  revertedBy: z.string().nullable(),
  /** Who applied or rejected a proposal, and why it was rejected. */
  decidedBy: ActorRef.nullable(),
  reason: z.string().nullable(),
  /** What an undoing left as it is, for it had changed since; the first 100. */
  skipped: z.array(FieldError),
  createdAt: Instant,
  appliedAt: Instant.nullable(),
  /** What it changed was compacted away: it cannot be undone any more, and `changes` is empty. */
  compacted: z.literal(true).optional(),
}).meta({ id: 'ChangeSet' })
export type ChangeSet = z.infer<typeof ChangeSet>

/** What a write would change: thought through, and forgotten. */
export const Rehearsal = ChangeSet.extend({ id: z.null() }).meta({ id: 'Rehearsal' })
export type Rehearsal = z.infer<typeof Rehearsal>

export const Rejection = z.strictObject({ reason: text(1_000).nullable().optional() }).meta({ id: 'Rejection' })
export type Rejection = z.input<typeof Rejection>
export const RevertQuery = z.strictObject({ ...modeParameter, partial: z.enum(['true', 'false']).optional().describe('`true` undoes what can be undone and lists the rest in `skipped`; default: all or nothing.') })

const paging = { limit: Limit.optional().describe('1 to 200, default 50.'), cursor: Cursor.optional().describe('`nextCursor` of the page before.') }
export const ChangeSetQuery = z.strictObject({ state: ChangeSetState.optional(), sourceKind: Source.shape.kind.optional(), ...paging })
export type ChangeSetQuery = z.infer<typeof ChangeSetQuery>

export const changesets = {
  list: operation({ id: 'changesets.list', method: 'get', path: '/changesets', summary: 'Lists change sets, such as the proposals that wait: `?state=proposed`', scope: 'crm:read', query: ChangeSetQuery, status: 200, answer: pageOf(ChangeSet) }),
  retrieve: operation({ id: 'changesets.retrieve', method: 'get', path: '/changesets/{id}', summary: 'Reads a change set with its field diffs', scope: 'crm:read', status: 200, answer: ChangeSet }),
  changes: operation({ id: 'changesets.changes', method: 'get', path: '/changesets/{id}/changes', summary: 'Pages through all that a change set changes', scope: 'crm:read', query: z.strictObject(paging), status: 200, answer: pageOf(PlannedChange) }),
  conflicts: operation({ id: 'changesets.conflicts', method: 'get', path: '/changesets/{id}/conflicts', summary: 'Pages through all that an undoing left as it is; `skipped` shows the first 100', scope: 'crm:read', query: z.strictObject(paging), status: 200, answer: pageOf(FieldError) }),
  apply: operation({ id: 'changesets.apply', method: 'post', path: '/changesets/{id}/apply', summary: 'Applies a proposal; refuses, by name, where its fields have moved', scope: 'crm:write', status: 200, answer: ChangeSet, deciding: true }),
  reject: operation({ id: 'changesets.reject', method: 'post', path: '/changesets/{id}/reject', summary: 'Rejects a proposal', scope: 'crm:write', body: Rejection, status: 200, answer: ChangeSet }),
  revert: operation({ id: 'changesets.revert', method: 'post', path: '/changesets/{id}/revert', summary: 'Undoes a change set; refuses, by name, what changed since. A large one is undone as a task: 202', scope: 'crm:write', query: RevertQuery, status: 200, answer: ChangeSet, ledgered: true }),
}
