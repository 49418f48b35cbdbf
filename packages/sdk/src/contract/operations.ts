import { actions } from './actions.ts'
import { agents } from './agents.ts'
import { ai } from './ai.ts'
import { audit } from './audit.ts'
import { changes } from './changes.ts'
import { changesets } from './changesets.ts'
import { companies } from './companies.ts'
import { customers } from './customers.ts'
import { deals } from './deals.ts'
import { duplicates } from './duplicates.ts'
import { exports } from './exports.ts'
import { customFieldOperations } from './fields.ts'
import { importMappings, imports } from './imports.ts'
import { files } from './files.ts'
import { interactions } from './interactions.ts'
import { invitations } from './invitations.ts'
import { keys } from './keys.ts'
import { members } from './members.ts'
import type { Operation } from './operation.ts'
import { pipelines, stages } from './pipelines.ts'
import { reminders } from './reminders.ts'
import { session } from './session.ts'
import { search } from './search.ts'
import { stats } from './stats.ts'
import { tags } from './tags.ts'
import { tasks } from './tasks.ts'
import { realtime, tokens, whoami } from './tokens.ts'
import { views } from './views.ts'
import { deliveries, webhooks } from './webhooks.ts'
import { workspaces } from './workspaces.ts'

/** Every operation below `/api/v1`, by noun. */
export const operations = {
  companies, customers, deals, pipelines, stages, interactions, fields: customFieldOperations, tags, views, members, invitations, session, audit,
  changesets, changes, search, actions, ai, agents, tasks, stats, imports, importMappings, duplicates, exports, keys, webhooks, deliveries, embedTokens: tokens, realtime, whoami, reminders, files, workspaces,
}

export const allOperations = (): Operation[] => Object.values(operations).flatMap((group) => Object.values(group) as Operation[])
