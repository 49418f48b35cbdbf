import { z } from 'zod'
import { idOf, type ListSpec, listQuery, pageOf, recordFields } from './common.ts'
import { modeParameter } from './modes.ts'
import { operation } from './operation.ts'

/** The nouns whose records are compared and can be merged. */
export const DuplicateNoun = z.enum(['customers', 'companies'])
export type DuplicateNoun = z.infer<typeof DuplicateNoun>

/** `merged` and `dismissed` follow from the pair's proposal too: applied, rejected. */
export const DuplicateState = z.enum(['open', 'dismissed', 'merged'])
export type DuplicateState = z.infer<typeof DuplicateState>

export const DuplicateReasonKind = z.enum([
  'same-email', 'similar-email', 'same-mailbox', 'different-email', 'same-phone', 'similar-phone', 'different-phone', 'same-name', 'similar-name', 'part-of-name', 'initials', 'different-given-name', 'different-name',
  'same-company', 'different-company', 'same-domain', 'similar-domain', 'different-domain', 'same-country', 'different-country', 'different-legal-form', 'different-everywhere',
])
export type DuplicateReasonKind = z.infer<typeof DuplicateReasonKind>

/** One comparison: how many bits of evidence it gives that both are the same; below 0 against it. */
export const DuplicateReason = z.strictObject({
  field: z.string(), kind: DuplicateReasonKind, weight: z.number(), left: z.string().nullable(), right: z.string().nullable(),
}).meta({ id: 'DuplicateReason' })
export type DuplicateReason = z.infer<typeof DuplicateReason>

const SCORE = z.number().min(0).max(1).describe('The probability that both are the same: `1 / (1 + 2^-(prior + sum of the weights))`, the weights in bits (Fellegi and Sunter).')

/** A record as a pair shows it. */
export const DuplicateSide = z.strictObject({ id: z.string(), name: z.string(), detail: z.string().nullable().describe('What tells it from others of its name: e-mail, phone, domain.'), archivedAt: z.string().nullable() }).meta({ id: 'DuplicateSide' })
export type DuplicateSide = z.infer<typeof DuplicateSide>

/** Two records that may be one. A pair exists once, whichever was found first; an open one vanishes when a side is archived, or changed so that they are alike no more. */
export const Duplicate = z.strictObject({
  id: idOf('duplicates'),
  noun: DuplicateNoun,
  leftId: z.string(),
  rightId: z.string(),
  score: SCORE,
  reasons: z.array(DuplicateReason),
  state: DuplicateState,
  /** The change set that merged them, or the proposal to. */
  changeSetId: z.string().nullable(),
  ...recordFields,
  left: DuplicateSide.nullable(),
  right: DuplicateSide.nullable(),
}).meta({ id: 'Duplicate' })
export type Duplicate = z.infer<typeof Duplicate>

/** A record that may be the one asked about, as found just now. */
export const DuplicateCandidate = z.strictObject({ id: z.string(), score: SCORE, reasons: z.array(DuplicateReason), record: DuplicateSide }).meta({ id: 'DuplicateCandidate' })
export type DuplicateCandidate = z.infer<typeof DuplicateCandidate>
export const DuplicateCandidates = z.strictObject({ items: z.array(DuplicateCandidate) }).meta({ id: 'DuplicateCandidates' })
export type DuplicateCandidates = z.infer<typeof DuplicateCandidates>

export const FindDuplicates = z.strictObject({
  noun: DuplicateNoun,
  since: z.iso.datetime({ offset: true }).optional().describe('Only records changed since then are compared with all others; default: every record.'),
}).meta({ id: 'FindDuplicates' })
export type FindDuplicates = z.input<typeof FindDuplicates>

