import { tablesOf } from '../schema.ts'

/** What drizzle-kit reads to write migrations. */
export const { workspaces, users, userSessions, accounts, verifications, twoFactors, members, invitations, keys, sessions, tickets, signInCodes, audit, companies, customers, pipelines, stages, deals, interactions, fields, tags, views, changeSets, proposedChanges, changes, snapshots, idempotency, agents, tasks, actions, imports, importMappings, duplicates, duplicateKeys, webhooks, deliveries, reminders, files } = tablesOf('postgres')
