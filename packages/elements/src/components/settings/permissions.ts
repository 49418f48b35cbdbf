import type { Role, Scope } from '@flowstate-ai/sdk'
import type { Choice } from './fields.ts'
import type { Around } from './section.ts'
import type { SettingsLabels } from './settings.labels.ts'

const SCOPES = {
  'crm:read': 'readRecords', 'crm:write': 'writeRecords', 'actions:decide': 'decideActions', 'agents:read': 'readAgents', 'agents:operate': 'operateAgents', 'tasks:work': 'workTasks', admin: 'administer',
} as const satisfies Record<Scope, keyof SettingsLabels>
const ROLES = { viewer: 'aboutViewer', operator: 'aboutOperator', member: 'aboutMember', admin: 'aboutAdmin', owner: 'aboutOwner' } as const satisfies Record<Role, keyof SettingsLabels>

/** What an agent's token may hold at most. */
const OF_AGENTS: readonly Scope[] = ['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'tasks:work']

/** Scopes to choose from; what the caller could not give away says why. */
export const scopeChoices = ({ tell, can }: Around, chosen: readonly Scope[], { ofAgents = false } = {}): Choice[] =>
  (Object.keys(SCOPES) as Scope[]).filter((scope) => !ofAgents || OF_AGENTS.includes(scope)).map((scope) => {
    // Admins make keys for agents, though no person holds `tasks:work`.
    const held = can(scope) || (scope === 'tasks:work' && can('admin'))
    return { value: scope, words: scope, about: tell(SCOPES[scope]), chosen: held && chosen.includes(scope), ...(held ? {} : { off: tell('beyondYou') }) }
  })

export const isScope = (text: string): text is Scope => Object.hasOwn(SCOPES, text)

/** Roles to choose from. Owners are made by owners. */
export const roleChoices = ({ tell, self }: Around, chosen: Role): Choice[] =>
  (Object.keys(ROLES) as Role[]).map((role) => ({ value: role, words: tell(role), about: tell(ROLES[role]), chosen: role === chosen, ...(role === 'owner' && self?.role !== 'owner' ? { off: tell('ownersOnly') } : {}) }))

export const roleOf = (text: FormDataEntryValue | null): Role => (Object.hasOwn(ROLES, String(text)) ? (String(text) as Role) : 'viewer')
