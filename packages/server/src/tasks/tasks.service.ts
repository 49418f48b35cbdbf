import { randomBytes } from 'node:crypto'
import type { AgentPresence, BodyOf, ClaimedTask, NewTask, operations, Task, TaskBeatAnswer, TaskState, Usage } from '@flowstate-ai/sdk/contract'
import { requireOwnAgent, requireOwnKinds } from '../agents/own.ts'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { Conflict, Forbidden, NotFound } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { newId } from '../ids.ts'
import type { Answer, BodyPart, Ledger, Outcome, Row, Statement } from '../ledger/ledger.ts'
import { refused, settled } from '../ledger/settled.ts'
import { settledAs, type Written } from '../ledger/writes.ts'
import { retryDelayMs } from './retry.ts'
import { statusOf, type StatusBus } from './status.ts'
import { LEASE_LOST, type NewTaskRow, STATE_CHANGED, type TaskRow, type TasksStore } from './tasks.store.ts'
import type { WaitingRoom } from './waiting.ts'

type Ops = typeof operations.tasks
type ClaimBody = BodyOf<Ops['claim']>
type Completion = BodyOf<Ops['complete']>
/** What runs inside the server may say when to try again, and whether this try counts. */
type Failure = BodyOf<Ops['fail']> & { again?: { at: number; counted: boolean } }
type Beat = BodyOf<Ops['heartbeat']>

interface TasksDeps {
  store: TasksStore
  scoped: Scoped
  ledger: Ledger
  clock: Clock
  status: StatusBus
  waiting: WaitingRoom
  leaseMs: number
  /** In [0, 1); spreads retries. */
  random?: () => number
}

const DEFAULT_ATTEMPTS = 5
/** Live progress is written at most this often; the room hears every one. */
const WRITE_PROGRESS_EVERY_MS = 1_000
const LOOK_AGAIN_MS = 1_000
const VERBS = {
  pause: { from: ['scheduled', 'queued', 'running'], to: 'paused' },
  resume: { from: ['paused'], to: 'queued' },
  cancel: { from: ['scheduled', 'queued', 'running', 'paused'], to: 'cancelled' },
  retry: { from: ['dead', 'cancelled'], to: 'queued' },
} as const satisfies Record<string, { from: TaskState[]; to: TaskState }>
export type TaskVerb = keyof typeof VERBS

