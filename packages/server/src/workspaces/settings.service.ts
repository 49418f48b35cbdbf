import type { QuietHours, Workspace, WorkspacePatch } from '@flowstate-ai/sdk/contract'
import { eq } from 'drizzle-orm'
import { type Clock, instant } from '../clock.ts'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { System } from '../db/system.ts'
import { NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import { refused } from '../ledger/settled.ts'
import { onceOf, settledAs, type Written } from '../ledger/writes.ts'
import type { TasksService } from '../tasks/tasks.service.ts'

interface SettingsDeps { database: Database; system: System; tasks: TasksService; clock: Clock }

/** A workspace's settings. Not ledgered, for they are no CRM data; what follows from them for reminders is, by a task. */
export const createSettingsService = ({ database: { reader, tables: { workspaces }, ledger }, system, tasks, clock }: SettingsDeps) => {
  const retrieve = async (workspaceId: string): Promise<Workspace> => {
    const row = await system.workspace({ id: workspaceId })
    if (!row) throw new NotFound('workspaces', workspaceId)
    const { id, slug, name, timeZone, quietHours, createdAt, updatedAt } = row
    return { id, slug, name, timeZone, quietHours: quietHours as QuietHours | null, createdAt, updatedAt }
  }

  return {
    retrieve,

    async update(caller: Caller, patch: WorkspacePatch): Promise<Written> {
      requireWholeWorkspace(caller)
      const { workspaceId } = caller
      const set = { ...(patch.name === undefined ? {} : { name: patch.name }), ...(patch.timeZone === undefined ? {} : { timeZone: patch.timeZone }), ...(patch.quietHours === undefined ? {} : { quietHours: patch.quietHours }), updatedAt: instant(clock()) }
      const after = { ...(await retrieve(workspaceId)), ...set }
      const statements = [
        statementOf(reader.update(workspaces).set(set).where(eq(workspaces.id, workspaceId))),
        ...(patch.timeZone === undefined && patch.quietHours === undefined ? [] : [tasks.enqueueStatement(workspaceId, { kind: 'remind', payload: { replan: true }, orderKey: 'remind/replan' }).statement]),
      ]
      const answer = { status: 200, headers: {}, body: JSON.stringify(after) }
      const outcome = await ledger.run({ workspaceId, statements, ...onceOf(caller, answer) })
      if (outcome.state === 'committed') for (const row of outcome.rows[1] ?? []) tasks.enqueued(workspaceId, String(row.json))
      const settled = settledAs(outcome, answer)
      if (settled.written) return settled.written
      throw refused(settled.refusal)
    },
  }
}
export type SettingsService = ReturnType<typeof createSettingsService>
