import { type Role, Scope, SCOPES_OF_ROLE } from '@flowstate-ai/sdk/contract'
import type { Documented } from '../operations.ts'
import { PASSWORD, signedIn, type World } from './world.ts'

/** Somebody of a workspace, and what he holds. */
export interface TestPrincipal { name: string; scopes: readonly string[]; headers: Record<string, string>; limited?: true; signedIn?: true }

const ROLES: Role[] = ['viewer', 'operator', 'member', 'admin', 'owner']
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

/** Refused to some who hold the scope: to whom, and why. */
const BEYOND_THE_SCOPE: Record<string, (principal: TestPrincipal) => boolean> = {
  // Tokens for pages are minted by servers.
  'embedTokens.create': ({ name }) => !name.startsWith('key with'),
  // An agent's token speaks for that agent alone, and works on its kinds of task.
  'agents.register': ({ name }) => name === 'an agent', 'agents.heartbeat': ({ name }) => name === 'an agent', 'tasks.claim': ({ name }) => name === 'an agent',
  'tasks.heartbeat': ({ name }) => name === 'an agent', 'tasks.complete': ({ name }) => name === 'an agent', 'tasks.fail': ({ name }) => name === 'an agent',
  // A key makes none that may more than itself.
  'keys.create': ({ name }) => name === 'key with admin', 'keys.createForAgent': ({ name }) => name === 'key with admin', 'keys.rotate': ({ name }) => name === 'key with admin',
}

/** How an operation is refused to a principal; null: it is not, or for a reason of its own. */
export const refusalOf = ({ id, scope }: Documented, principal: TestPrincipal): 401 | 403 | 'maybe' | null => {
  if (scope === 'anyone') return null
  if (scope === 'person') return principal.signedIn ? null : 401
  if (principal.scopes.length === 0) return 401
  if (!principal.scopes.includes(scope)) return 403
  // What concerns the whole workspace is not for who sees some records of it.
  return principal.limited || BEYOND_THE_SCOPE[id]?.(principal) ? 'maybe' : null
}

/** Every kind of principal that a workspace has, and nobody. */
export const createPrincipals = async (world: World): Promise<TestPrincipal[]> => {
  const { test, flowstate, workspaceId, key } = world
  const people = await Promise.all(ROLES.map(async (role): Promise<TestPrincipal> => {
    const email = `${key()}.${role}@people.example`
    await test.services.members.addAsOwner(workspaceId, { email, role, password: PASSWORD })
    return { name: role, scopes: SCOPES_OF_ROLE[role], headers: await signedIn(test, email), signedIn: true }
  }))
  const keys = await Promise.all(Scope.options.map(async (scope): Promise<TestPrincipal> => ({ name: `key with ${scope}`, scopes: [scope], headers: bearer((await test.services.keys.createAsOwner(workspaceId, { scopes: [scope] })).secret) })))
  const seen = await flowstate.customers.create({ name: world.say('seen by a limited page') })
  const { agent } = await flowstate.agents.register({ name: world.say('researcher'), kinds: ['research'] })
  return [
    { name: 'nobody', scopes: [], headers: {} }, ...people, ...keys,
    { name: 'key that may everything', scopes: Scope.options, headers: bearer(world.secret) },
    { name: 'a page', scopes: ['crm:read', 'agents:read', 'crm:write', 'actions:decide'], headers: bearer((await flowstate.embedTokens.create({ subject: 'page', role: 'member' })).token) },
    { name: 'a page limited to a customer', scopes: ['crm:read', 'crm:write', 'actions:decide'], headers: bearer((await flowstate.embedTokens.create({ subject: 'limited', role: 'member', records: { customers: [seen.id] } })).token), limited: true },
    { name: 'an agent', scopes: ['crm:read', 'agents:read', 'tasks:work'], headers: bearer((await flowstate.keys.createForAgent(agent.id)).secret) },
  ]
}
