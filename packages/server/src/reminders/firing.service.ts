import { type Clock, instant } from '../clock.ts'
import type { Scoped } from '../db/scoped.ts'
import type { System } from '../db/system.ts'
import type { Caller } from '../http/caller.ts'
import { fixedId, newId } from '../ids.ts'
import type { Change, Fields, Ledger } from '../ledger/ledger.ts'
import { refused, settled } from '../ledger/settled.ts'
import type { TasksService } from '../tasks/tasks.service.ts'
import type { TaskHandler } from '../worker/worker.ts'
import { remindAtOf } from './plan.ts'
import type { SettingsOf } from './reminders.service.ts'

interface FiringDeps { system: System; scoped: Scoped; ledger: Ledger; tasks: TasksService; settingsOf: SettingsOf; clock: Clock }
type Payload = { reminderId: string; remindAt: string } | { replan: true }
interface Standing { fields: Fields; version: number }

const AT_A_TIME = 500
const PAGE = 200
const MOST_TRIES = 20

/**
 * Firing. What is to fire follows from the table alone, so that it is right however a reminder came to stand there: by a request, an
 * undoing, a proposal that was applied, an import. A sweep finds what is due and enqueues one task for each version of a reminder; the
 * task fires it if it still stands, by a change set that sets `remindedAt`.
 */
export const createFiringService = ({ system, scoped, ledger, tasks, settingsOf, clock }: FiringDeps) => {
  const find = async (caller: Caller, id: string): Promise<Standing | null> => {
    const found = await scoped.find(caller, 'reminders', id)
    return found && { fields: JSON.parse(found.json) as Fields, version: found.version }
  }

  const commit = async (caller: Caller, taskId: string, changes: Change[]): Promise<boolean> => {
    const outcome = await ledger.commit({ id: newId('changesets'), workspaceId: caller.workspaceId, actor: caller.actor, source: { kind: 'task', id: taskId }, at: instant(clock()), changes })
    if (outcome.state !== 'refused') return true
    if (outcome.refusal.reason !== 'moved') throw refused(outcome.refusal)
    return false
  }

  const fire = async (caller: Caller, taskId: string, { reminderId, remindAt }: { reminderId: string; remindAt: string }) => {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const now = clock()
      const standing = await find(caller, reminderId)
      if (!standing || !toFire(standing.fields) || standing.fields.remindAt !== remindAt) return { fired: false }
      if (remindAt > instant(now)) throw new Error('The clock was set back; the reminder is not due yet.')
      const { fields, version } = standing
      const planned = remindAtOf(fields, await settingsOf(caller.workspaceId))
      // Quiet hours may have been set since it was planned.
      const set = planned !== null && planned > instant(now) ? { remindAt: planned } : { remindedAt: instant(now) }
      const before = Object.fromEntries(Object.keys(set).map((name) => [name, fields[name] ?? null]))
      if (await commit(caller, taskId, [{ verb: 'update', noun: 'reminders', id: reminderId, expect: version, before, set }])) return { fired: 'remindedAt' in set, ...set }
    }
    throw new Error('The reminder is being changed by many at once.')
  }

  /** After the workspace's settings changed: what has not fired yet is planned anew. */
  const replan = async (caller: Caller, taskId: string) => {
    let moved = 0
    for (let cursor: string | undefined, tries = 0; ;) {
      const settings = await settingsOf(caller.workspaceId)
      const page = await scoped.list(caller, 'reminders', { status: 'open', sort: 'createdAt', limit: PAGE, ...(cursor === undefined ? {} : { cursor }) })
      const changes = page.items.flatMap((json): Change[] => {
        const { version, id, ...fields } = JSON.parse(json) as Fields
        const remindAt = remindAtOf(fields, settings)
        if (!toFire(fields) || remindAt === fields.remindAt) return []
        return [{ verb: 'update', noun: 'reminders', id: String(id), expect: Number(version), before: { remindAt: fields.remindAt }, set: { remindAt } }]
      })
      if (changes.length > 0 && !(await commit(caller, taskId, changes)) && tries++ < MOST_TRIES) continue
      moved += changes.length
      if (page.nextCursor === null) return { moved }
      cursor = page.nextCursor
      tries = 0
    }
  }

  return {
    /** Enqueues what is due. Any number of servers may do so at once: the task's id follows from the reminder and its version. */
    async sweep(): Promise<number> {
      let count = 0
      for (;;) {
        const due = await system.remindersToFire(instant(clock()), AT_A_TIME)
        for (const workspaceId of new Set(due.map((reminder) => reminder.workspaceId))) {
          const statements = due.filter((reminder) => reminder.workspaceId === workspaceId).map(({ id, version, remindAt }) => {
            const orderKey = `remind/${id}/${version}`
            return tasks.enqueueOnceStatement(workspaceId, { kind: 'remind', payload: { reminderId: id, remindAt }, runAt: remindAt, orderKey }, fixedId('tasks', Date.parse(remindAt), orderKey))
          })
          for (const row of settled(await ledger.run({ workspaceId, statements })).flat()) tasks.enqueued(workspaceId, String(row.json))
        }
        count += due.length
        if (due.length < AT_A_TIME) return count
      }
    },

    handler: (async (task, { caller }) => {
      const payload = task.payload as Payload
      return 'replan' in payload ? replan(caller, task.id) : fire(caller, task.id, payload)
    }) satisfies TaskHandler,
  }
}
export type FiringService = ReturnType<typeof createFiringService>

/** Whether it has yet to fire; db/schema's TO_FIRE says the same in SQL. */
const toFire = ({ status, archivedAt, remindAt, remindedAt }: Fields): boolean =>
  status === 'open' && archivedAt === null && typeof remindAt === 'string' && (typeof remindedAt !== 'string' || remindedAt < remindAt)