/** The queue: leases with tokens, heartbeats, retries, dead letters. What Godmode shows is this table. */
export const createTasksService = ({ store, scoped, ledger, clock, status, waiting, leaseMs, random = Math.random }: TasksDeps) => {
  const lastWritten = new Map<string, number>()
  const cancelled = new Set<(caller: Caller, taskId: string, kind: string) => void>()

  const publish = (workspaceId: string, tasks: string[], agents: string[] = []) => {
    status.publish(workspaceId, {
      ...(tasks.length > 0 ? { tasks: tasks.map((json) => statusOf(JSON.parse(json) as Task)) } : {}),
      ...(agents.length > 0 ? { agents: agents.map((json) => JSON.parse(json) as AgentPresence) } : {}),
    })
  }
  const jsons = (rows: Row[] | undefined): string[] => (rows ?? []).map((row) => String(row.json))

  const find = async (workspaceId: string, id: string): Promise<TaskRow> => {
    const row = await store.find(workspaceId, id)
    if (!row) throw new NotFound('tasks', id)
    return row
  }

  const write = async (caller: Caller, statements: Statement[], body: BodyPart[], status_ = 200): Promise<{ written: Written; rows: Row[][] }> => {
    const answer: Answer = { status: status_, headers: {}, body }
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements, ...(caller.once ? { once: { ...caller.once, answer } } : {}) })
    const rows = outcome.state === 'committed' ? outcome.rows : []
    const text = body.map((part) => (typeof part === 'string' ? part : jsons(rows[part.statement]).join(','))).join('')
    const result = settledAs(outcome, { status: status_, headers: {}, body: text })
    if (result.written) return { written: result.written, rows }
    throw taskRefused(outcome)
  }

  const service = {
    list: (caller: Caller, query: ListQuery): Promise<ListPage> => scoped.list(caller, 'tasks', query),

    async retrieve(caller: Caller, id: string): Promise<string> {
      return (await find(caller.workspaceId, id)).json
    },

    /** The statements that enqueue a task, for the transaction of whatever decided it; call `enqueued` after it. */
    enqueueStatement(workspaceId: string, task: NewTask, id: string = newId('tasks')): { id: string; statement: Statement } {
      return { id, statement: store.insert(workspaceId, rowOf(task, id)) }
    },
    /** A task that waits is due at once. */
    hastenStatement(workspaceId: string, id: string): Statement {
      const now = instant(clock())
      return store.transition(workspaceId, id, ['scheduled', 'queued'], { state: 'queued', runAt: now, updatedAt: now })
    },
    /** The same for a task that several come to enqueue: its id follows from what it is for, and all but the first do nothing. */
    enqueueOnceStatement: (workspaceId: string, task: NewTask, id: string): Statement => store.insertOnce(workspaceId, rowOf(task, id)),
    enqueued(workspaceId: string, json: string): void {
      publish(workspaceId, [json])
      waiting.wake(workspaceId)
    },

    async create(caller: Caller, task: NewTask, httpStatus = 201): Promise<Written> {
      const { statement } = service.enqueueStatement(caller.workspaceId, task)
      const { written, rows } = await write(caller, [statement], [{ statement: 0 }], httpStatus)
      for (const json of jsons(rows[0])) service.enqueued(caller.workspaceId, json)
      return written
    },

    /** Due tasks under a lease; waits for the first up to `waitMs`. */
    async claim(caller: Caller, { agentId, kinds = [], limit = 1, waitMs = 0 }: ClaimBody, signal?: AbortSignal): Promise<ClaimedTask[]> {
      requireOwnAgent(caller, agentId)
      requireOwnKinds(caller, kinds)
      const until = performance.now() + waitMs
      for (;;) {
        const claimed = await claimNow(caller.workspaceId, agentId, kinds, limit)
        const left = until - performance.now()
        if (claimed.length > 0 || left <= 0 || signal?.aborted) return claimed
        await waiting.wait(caller.workspaceId, Math.max(1, Math.min(left, LOOK_AGAIN_MS)), signal)
      }
    },

    async heartbeat(caller: Caller, id: string, { token, progress, message, usage }: Beat): Promise<TaskBeatAnswer> {
      const { workspaceId } = caller
      const row = await held(workspaceId, id, token)
      requireOwnAgent(caller, row.agentId)
      const now = clock()
      if (row.state !== 'running') return { cancel: true, leaseUntil: instant(now) }
      const leaseUntil = instant(now + leaseMs)
      const said = { ...(progress === undefined ? {} : { progress }), ...(message === undefined ? {} : { message }) }
      const recently = now - (lastWritten.get(id) ?? 0) < WRITE_PROGRESS_EVERY_MS
      if (recently && usage === undefined && row.leaseUntil !== null && Date.parse(row.leaseUntil) - now > leaseMs / 2) {
        publish(workspaceId, [JSON.stringify({ ...(JSON.parse(row.json) as Task), ...said, updatedAt: instant(now) })])
        return { cancel: false, leaseUntil: row.leaseUntil }
      }
      const set = { ...said, ...(usage ? { usage: addUsage(row.usage, usage) } : {}), leaseUntil, updatedAt: instant(now) }
      const statements = [store.leased(workspaceId, id, token, set), ...(row.agentId ? [store.touchAgent(workspaceId, row.agentId, instant(now))] : [])]
      const rows = committed(await ledger.run({ workspaceId, statements }))
      lastWritten.set(id, now)
      publish(workspaceId, jsons(rows[0]), jsons(rows[1]))
      return { cancel: false, leaseUntil }
    },

    /** Repeating it with the same token answers the same. With `claim`, the next tasks come in the same commit. */
    async complete(caller: Caller, id: string, { token, result = null, usage, claim }: Completion): Promise<Written> {
      const { workspaceId } = caller
      const row = await held(workspaceId, id, token)
      requireOwnAgent(caller, row.agentId)
      requireOwnKinds(caller, claim?.kinds ?? [])
      if (row.state === 'succeeded') return { status: 200, headers: {}, body: `{"task":${row.json},"claimed":[]}` }
      const now = clock()
      const lease = newLease(now)
      const statements = [
        store.leased(workspaceId, id, token, { state: 'succeeded', result, error: null, progress: 1, usage: addUsage(row.usage, usage), finishedAt: instant(now), updatedAt: instant(now), leaseUntil: null }),
        ...(claim && row.agentId ? [store.claim(workspaceId, { agentId: row.agentId, kinds: claim.kinds ?? [], limit: claim.limit ?? 1, now: instant(now), ...lease })] : []),
        ...(row.agentId ? [store.touchAgent(workspaceId, row.agentId, instant(now))] : []),
      ]
      const rows = committed(await ledger.run({ workspaceId, statements }))
      lastWritten.delete(id)
      const claimed = claim && row.agentId ? jsons(rows[1]) : []
      publish(workspaceId, [...jsons(rows[0]), ...claimed], jsons(rows.at(-1)).slice(0, row.agentId ? 1 : 0))
      // Another task of the same order key may be free now.
      waiting.wake(workspaceId)
      return { status: 200, headers: {}, body: `{"task":${jsons(rows[0])[0] ?? row.json},"claimed":[${claimed.map((json) => withLease(json, lease)).join(',')}]}` }
    },

    async fail(caller: Caller, id: string, { token, error, retry = true, usage, again }: Failure): Promise<Written> {
      const { workspaceId } = caller
      const row = await held(workspaceId, id, token)
      requireOwnAgent(caller, row.agentId)
      if (row.state !== 'running') throw leaseLost(id)
      const now = clock()
      const uncounted = again?.counted === false
      const dead = !retry || (!uncounted && row.attempts >= row.maxAttempts)
      const set = dead
        ? { state: 'dead', finishedAt: instant(now) }
        : { state: 'scheduled', runAt: instant(again?.at ?? now + retryDelayMs(row.attempts, random())), progress: null, message: null, ...(uncounted ? { attempts: row.attempts - 1 } : {}) }
      const statements = [
        store.leased(workspaceId, id, token, { ...set, error, usage: addUsage(row.usage, usage), leaseToken: null, leaseUntil: null, updatedAt: instant(now) }),
        ...(row.agentId ? [store.touchAgent(workspaceId, row.agentId, instant(now))] : []),
      ]
      const { written, rows } = await write(caller, statements, [{ statement: 0 }])
      lastWritten.delete(id)
      publish(workspaceId, jsons(rows[0]), jsons(rows[1]))
      waiting.wake(workspaceId)
      return written
    },

    /** Pause, resume, cancel, retry: what a person may do to a task. A running agent learns of it at its next heartbeat. */
    async operate(caller: Caller, id: string, verb: TaskVerb): Promise<Written> {
      const { workspaceId } = caller
      const row = await find(workspaceId, id)
      const { from, to } = VERBS[verb]
      if (!(from as readonly TaskState[]).includes(row.state)) throw new Conflict('invalid_state', `A task that is ${row.state} cannot be ${PAST[verb]}; that takes one that is ${from.join(', ')}.`)
      const now = instant(clock())
      const set = {
        pause: {}, cancel: { finishedAt: now },
        resume: { state: row.runAt > now ? 'scheduled' : 'queued', leaseToken: null, leaseUntil: null },
        retry: { attempts: 0, error: null, runAt: now, finishedAt: null, leaseToken: null, leaseUntil: null, progress: null, message: null },
      }[verb]
      const statements = [
        store.transition(workspaceId, id, from, { state: to, ...set, updatedAt: now }),
        ...(row.agentId ? [store.touchAgentStatus(workspaceId, row.agentId)] : []),
      ]
      const { written, rows } = await write(caller, statements, [{ statement: 0 }])
      publish(workspaceId, jsons(rows[0]), jsons(rows[1]))
      waiting.wake(workspaceId)
      if (verb === 'cancel') for (const listener of cancelled) listener(caller, id, (JSON.parse(row.json) as Task).kind)
      return written
    },

    /** For who has something to close when a task of theirs was cancelled. */
    onCancel(listener: (caller: Caller, taskId: string, kind: string) => void): void {
      cancelled.add(listener)
    },

    /** Gives back what nobody is heard of working on. Runs on a timer. */
    async sweep(): Promise<number> {
      const rows = settled(await ledger.run({ workspaceId: null, statements: store.expire(instant(clock())) })).flat()
      for (const { workspace_of: workspaceId, json } of rows) {
        publish(String(workspaceId), [String(json)])
        waiting.wake(String(workspaceId))
      }
      return rows.length
    },

    underWay: (workspaceId: string, finished = 30): Promise<Task[]> => store.underWay(workspaceId, finished).then((list) => list.map((json) => JSON.parse(json) as Task)),
  }
  return service

  function rowOf(task: NewTask, id: string): NewTaskRow {
    const now = instant(clock())
    const runAt = task.runAt ?? now
    return {
      id, kind: task.kind, payload: task.payload ?? {}, state: runAt > now ? 'scheduled' : 'queued', priority: task.priority ?? 0, runAt,
      maxAttempts: task.maxAttempts ?? DEFAULT_ATTEMPTS, orderKey: task.orderKey ?? null, at: now,
    }
  }

  function newLease(now: number) {
    return { token: randomBytes(18).toString('base64url'), until: instant(now + leaseMs) }
  }

  async function claimNow(workspaceId: string, agentId: string, kinds: readonly string[], limit: number): Promise<ClaimedTask[]> {
    const now = clock()
    if (kinds.length === 0 || !(await store.isDue(workspaceId, kinds, instant(now)))) return []
    const lease = newLease(now)
    const rows = committed(await ledger.run({
      workspaceId, statements: [store.claim(workspaceId, { agentId, kinds, limit, now: instant(now), ...lease }), store.touchAgent(workspaceId, agentId, instant(now))],
    }))
    const claimed = jsons(rows[0])
    publish(workspaceId, claimed, jsons(rows[1]))
    return claimed.map((json) => JSON.parse(withLease(json, lease)) as ClaimedTask)
  }

  /** The task, if this token is the one of its last lease. */
  async function held(workspaceId: string, id: string, token: string): Promise<TaskRow> {
    const row = await find(workspaceId, id)
    if (row.leaseToken !== token) throw leaseLost(id)
    return row
  }

  function committed(outcome: Outcome): Row[][] {
    if (outcome.state === 'refused') throw taskRefused(outcome)
    return settled(outcome)
  }
}
export type TasksService = ReturnType<typeof createTasksService>

