import { tablesOf } from '../schema.ts'

/** What drizzle-kit reads to write migrations. */
export const { workspaces, members, keys, sessions, tickets, companies, customers, pipelines, stages, deals, interactions, fields, tags, views, changeSets, proposedChanges, changes, snapshots, idempotency, agents, tasks, actions, imports, importMappings, duplicates, duplicateKeys, webhooks, deliveries } = tablesOf('sqlite')
