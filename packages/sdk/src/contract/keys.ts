import { z } from 'zod'
import { TaskKindName } from './agents.ts'
import { idOf, Instant, line, type ListSpec, listQuery, pageOf, recordFields } from './common.ts'
import { operation } from './operation.ts'
import { Scope } from './permissions.ts'

const fields = {
  name: line(100),
  scopes: z.array(Scope).min(1),
  strict: z.boolean().describe('Refuses PATCH, DELETE and move without `If-Match`; default false.'),
  expiresAt: Instant.nullable(),
}
/** A secret key, without its secret. One with an agent is that agent's token, and good for nothing of another's. */
export const Key = z.strictObject({ id: idOf('keys'), ...fields, agentId: idOf('agents').nullable(), kinds: z.array(TaskKindName).nullable().describe('The kinds of task that an agent\'s token may claim.'), lastUsedAt: Instant.nullable(), revokedAt: Instant.nullable(), ...recordFields }).meta({ id: 'Key' })
export type Key = z.infer<typeof Key>
export const NewKey = z.strictObject(fields).partial().required({ scopes: true }).meta({ id: 'NewKey' })
export type NewKey = z.input<typeof NewKey>
/** The only answer that carries the secret. */
export const KeyWithSecret = Key.extend({ secret: z.string() }).meta({ id: 'KeyWithSecret' })
export type KeyWithSecret = z.infer<typeof KeyWithSecret>

/** What an agent's token may hold at most. */
export const AGENT_SCOPES = ['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'tasks:work'] as const satisfies Scope[]
export const NewAgentToken = z.strictObject({
  name: fields.name, scopes: z.array(z.enum(AGENT_SCOPES)).min(1).describe('Default crm:read, agents:read, tasks:work.'), kinds: z.array(TaskKindName).min(1).max(50).describe('Some of the agent\'s; default all of them.'), expiresAt: fields.expiresAt,
}).partial().meta({ id: 'NewAgentToken' })
export type NewAgentToken = z.input<typeof NewAgentToken>

/** Seconds for which both keys of a rotation work. */
export const ROTATION_GRACE = { max: 7 * 24 * 60 * 60, default: 24 * 60 * 60 }
export const KeyRotation = z.strictObject({ graceSeconds: z.int().min(0).max(ROTATION_GRACE.max).describe(`How long the old one works on; default ${ROTATION_GRACE.default}.`) }).partial().meta({ id: 'KeyRotation' })
export type KeyRotation = z.input<typeof KeyRotation>

export const KEY_LIST = { filters: { id: 'id', name: 'text', agentId: 'id' }, sorts: ['createdAt'], sort: '-createdAt', archivable: false } as const satisfies ListSpec
export const keys = {
  list: operation({ id: 'keys.list', method: 'get', path: '/keys', summary: 'Lists secret keys, without their secrets', scope: 'admin', query: listQuery(KEY_LIST), status: 200, answer: pageOf(Key) }),
  create: operation({ id: 'keys.create', audited: true, method: 'post', path: '/keys', summary: 'Creates a secret key; its secret is shown this once', scope: 'admin', body: NewKey, status: 201, answer: KeyWithSecret, unrepeatable: true }),
  createForAgent: operation({ id: 'keys.createForAgent', audited: true, method: 'post', path: '/agents/{id}/tokens', summary: 'Makes a token for one agent and its kinds of task; its secret is shown this once', scope: 'admin', body: NewAgentToken, status: 201, answer: KeyWithSecret, unrepeatable: true }),
  rotate: operation({ id: 'keys.rotate', audited: true, method: 'post', path: '/keys/{id}/rotate', summary: 'Makes a key of the same name and scopes, and lets the old one end a little later', scope: 'admin', body: KeyRotation, status: 201, answer: KeyWithSecret, unrepeatable: true }),
  revoke: operation({ id: 'keys.revoke', audited: true, method: 'delete', path: '/keys/{id}', summary: 'Revokes a key, and the embed tokens it minted, within a second', scope: 'admin', status: 200, answer: Key }),
}
