import type { Claim, ClaimedTask, CompletedTask, TaskBeatAnswer, Usage } from '../contract/tasks.ts'
import { sleep } from '../core/clock.ts'
import { ConflictError, NotFoundError } from '../core/errors.ts'
import { backoff } from '../core/retry.ts'
import type { Transport } from '../core/transport.ts'
import type { AgentTask, TaskHandler } from './agent.ts'
import { Heart, type News } from './heart.ts'
import { isPassing } from './passing.ts'

const MAX_ERROR = 2_000
const MAX_MESSAGE = 500
/** A stopping agent does not wait longer for a server that does not answer. */
const FAREWELL = { timeout: 2_000, maxRetries: 0 }

export interface RunOptions {
  transport: Transport
  handler: TaskHandler<never>
  heartbeatMs: number
  leaseMs: number
  /** What to claim together with the completion; undefined: nothing. */
  next: () => Omit<Claim, 'agentId'> | undefined
  onError: (error: unknown) => void
}

/** The task is no longer this agent's: there is nothing to answer the server. */
class TaskEnded extends Error {
  override name = 'TaskEnded'
}

/** One claimed task, from the handler's start to the server's receipt. */
export class Run {
  readonly #task: ClaimedTask
  readonly #options: RunOptions
  readonly #abort = new AbortController()
  readonly #heart: Heart
  #usage: Usage | undefined
  #renewedAt: number

  constructor(task: ClaimedTask, options: RunOptions) {
    this.#task = task
    this.#options = options
    this.#renewedAt = this.#clock.now()
    this.#heart = new Heart(this.#clock, options.heartbeatMs / 2, (news) => this.#beat(news))
  }

  /** Asks the handler to stop; what it has not finished when `graceOver` resolves is handed back. */
  stop(): void {
    this.#abort.abort(new Error('The agent stopped before it was done.'))
  }

  /** Resolves with the tasks that were claimed by the way; never rejects. */
  async finish(graceOver: Promise<void>): Promise<ClaimedTask[]> {
    const { signal } = this.#abort
    const outcome = await Promise.race([this.#handle(), graceOver.then(() => ({ error: signal.reason as unknown }))])
    const ended = signal.reason instanceof TaskEnded
    await this.#heart.stop({ silently: ended || signal.aborted })
    if (ended || signal.reason instanceof TaskEnded) return []
    if ('result' in outcome) {
      const completed = await this.#answer<CompletedTask>('complete', { result: outcome.result ?? null, claim: this.#options.next() })
      return completed?.claimed ?? []
    }
    const error = signal.aborted ? signal.reason as unknown : outcome.error
    if (!signal.aborted) this.#options.onError(error)
    await this.#answer('fail', { error: messageOf(error), retry: signal.aborted || mayRetry(error) })
    return []
  }

  async #handle(): Promise<{ result: unknown } | { error: unknown }> {
    try {
      return { result: await this.#options.handler(this.#inHand()) }
    } catch (error) {
      return { error }
    }
  }

  #inHand(): AgentTask<never> {
    const { lease: _, ...record } = this.#task
    const { signal } = this.#abort
    const progress = async (fraction: number, message?: string) => {
      signal.throwIfAborted()
      this.#heart.say({ progress: Math.min(1, Math.max(0, fraction)), ...(message === undefined ? {} : { message: message.slice(0, MAX_MESSAGE) }) })
    }
    const usage = (more: Usage) => { this.#usage = sum(this.#usage, more) }
    return { id: record.id, kind: record.kind, payload: record.payload as never, attempt: record.attempts, record, signal, progress, usage }
  }

  async #beat(news: News): Promise<boolean> {
    const askedAt = this.#clock.now()
    try {
      const { data } = await this.#options.transport.run<TaskBeatAnswer>({ ...this.#request('heartbeat', news), timeout: this.#options.heartbeatMs, maxRetries: 0 })
      this.#renewedAt = askedAt
      if (data.cancel) this.#abort.abort(new TaskEnded('The task was cancelled or paused.'))
      return true
    } catch (error) {
      if (error instanceof ConflictError || error instanceof NotFoundError) this.#abort.abort(new TaskEnded('The lease went to another agent.'))
      else if (this.#leaseIsOver()) this.#abort.abort(new TaskEnded('The server could not be reached until the lease was over.'))
      this.#options.onError(error)
      return false
    }
  }

  /** Says how it ended, again and again until the lease is over: a server that restarts meanwhile must not cost the work. */
  async #answer<T>(verb: 'complete' | 'fail', body: object): Promise<T | undefined> {
    const { transport, onError } = this.#options
    const { signal } = this.#abort
    // One key for all tries: claims that came with a lost answer are in the replayed one.
    const request = { ...this.#request(verb, { ...body, usage: this.#usage }), idempotencyKey: `${verb}-${this.#task.lease.token}` }
    for (let attempt = 0; ; attempt += 1) {
      try {
        return (await transport.run<T>(signal.aborted ? { ...request, ...FAREWELL } : request)).data
      } catch (error) {
        onError(error)
        if (!isPassing(error) || signal.aborted || this.#leaseIsOver()) return undefined
        await sleep(this.#clock, backoff(attempt, this.#clock.random), signal).catch(() => undefined)
      }
    }
  }

  #leaseIsOver(): boolean {
    return this.#clock.now() - this.#renewedAt > this.#options.leaseMs
  }

  #request(verb: string, body: object) {
    return { method: 'POST' as const, path: `/tasks/${encodeURIComponent(this.#task.id)}/${verb}`, body: { token: this.#task.lease.token, ...body } }
  }

  get #clock() {
    return this.#options.transport.options.clock
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, MAX_ERROR) || 'The handler failed without a word.'

const mayRetry = (error: unknown): boolean => !(typeof error === 'object' && error !== null && 'retry' in error && error.retry === false)

const sum = (total: Usage = {}, more: Usage): Usage => {
  const next: Usage = { ...total }
  for (const [name, amount] of Object.entries(more) as [keyof Usage, number | undefined][]) next[name] = (next[name] ?? 0) + (amount ?? 0)
  return next
}
