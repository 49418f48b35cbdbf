import type { Scope } from '@flowstate-ai/sdk/contract'
import { Forbidden } from '../errors.ts'
import type { Principal } from './caller.ts'

export const requireScope = (principal: Principal, scope: Scope): void => {
  if (principal.scopes.has(scope)) return
  throw new Forbidden(`This needs the scope ${scope}; the caller holds ${[...principal.scopes].join(', ') || 'none'}.`)
}

/** For what concerns the whole workspace: a principal limited to some records may not. */
export const requireWholeWorkspace = (principal: Principal): void => {
  if (principal.records) throw new Forbidden('A token that is limited to some records may not do this; it concerns the whole workspace.')
}
