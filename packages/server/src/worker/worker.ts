import type { ClaimedTask } from '@flowstate-ai/sdk/contract'
import type { AgentsService } from '../agents/agents.service.ts'
import { sayingOf } from '../censor.ts'
import type { System } from '../db/system.ts'
import { within } from '../db/within.ts'
import { type SystemCaller, systemCaller } from '../http/caller.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { storageFaultOf } from '../storage-fault.ts'
import type { TasksService } from '../tasks/tasks.service.ts'

/** The kinds that the server itself works on. */
export type BuiltInKind = 'import' | 'revert' | 'compact' | 'next-best-actions' | 'find-duplicates' | 'deliver-webhook' | 'remind'

export interface TaskContext {
  caller: SystemCaller
  /** Says how far it is, 0 to 1. */
  progress(fraction: number, message?: string): Promise<void>
  /** Aborts when the task was cancelled, its lease lost, or the worker stops. */
  signal: AbortSignal
}
export type TaskHandler = (task: ClaimedTask, context: TaskContext) => Promise<unknown>
/** Checked exhaustive by its type: a kind without a handler does not compile. */
export type TaskHandlers = Record<BuiltInKind, TaskHandler>

/** Looks for what has come due, such as a reminder; safe to be done by many servers at once. */
type Sweep = () => Promise<unknown>

interface WorkerDeps { sweeps: readonly Sweep[]; tasks: TasksService; agents: AgentsService; system: System; handlers: TaskHandlers; concurrency: number; heartbeatMs: number; sweepMs: number; clock: Clock; log: Log }

/** An error that no retry can mend. */
export class Hopeless extends Error {}

/** An error that says itself when to try again, in milliseconds since 1970; not `counted`, it costs the task none of its tries. */
export class RetryAt extends Error {
  readonly at: number
  readonly counted: boolean
  constructor(at: number, reason: string, { counted = true }: { counted?: boolean } = {}) {
    super(reason)
    this.at = at
    this.counted = counted
  }
}

export const BUILT_IN_WORKER = 'Built-in worker'
const DESCRIPTION = 'Runs imports, analyses and reminders inside the server.'
/** Receivers may hang for as long as a try may take, so deliveries have slots of their own and hold up nothing else. */
const DELIVERY_SLOTS = 16
/** While the storage takes no writes, so often it is seen whether it does again. */
const STORAGE_AGAIN_MS = 1_000

/** Kinds that share slots, with as many as it claims at a time. */
interface Lane { kinds: BuiltInKind[]; slots: number; atOnce: number; running: Set<Promise<void>> }