const PAST: Record<TaskVerb, string> = { pause: 'paused', resume: 'resumed', cancel: 'cancelled', retry: 'tried again' }

const leaseLost = (id: string): Conflict => new Conflict('lease_lost', `The lease of ${id} is not yours any more: it ran out, or the task was taken back. Claim again.`)

const taskRefused = (outcome: Outcome): Error => {
  if (outcome.state !== 'refused') return new Error('not refused')
  const { refusal } = outcome
  if (refusal.reason === 'expectation' && refusal.otherwise === LEASE_LOST) return new Conflict('lease_lost', 'The lease is not yours any more: it ran out, or the task was taken back. Claim again.')
  if (refusal.reason === 'expectation' && refusal.otherwise === STATE_CHANGED) return new Conflict('invalid_state', 'The task changed its state just now; look at it again.')
  return refused(refusal)
}

const withLease = (json: string, lease: { token: string; until: string }): string => `${json.slice(0, -1)},"lease":${JSON.stringify(lease)}}`

const addUsage = (before: Usage | null, more: Usage | undefined): Usage | null => {
  if (!more) return before
  const sum: Usage = { ...before }
  for (const [name, value] of Object.entries(more) as [keyof Usage, number][]) sum[name] = (sum[name] ?? 0) + value
  return sum
}

export const refuseUnlessWorker = (caller: Caller): void => {
  if (caller.records) throw new Forbidden('A token that is limited to some records cannot work on tasks.')
}
