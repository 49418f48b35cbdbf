import { tablesOf } from '../schema.ts'

/** What drizzle-kit reads to write migrations. */
export const { workspaces, members, keys, sessions, tickets, companies, customers, pipelines, stages, deals, interactions, changeSets, changes, idempotency, agents, tasks, actions, imports } = tablesOf('sqlite')
