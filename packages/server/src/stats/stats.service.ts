import type { Stats, TaskState } from '@flowstate-ai/sdk/contract'
import { and, asc, eq, gte, isNull, sql } from 'drizzle-orm'
import { type Clock, instant } from '../clock.ts'
import type { Database } from '../db/database.ts'
import { createRecordCounts } from './record-counts.ts'

const HOUR_MS = 3_600_000

/** A workspace at a glance. Counted when asked for: at most once a second and room. */
export const createStatsService = (database: Database, clock: Clock) => {
  const { reader, tables, ledger } = database
  const { agents, tasks, changes, actions, reminders } = tables
  const count = sql<number>`count(*)`

  const countsOf = createRecordCounts(database)

  return {
    async retrieve(workspaceId: string): Promise<Stats> {
      const now = clock()
      const since = instant(now - HOUR_MS)
      const agentRows = await reader.select({ status: agents.status, count }).from(agents).where(eq(agents.workspaceId, workspaceId)).groupBy(agents.status)
      const taskRows = await reader.select({ state: tasks.state, count }).from(tasks).where(eq(tasks.workspaceId, workspaceId)).groupBy(tasks.state)
      const recent = await reader.select({ state: tasks.state, count }).from(tasks).where(and(eq(tasks.workspaceId, workspaceId), gte(tasks.finishedAt, since))).groupBy(tasks.state)
      // One look-up instead of a count: the feed is numbered without a hole.
      const [first] = await reader.select({ seq: changes.seq }).from(changes).where(and(eq(changes.workspaceId, workspaceId), gte(changes.at, since))).orderBy(asc(changes.at), asc(changes.seq)).limit(1)
      const changed = first ? (await ledger.seqOf(workspaceId)) - first.seq + 1 : 0
      const [open] = await reader.select({ count }).from(actions).where(and(eq(actions.workspaceId, workspaceId), eq(actions.state, 'open')))
      const [toDo] = await reader.select({ count }).from(reminders).where(and(eq(reminders.workspaceId, workspaceId), eq(reminders.status, 'open'), isNull(reminders.archivedAt)))
      const byStatus = (name: string) => Number(agentRows.find(({ status }) => status === name)?.count ?? 0)
      const byState = (name: TaskState, rows = taskRows) => Number(rows.find(({ state }) => state === name)?.count ?? 0)
      return {
        agents: { total: agentRows.reduce((sum, row) => sum + Number(row.count), 0), working: byStatus('working'), idle: byStatus('idle'), offline: byStatus('offline') },
        tasks: {
          scheduled: byState('scheduled'), queued: byState('queued'), running: byState('running'), paused: byState('paused'), succeeded: byState('succeeded'), dead: byState('dead'), cancelled: byState('cancelled'),
        },
        lastHour: { succeeded: byState('succeeded', recent), dead: byState('dead', recent), changes: changed },
        crm: {
          ...(await countsOf(workspaceId)),
          openActions: Number(open?.count ?? 0), openReminders: Number(toDo?.count ?? 0),
        },
        at: instant(now),
      }
    },
  }
}
export type StatsService = ReturnType<typeof createStatsService>
