import { z } from 'zod'
import { Instant, Limit, text } from './common.ts'
import { operation } from './operation.ts'
import { ActorRef } from './permissions.ts'

/** What somebody did about who may do what, took out, or was refused. Each entry carries the hash of the one before it. */
export const AuditEntry = z.strictObject({
  seq: z.int().min(1).describe('Contiguous in the workspace.'),
  at: Instant,
  event: z.string().describe('The operation, such as `keys.create`; or `denied`.'),
  actor: ActorRef,
  subject: z.string().nullable().describe('What it was about: an id, or a noun.'),
  details: z.record(z.string(), z.unknown()),
  requestId: z.string(),
  previous: z.string().describe('The hash of the entry before it; of the first, zeros.'),
  hash: z.string().describe('SHA-256, in hexadecimal, of the entry without it, as JSON with sorted keys, behind the id of the workspace.'),
}).meta({ id: 'AuditEntry' })
export type AuditEntry = z.infer<typeof AuditEntry>
/** Entries in the order that was asked for. `to` is where the next page begins: its `since`, or newest first its `before`. */
export const AuditRange = z.strictObject({ to: z.int(), items: z.array(AuditEntry) }).meta({ id: 'AuditRange' })
export type AuditRange = z.infer<typeof AuditRange>

export const AuditQuery = z.strictObject({
  since: z.string().regex(/^\d{1,15}$/, 'must be a seq').transform(Number).optional().describe('Answers what came after this seq; default 0, the beginning.'),
  before: z.string().regex(/^\d{1,15}$/, 'must be a seq').transform(Number).optional().describe('Answers what came before this seq; default: to the end.'),
  sort: z.enum(['seq', '-seq']).optional().describe('Default `seq`; `-seq`: newest first.'),
  event: text(100, 1).optional(),
  limit: Limit.optional(),
})

export const audit = {
  list: operation({ id: 'audit.list', method: 'get', path: '/audit', summary: 'Reads who changed keys and roles, exported, erased, or was refused', scope: 'admin', query: AuditQuery, status: 200, answer: AuditRange }),
}
