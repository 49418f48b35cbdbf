import { z } from 'zod'
import { Instant, Limit } from './common.ts'
import { ActorRef } from './permissions.ts'
import { operation } from './operation.ts'
import { Run } from './runs.ts'

/** The nouns whose every change goes through the ledger. */
export const LedgeredNoun = z.enum(['companies', 'customers', 'pipelines', 'stages', 'deals', 'interactions', 'fields', 'tags', 'views', 'reminders'])
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

/** Who or what last set a field: in which change set, asked for by which request, and in which agent's run at which price. */
export const Provenance = z.strictObject({ seq: z.int(), changeSetId: z.string(), actor: ActorRef, source: z.strictObject({ kind: z.string(), id: z.string() }), run: Run.nullable(), at: Instant }).meta({ id: 'Provenance' })
export type Provenance = z.infer<typeof Provenance>

/** A record's changes, newest first, and for each field the change that last set it. */
export const History = z.strictObject({
  items: z.array(Change),
  nextCursor: z.string().nullable(),
  fields: z.record(z.string(), Provenance),
}).meta({ id: 'History' })
export type History = z.infer<typeof History>

export const ChangesQuery = z.strictObject({
  since: z.string().regex(/^\d{1,15}$/, 'must be a seq').transform(Number).optional().describe('Answers what came after this seq; default 0, the beginning. Beyond the end: an empty range whose `to` is the last seq.'),
  limit: Limit.optional(),
})

export const changes = {
  list: operation({ id: 'changes.list', method: 'get', path: '/changes', summary: 'Reads the feed of changes, gap-free', scope: 'crm:read', query: ChangesQuery, status: 200, answer: ChangeRange }),
}
