import type { TaskState, Usage } from '@flowstate-ai/sdk/contract'
import { and, asc, desc, eq, inArray, lt, lte, ne, or, type SQL, sql } from 'drizzle-orm'
import { compileWrite, statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { jsonOf } from '../db/wire.ts'
import type { Statement } from '../ledger/ledger.ts'

export interface NewTaskRow {
  id: string; kind: string; payload: unknown; state: 'scheduled' | 'queued'; priority: number; runAt: string; maxAttempts: number; orderKey: string | null; at: string
}
export interface TaskRow { state: TaskState; leaseToken: string | null; leaseUntil: string | null; attempts: number; maxAttempts: number; runAt: string; agentId: string | null; usage: Usage | null; json: string }

const UNFINISHED = ['scheduled', 'queued', 'running', 'paused'] as const
/** Refusals that statements name. */
export const LEASE_LOST = 'lease_lost'
export const STATE_CHANGED = 'state_changed'

/** The queue's SQL. Everything that changes a task compares its lease or its state in the same statement. */
export const createTasksStore = ({ dialect, reader, tables: { tasks, agents } }: Database) => {
  const json = { json: jsonOf(dialect, 'tasks').as('json') }
  const agentJson = { json: jsonOf(dialect, 'agents').as('json') }
  const one = (workspaceId: string, id: string) => and(eq(tasks.workspaceId, workspaceId), eq(tasks.id, id))
  const next = { version: sql`${tasks.version} + 1` as unknown as number }

  const row = reader.select({
    state: tasks.state, leaseToken: tasks.leaseToken, leaseUntil: tasks.leaseUntil, attempts: tasks.attempts, maxAttempts: tasks.maxAttempts, runAt: tasks.runAt, agentId: tasks.agentId, usage: tasks.usage, json: jsonOf(dialect, 'tasks'),
  }).from(tasks).where(and(eq(tasks.workspaceId, sql.placeholder('workspaceId')), eq(tasks.id, sql.placeholder('id')))).prepare('task_row')

  const inserting = () => reader.insert(tasks).values({
    workspaceId: sql.placeholder('workspaceId'), id: sql.placeholder('id'), kind: sql.placeholder('kind'), state: sql.placeholder('state'), payload: sql.placeholder('payload'),
    attempts: 0, maxAttempts: sql.placeholder('maxAttempts'), priority: sql.placeholder('priority'), orderKey: sql.placeholder('orderKey'), runAt: sql.placeholder('runAt'),
    version: 1, createdAt: sql.placeholder('at'), updatedAt: sql.placeholder('at'),
  })
  const insert = compileWrite(inserting().returning(json))
  const insertOnce = compileWrite(inserting().onConflictDoNothing().returning(json))

  /** Due, and first of its order key. */
  const due = (workspaceId: string, kinds: readonly string[], now: string): SQL | undefined => {
    const older = sql`select 1 from ${tasks} as older where older.workspace_id = ${tasks.workspaceId} and older.order_key = ${tasks.orderKey} and older.id < ${tasks.id} and older.state in (${sql.join(UNFINISHED.map((state) => sql`${state}`), sql`, `)})`
    return and(
      eq(tasks.workspaceId, workspaceId), inArray(tasks.state, ['queued', 'scheduled']), inArray(tasks.kind, [...kinds]), lte(tasks.runAt, now),
      sql`(${tasks.orderKey} is null or not exists (${older}))`,
    )
  }

  const statusBy = (workspaceId: string, agentId: string) => {
    const works = sql`exists (select 1 from ${tasks} where ${tasks.workspaceId} = ${workspaceId} and ${tasks.agentId} = ${agentId} and ${tasks.state} = 'running')`
    return sql`case when ${works} then 'working' else 'idle' end` as unknown as string
  }

  /** PostgreSQL may run a subquery more than once; named, with its locks, it is run exactly once. */
  const lockedOnce = (chosen: { for(strength: 'update', config: { skipLocked: true }): unknown }) => {
    const named = reader.$with('chosen').as(chosen.for('update', { skipLocked: true }) as ReturnType<typeof chosenShape>)
    return { writer: reader.with(named) as unknown as typeof reader, among: reader.select({ id: named.id }).from(named) }
  }
  const chosenShape = () => reader.select({ id: tasks.id }).from(tasks)

  return {
    insert: (workspaceId: string, task: NewTaskRow): Statement => insert({ workspaceId, ...task }),
    /** Nothing where its id is there already. */
    insertOnce: (workspaceId: string, task: NewTaskRow): Statement => insertOnce({ workspaceId, ...task }),

    async find(workspaceId: string, id: string): Promise<TaskRow | null> {
      const [found] = await row.execute({ workspaceId, id })
      return found ? { ...found, state: found.state as TaskState, usage: found.usage as Usage | null } : null
    },

    /** A look before the write: an empty queue costs no transaction. */
    async isDue(workspaceId: string, kinds: readonly string[], now: string): Promise<boolean> {
      const rows = await reader.select({ id: tasks.id }).from(tasks).where(due(workspaceId, kinds, now)).limit(1)
      return rows.length > 0
    },

    /** When the next of these kinds falls due, for who waits. */
    async nextRunAt(workspaceId: string, kinds: readonly string[]): Promise<string | null> {
      const [first] = await reader.select({ runAt: tasks.runAt }).from(tasks)
        .where(and(eq(tasks.workspaceId, workspaceId), inArray(tasks.state, ['queued', 'scheduled']), inArray(tasks.kind, [...kinds]))).orderBy(asc(tasks.runAt)).limit(1)
      return first?.runAt ?? null
    },

    claim(workspaceId: string, { agentId, kinds, limit, token, until, now }: { agentId: string; kinds: readonly string[]; limit: number; token: string; until: string; now: string }): Statement {
      const chosen = reader.select({ id: tasks.id }).from(tasks).where(due(workspaceId, kinds, now)).orderBy(desc(tasks.priority), asc(tasks.runAt), asc(tasks.id)).limit(limit)
      const { writer, among } = dialect === 'postgres' ? lockedOnce(chosen) : { writer: reader, among: chosen }
      return statementOf(writer.update(tasks).set({
        ...next, state: 'running', agentId, leaseToken: token, leaseUntil: until, attempts: sql`${tasks.attempts} + 1` as unknown as number,
        startedAt: sql`coalesce(${tasks.startedAt}, ${now})` as unknown as string, progress: null, message: null, updatedAt: now,
      }).where(and(eq(tasks.workspaceId, workspaceId), inArray(tasks.id, among))).returning(json))
    },

    /** A transition by whoever holds the lease. */
    leased(workspaceId: string, id: string, token: string, set: Record<string, unknown>): Statement {
      return statementOf(
        reader.update(tasks).set({ ...next, ...set }).where(and(one(workspaceId, id), eq(tasks.leaseToken, token), eq(tasks.state, 'running'))).returning(json),
        { rows: 1, otherwise: LEASE_LOST },
      )
    },

    /** A transition by an operator, from one of some states. */
    transition(workspaceId: string, id: string, from: readonly TaskState[], set: Record<string, unknown>): Statement {
      return statementOf(
        reader.update(tasks).set({ ...next, ...set }).where(and(one(workspaceId, id), inArray(tasks.state, [...from]))).returning(json),
        { rows: 1, otherwise: STATE_CHANGED },
      )
    },

    /** Leases that ran out: back to the queue, or to the dead when the tries are used up. */
    expire(now: string): Statement[] {
      const over = and(eq(tasks.state, 'running'), lt(tasks.leaseUntil, now))
      const found = { ...json, workspaceId: sql<string>`${tasks.workspaceId}`.as('workspace_of') }
      const error = 'The agent was not heard of any more; its lease ran out.'
      return [
        statementOf(reader.update(tasks).set({ ...next, state: 'dead', error, finishedAt: now, updatedAt: now, leaseToken: null, leaseUntil: null }).where(and(over, sql`${tasks.attempts} >= ${tasks.maxAttempts}`)).returning(found)),
        statementOf(reader.update(tasks).set({ ...next, state: 'scheduled', error, runAt: now, updatedAt: now, leaseToken: null, leaseUntil: null, progress: null, message: null }).where(over).returning(found)),
      ]
    },

    /** The agent was heard of, and works or idles by what it runs now. Goes after the task's own statement. */
    touchAgent(workspaceId: string, agentId: string, now: string): Statement {
      return statementOf(reader.update(agents).set({ lastSeenAt: now, updatedAt: now, version: sql`${agents.version} + 1` as unknown as number, status: statusBy(workspaceId, agentId) }).where(and(eq(agents.workspaceId, workspaceId), eq(agents.id, agentId))).returning(agentJson))
    },

    /** After a person took a task from it: the agent's status, not its last sign of life. */
    touchAgentStatus(workspaceId: string, agentId: string): Statement {
      return statementOf(reader.update(agents).set({ version: sql`${agents.version} + 1` as unknown as number, status: statusBy(workspaceId, agentId) }).where(and(eq(agents.workspaceId, workspaceId), eq(agents.id, agentId), ne(agents.status, 'offline'))).returning(agentJson))
    },

    /** What Godmode shows at first: all that is under way, and the newest of what is done. */
    async underWay(workspaceId: string, finished: number): Promise<string[]> {
      const of = (where: SQL | undefined, limit: number) => reader.select({ json: jsonOf(dialect, 'tasks') }).from(tasks).where(and(eq(tasks.workspaceId, workspaceId), where)).orderBy(desc(tasks.updatedAt)).limit(limit)
      const live = await of(inArray(tasks.state, ['running', 'paused', 'queued', 'scheduled']), 200)
      const done = await of(or(eq(tasks.state, 'succeeded'), eq(tasks.state, 'dead'), eq(tasks.state, 'cancelled')), finished)
      return [...live, ...done].map((found) => found.json)
    },
  }
}
export type TasksStore = ReturnType<typeof createTasksStore>
