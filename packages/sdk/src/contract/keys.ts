import { z } from 'zod'
import { idOf, Instant, line, type ListSpec, listQuery, pageOf, recordFields } from './common.ts'
import { operation } from './operation.ts'
import { Scope } from './permissions.ts'

const fields = {
  name: line(100),
  scopes: z.array(Scope).min(1),
  strict: z.boolean().describe('Refuses PATCH, DELETE and move without `If-Match`; default false.'),
  expiresAt: Instant.nullable(),
}
/** A secret key, without its secret. */
export const Key = z.strictObject({ id: idOf('keys'), ...fields, lastUsedAt: Instant.nullable(), revokedAt: Instant.nullable(), ...recordFields }).meta({ id: 'Key' })
export type Key = z.infer<typeof Key>
export const NewKey = z.strictObject(fields).partial().required({ scopes: true }).meta({ id: 'NewKey' })
export type NewKey = z.input<typeof NewKey>
/** The only answer that carries the secret. */
export const KeyWithSecret = Key.extend({ secret: z.string() }).meta({ id: 'KeyWithSecret' })
export type KeyWithSecret = z.infer<typeof KeyWithSecret>

export const KEY_LIST = { filters: { name: 'text' }, sorts: ['createdAt'], sort: '-createdAt', archivable: false } as const satisfies ListSpec
export const keys = {
  list: operation({ id: 'keys.list', method: 'get', path: '/keys', summary: 'Lists secret keys, without their secrets', scope: 'admin', query: listQuery(KEY_LIST), status: 200, answer: pageOf(Key) }),
  create: operation({ id: 'keys.create', method: 'post', path: '/keys', summary: 'Creates a secret key; its secret is shown this once', scope: 'admin', body: NewKey, status: 201, answer: KeyWithSecret, unrepeatable: true }),
  revoke: operation({ id: 'keys.revoke', method: 'delete', path: '/keys/{id}', summary: 'Revokes a key, and the embed tokens it minted, within a second', scope: 'admin', status: 200, answer: Key }),
}
