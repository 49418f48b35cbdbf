import { z } from 'zod'

export const Scope = z.enum(['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'agents:operate', 'tasks:work', 'admin']).meta({ id: 'Scope' })
export type Scope = z.infer<typeof Scope>

export const Role = z.enum(['viewer', 'operator', 'member', 'admin', 'owner']).meta({ id: 'Role' })
export type Role = z.infer<typeof Role>

const VIEWER: Scope[] = ['crm:read', 'agents:read']
const OPERATOR: Scope[] = [...VIEWER, 'agents:operate']
const MEMBER: Scope[] = [...VIEWER, 'crm:write', 'actions:decide']
const ADMIN: Scope[] = [...VIEWER, 'crm:write', 'actions:decide', 'agents:operate', 'admin']

/** What each role may do; `tasks:work` is for agents and keys alone. */
export const SCOPES_OF_ROLE: Record<Role, readonly Scope[]> = { viewer: VIEWER, operator: OPERATOR, member: MEMBER, admin: ADMIN, owner: ADMIN }

/**
 * The records a token is limited to, by noun. A customer brings its deals and interactions; a company its customers,
 * their deals and interactions. Pipelines and stages stay readable: a board needs its columns.
 */
export const RecordFilter = z.strictObject({
  customers: z.array(z.string().max(64)).max(100).optional(),
  companies: z.array(z.string().max(64)).max(100).optional(),
}).refine((filter) => filter.customers !== undefined || filter.companies !== undefined, 'must name customers or companies').meta({ id: 'RecordFilter' })
export type RecordFilter = z.infer<typeof RecordFilter>

/** Who did something. `id` is the key's, the session's, the agent's or the member's; `name` is for people to read. */
export const ActorRef = z.strictObject({
  kind: z.enum(['person', 'key', 'embed', 'agent', 'system']),
  id: z.string(),
  name: z.string(),
}).meta({ id: 'Actor' })
export type ActorRef = z.infer<typeof ActorRef>