/** The in-process worker: it claims from the same table as every agent, for each workspace, and is seen in Godmode like any other. */
export const createWorker = ({ sweeps, tasks, agents, system, handlers, concurrency, heartbeatMs, sweepMs, clock, log }: WorkerDeps) => {
  const kinds = Object.keys(handlers) as BuiltInKind[]
  const stopping = new AbortController()
  const loops = new Map<string, Promise<void>>()
  const lanes: Lane[] = [
    { kinds: kinds.filter((kind) => kind !== 'deliver-webhook'), slots: concurrency, atOnce: 1, running: new Set() },
    { kinds: ['deliver-webhook'], slots: DELIVERY_SLOTS, atOnce: DELIVERY_SLOTS, running: new Set() },
  ]
  let sweeper: NodeJS.Timeout | undefined

  const start = (): void => {
    if (concurrency === 0) return
    const tick = async () => {
      try {
        await tasks.sweep()
        for (const { id } of await system.workspaces()) if (!loops.has(id) && !stopping.signal.aborted) loops.set(id, Promise.all(lanes.map((lane) => loop(id, lane))).then(() => undefined))
        for (const sweep of sweeps) await sweep()
      } catch (error) {
        log.warn({ err: error }, 'The worker could not look after its tasks; it will look again')
      }
    }
    sweeper = setInterval(() => void tick(), sweepMs)
    void tick()
  }

  const loop = (workspaceId: string, lane: Lane): Promise<void> => within(workspaceId, () => work(workspaceId, lane))

  const work = async (workspaceId: string, { kinds: own, slots, atOnce, running }: Lane): Promise<void> => {
    const caller = systemCaller(workspaceId, BUILT_IN_WORKER, 'worker')
    let agentId: string | null = null
    while (!stopping.signal.aborted) {
      try {
        agentId ??= (await agents.register(caller, { name: BUILT_IN_WORKER, kinds, description: DESCRIPTION })).agent.id
        await agents.heardOf(caller, agentId)
        const claimed = await tasks.claim(caller, { agentId, kinds: own, limit: Math.max(1, Math.min(atOnce, slots - running.size)), waitMs: heartbeatMs }, stopping.signal)
        for (const task of claimed) {
          const done = run(caller, task).finally(() => running.delete(done))
          running.add(done)
        }
        if (running.size >= slots) await Promise.race(running)
      } catch (error) {
        if (stopping.signal.aborted) break
        log.warn({ err: error, workspaceId }, 'The worker could not claim; it will try again')
        await new Promise((resolve) => setTimeout(resolve, 1_000))
      }
    }
    if (agentId) await agents.heartbeat(caller, agentId, { status: 'offline' }).catch(() => undefined)
  }

  const run = async (caller: SystemCaller, task: ClaimedTask): Promise<void> => {
    const { token } = task.lease
    const given = new AbortController()
    const signal = AbortSignal.any([given.signal, stopping.signal])
    const beat = async (said: { progress?: number; message?: string } = {}) => {
      const { cancel } = await tasks.heartbeat(caller, task.id, { token, ...said })
      if (cancel) given.abort(new Error('the task was cancelled or held'))
    }
    // A sign of life that could not be written says nothing of whose the task is.
    const heart = setInterval(() => void beat().catch((error) => { if (!storageFaultOf(error)) given.abort(error) }), heartbeatMs)
    try {
      const result = await handlers[task.kind as BuiltInKind](task, {
        caller: { ...caller, requestId: task.id }, signal,
        // Whoever tells how far it is may not wait for the answer: that the task is lost stops it all the same.
        progress: (fraction, message) => beat({ progress: Math.min(1, Math.max(0, fraction)), ...(message === undefined ? {} : { message }) }).catch((error: unknown) => {
          if (!storageFaultOf(error)) given.abort(error)
          throw error
        }),
      })
      signal.throwIfAborted()
      await once(() => tasks.complete(caller, task.id, { token, result: result as never }))
    } catch (error) {
      // Held, cancelled or lost: the task is not ours any more, and whoever took it has said so.
      if (given.signal.aborted) return
      const message = stopping.signal.aborted ? 'The server stopped; the task goes on when it is back.' : sayingOf(error)
      // A full disk, or a database that is away, costs the task none of its tries.
      const again = stopping.signal.aborted ? null : error instanceof RetryAt ? { at: error.at, counted: error.counted } : storageFaultOf(error) ? { at: clock() + STORAGE_AGAIN_MS, counted: false } : null
      if (!stopping.signal.aborted && !again) log.error({ err: error, taskId: task.id, kind: task.kind }, 'A task failed')
      await once(() => tasks.fail(caller, task.id, { token, error: message.slice(0, 2_000), retry: !(error instanceof Hopeless), ...(again ? { again } : {}) })).catch((lost) => log.warn({ err: lost, taskId: task.id }, 'The failed task was not ours any more'))
    } finally {
      clearInterval(heart)
    }
  }

  /** What came of a task is kept until it can be written, so that nothing is done twice only because the disk was full when it ended. */
  const once = async <Answer>(write: () => Promise<Answer>): Promise<Answer> => {
    for (;;) {
      try {
        return await write()
      } catch (error) {
        if (!storageFaultOf(error) || stopping.signal.aborted) throw error
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, STORAGE_AGAIN_MS)
          stopping.signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
        })
      }
    }
  }

  return {
    start,
    /** Gives back what runs at once, signs off, and leaves nothing behind. */
    async stop(): Promise<void> {
      clearInterval(sweeper)
      stopping.abort()
      await Promise.all([...loops.values(), ...lanes.flatMap(({ running }) => [...running])])
    },
  }
}
export type BuiltInWorker = ReturnType<typeof createWorker>
