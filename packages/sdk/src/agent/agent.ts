import type { Task, Usage } from '../contract/tasks.ts'
import type { Transport } from '../core/transport.ts'

export interface AgentOptions {
  /** Unique in the workspace; the same name is the same agent again. */
  name: string
  /** The kinds of task that it takes. */
  kinds: readonly string[]
  description?: string
  /** Tasks at a time; default 1. */
  concurrency?: number
}

/** JSON, as payloads and results are. */
export type Json = Task['payload']

/** A task in an agent's hands. */
export interface AgentTask<Payload = Json> {
  readonly id: string
  readonly kind: string
  readonly payload: Payload
  /** Counts from 1. */
  readonly attempt: number
  /** The task as it was claimed. */
  readonly record: Readonly<Task>
  /** Aborts when the task was cancelled or paused, its lease is lost, or the agent stops: what you do then is not kept. */
  readonly signal: AbortSignal
  /**
   * Tells how far it is, from 0 to 1, and what it does: sent at most once a second, the last one always. Throws the signal's
   * reason once that has aborted, so a task that reports its progress also stops in time.
   */
  progress: (fraction: number, message?: string) => Promise<void>
  /** Adds to the tokens and the money that the task has cost; told with its end. */
  usage: (usage: Usage) => void
}

/** Answers the task's result; a throw fails it: it is tried again, unless the error carries `retry: false`. */
export type TaskHandler<Payload = Json> = (task: AgentTask<Payload>) => unknown

export interface WorkOptions {
  /** Stops the agent: no more claims; `work` resolves when it has signed off. */
  signal?: AbortSignal
  /** Milliseconds that running tasks are given after the stop, before they are handed back; default 2,000. */
  graceMs?: number
  /** Hears of what the agent rides out: a server that is away, a handler that failed. */
  onError?: (error: unknown) => void
}

/**
 * A program that takes tasks from the queue.
 *
 * @example
 * const agent = flowstate.agent({ name: 'Researcher', kinds: ['research'] })
 * await agent.work(async (task) => { await task.progress(0.4, 'reading'); return { found: 3 } })
 */
export class Agent {
  readonly #transport: Transport
  readonly #options: AgentOptions

  constructor(transport: Transport, options: AgentOptions) {
    if (options.kinds.length === 0) throw new TypeError('An agent must take at least one kind of task.')
    this.#transport = transport
    this.#options = options
  }

  /** Works until `signal` aborts. Rejects only when the server refuses the agent itself: its key, its name, its kinds. */
  async work<Payload = Json>(handler: TaskHandler<Payload>, options: WorkOptions = {}): Promise<void> {
    const { Loop } = await import('./loop.ts')
    await new Loop({ ...this.#options, ...options, transport: this.#transport, handler: handler as TaskHandler<never> }).work()
  }
}