export const ProposeMerges = z.strictObject({
  noun: DuplicateNoun,
  minScore: z.number().min(0.5).max(1).describe('Pairs of at least this score; 0.95 is careful.'),
  limit: z.int().min(1).max(100).default(50).describe('At most so many proposals; default 50.'),
}).meta({ id: 'ProposeMerges' })
export type ProposeMerges = z.input<typeof ProposeMerges>
export const ProposedMerges = z.strictObject({
  items: z.array(z.strictObject({ duplicateId: z.string(), changeSetId: z.string(), keepId: z.string(), mergeId: z.string(), score: SCORE })),
  more: z.boolean().describe('Further pairs of this score wait for another call.'),
}).meta({ id: 'ProposedMerges' })
export type ProposedMerges = z.infer<typeof ProposedMerges>

export const DUPLICATE_LIST = {
  filters: { noun: 'enum', state: 'enum', score: 'number', leftId: 'id', rightId: 'id', createdAt: 'instant' }, sorts: ['score', 'createdAt', 'updatedAt'], sort: '-score', archivable: false,
} as const satisfies ListSpec

export const duplicates = {
  list: operation({ id: 'duplicates.list', method: 'get', path: '/duplicates', summary: 'Lists pairs of records that may be one, the likeliest first', scope: 'crm:read', query: listQuery(DUPLICATE_LIST), status: 200, answer: pageOf(Duplicate) }),
  propose: operation({ id: 'duplicates.propose', method: 'post', path: '/duplicates/propose', summary: 'Proposes to merge the pairs above a score; nothing is merged before a person applies it', scope: 'crm:write', body: ProposeMerges, status: 200, answer: ProposedMerges }),
  retrieve: operation({ id: 'duplicates.retrieve', method: 'get', path: '/duplicates/{id}', summary: 'Reads a pair with the evidence for and against it', scope: 'crm:read', status: 200, answer: Duplicate }),
  dismiss: operation({ id: 'duplicates.dismiss', method: 'post', path: '/duplicates/{id}/dismiss', summary: 'Says that the two are not the same; an open proposal to merge them is rejected', scope: 'crm:write', status: 200, answer: Duplicate }),
  reopen: operation({ id: 'duplicates.reopen', method: 'post', path: '/duplicates/{id}/reopen', summary: 'Takes a dismissal back', scope: 'crm:write', status: 200, answer: Duplicate }),
}

/** What `POST /{noun}/merge` takes: which record stays, and where fields come from that the rule would decide otherwise. */
const Merge = (noun: DuplicateNoun) => z.strictObject({
  keepId: idOf(noun).describe('The record that stays.'),
  mergeIds: z.array(idOf(noun)).min(1).max(20).refine((ids) => new Set(ids).size === ids.length, 'must name each record once').describe('The records that are archived into it.'),
  fields: z.record(z.string().min(1).max(80), z.union([z.string(), z.strictObject({ value: z.json() })])).optional()
    .describe('For a field, or `customFields.x`: the id of the record whose value wins, or `{ "value": … }`. Default: the kept record\'s value where it has one, else the newest of the others; tags and custom fields are united.'),
})
interface MergeableOf<Item extends z.ZodType> { noun: DuplicateNoun; one: string; item: Item }

/** For nouns whose records can be merged. A record that was merged answers 200 with `archivedAt` and `mergedIntoId`. */
export const mergeable = <Item extends z.ZodType>({ noun, one, item }: MergeableOf<Item>) => ({
  merge: operation({ id: `${noun}.merge`, method: 'post', path: `/${noun}/merge`, summary: `Merges ${noun} into one: what pointed to the others points to it, and undoing the change set puts all back`, scope: 'crm:write', query: z.strictObject(modeParameter), body: Merge(noun), status: 200, answer: item, ledgered: true }),
  duplicates: operation({ id: `${noun}.duplicates`, method: 'get', path: `/${noun}/{id}/duplicates`, summary: `Finds what may be the same as ${one}, just now`, scope: 'crm:read', status: 200, answer: DuplicateCandidates }),
})
export interface MergeRequest { keepId: string; mergeIds: string[]; fields?: Record<string, string | { value: unknown }> | undefined }
