import { expect, expectTypeOf, it } from 'vitest'
import { type Principal, systemCaller } from './caller.ts'

type Of<Kind extends Principal['kind']> = Extract<Principal, { kind: Kind }>

it('gives no kind of principal what another alone has', () => {
  expectTypeOf<Of<'key'>>().not.toHaveProperty('role')
  expectTypeOf<Of<'embed'>>().not.toHaveProperty('role')
  expectTypeOf<Of<'agent'>>().not.toHaveProperty('sessionId')
  expectTypeOf<Of<'key'>>().not.toHaveProperty('agent')
  expectTypeOf<Of<'person'>['records']>().toEqualTypeOf<null>()
  expectTypeOf<Of<'agent'>['records']>().toEqualTypeOf<null>()
  expectTypeOf<Of<'embed'>['expiresAt']>().toEqualTypeOf<string>()
  const system = systemCaller('wsp_1', 'Worker', 'test')
  // @ts-expect-error The server itself is limited to no records.
  const limited: Principal = { ...system, records: { customers: [] } }
  // @ts-expect-error No key is an owner.
  const owning: Principal = { ...system, kind: 'key', actor: { kind: 'key', id: 'key_1', name: 'Key' }, role: 'owner' }
  expect([limited.kind, owning.kind]).toEqual(['system', 'key'])
})
