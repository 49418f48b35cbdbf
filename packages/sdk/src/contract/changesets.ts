import { z } from 'zod'
import { Instant } from './common.ts'
import { ChangeOp, FieldDiff, LedgeredNoun } from './changes.ts'
import { ActorRef } from './permissions.ts'
import { operation } from './operation.ts'

export const ChangeSetState = z.enum(['proposed', 'applying', 'applied', 'reverting', 'reverted', 'rejected'])
export type ChangeSetState = z.infer<typeof ChangeSetState>

/** What a change set came from. */
export const Source = z.strictObject({
  kind: z.enum(['request', 'import', 'revert', 'task', 'demo']),
  /** The request's, the import's, the reverted change set's or the task's id. */
  id: z.string(),
}).meta({ id: 'Source' })
export type Source = z.infer<typeof Source>

/** One request, import or proposal: what it changes, field by field. `changes` holds the first 200; all are at `/changes`. */
export const ChangeSet = z.strictObject({
  id: z.string(),
  state: ChangeSetState,
  actor: ActorRef,
  source: Source,
  changeCount: z.int(),
  seq: z.strictObject({ from: z.int(), to: z.int() }).nullable(),
  changes: z.array(z.strictObject({ noun: LedgeredNoun, id: z.string(), op: ChangeOp, version: z.int(), fields: z.record(z.string(), FieldDiff) })),
  /** The change set that this one undoes. */
  reverts: z.string().nullable(),
  /** The change set that undid this one. */
  revertedBy: z.string().nullable(),
  createdAt: Instant,
  appliedAt: Instant.nullable(),
}).meta({ id: 'ChangeSet' })
export type ChangeSet = z.infer<typeof ChangeSet>

export const changesets = {
  retrieve: operation({ id: 'changesets.retrieve', method: 'get', path: '/changesets/{id}', summary: 'Reads a change set with its field diffs', scope: 'crm:read', status: 200, answer: ChangeSet }),
  revert: operation({ id: 'changesets.revert', method: 'post', path: '/changesets/{id}/revert', summary: 'Undoes a change set; refuses, by name, what changed since', scope: 'crm:write', status: 200, answer: ChangeSet, ledgered: true }),
}
