import { z } from 'zod'
import { Instant, Limit } from './common.ts'
import { ActorRef } from './permissions.ts'
import { operation } from './operation.ts'
import { Run } from './runs.ts'

/** The nouns whose every change goes through the ledger. */
export const LedgeredNoun = z.enum(['companies', 'customers', 'pipelines', 'stages', 'deals', 'interactions', 'fields', 'tags', 'views'])
export type LedgeredNoun = z.infer<typeof LedgeredNoun>

export const ChangeOp = z.enum(['create', 'update', 'archive', 'restore'])
export type ChangeOp = z.infer<typeof ChangeOp>

/** A field's value before and after; a created record's fields have no `from`. */
export const FieldDiff = z.strictObject({ from: z.unknown().optional(), to: z.unknown() }).meta({ id: 'FieldDiff' })
export type FieldDiff = z.infer<typeof FieldDiff>

/** One changed record. `seq` is contiguous per workspace, in commit order; `version` is the record's after it. */
export const Change = z.strictObject({
  seq: z.int().min(1),
  changeSetId: z.string(),
  noun: LedgeredNoun,
  id: z.string(),
  op: ChangeOp,
  version: z.int().min(1),
  fields: z.record(z.string(), FieldDiff),
  actor: ActorRef,
  at: Instant,
}).meta({ id: 'Change' })
export type Change = z.infer<typeof Change>

/** The changes from `from` to `to`; the next page begins at `to + 1`. Items may be fewer where the reader may not see them. */
export const ChangeRange = z.strictObject({ from: z.int(), to: z.int(), items: z.array(Change) }).meta({ id: 'ChangeRange' })
export type ChangeRange = z.infer<typeof ChangeRange>

/**
 * Who or what last set a field: in which change set, asked for by which request, and in which agent's run at which price. Of a proposal
 * `actor` is who proposed it and `decidedBy` who applied it; `reverts` is the change set whose undoing put the value back.
 */
export const Provenance = z.strictObject({ seq: z.int(), changeSetId: z.string(), actor: ActorRef, source: z.strictObject({ kind: z.string(), id: z.string() }), run: Run.nullable(), at: Instant, decidedBy: ActorRef.nullable(), reverts: z.string().nullable() }).meta({ id: 'Provenance' })
export type Provenance = z.infer<typeof Provenance>

/** A record's changes, newest first, and for each field the change that last set it. Of what was compacted away the fields still tell. */
export const History = z.strictObject({
  items: z.array(Change),
  nextCursor: z.string().nullable(),
  fields: z.record(z.string(), Provenance),
  /** Changes of it up to this seq were compacted away; null: all are here. */
  compactedBefore: z.int().nullable(),
}).meta({ id: 'History' })
export type History = z.infer<typeof History>

export const ChangesQuery = z.strictObject({
  since: z.string().regex(/^\d{1,15}$/, 'must be a seq').transform(Number).optional().describe('Answers what came after this seq; default 0, the beginning. What was compacted away is 410 `resync`. Beyond the end: an empty range whose `to` is the last seq.'),
  limit: Limit.optional(),
})

export const changes = {
  list: operation({ id: 'changes.list', method: 'get', path: '/changes', summary: 'Reads the feed of changes, gap-free; with Accept: text/event-stream it goes on as they are committed', scope: 'crm:read', query: ChangesQuery, status: 200, answer: ChangeRange, answersToo: 'text/event-stream' }),
}
