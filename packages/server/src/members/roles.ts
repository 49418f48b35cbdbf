import type { Role } from '@flowstate-ai/sdk/contract'
import { Forbidden } from '../errors.ts'
import type { Principal } from '../http/caller.ts'

/** An owner alone makes owners, or takes that back: a key, or an admin, could otherwise give itself the workspace. */
export const refuseRoleAbove = (principal: Principal, asked: Role): void => {
  if (asked === 'owner' && !(principal.kind === 'person' && principal.role === 'owner')) throw new Forbidden('Owners are made by owners: ask one of them, or run flowstate members add on the server.')
}
