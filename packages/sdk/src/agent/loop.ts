import type { RegisteredAgent } from '../contract/agents.ts'
import type { Claimed, ClaimedTask } from '../contract/tasks.ts'
import { type Clock, sleep } from '../core/clock.ts'
import { NotFoundError } from '../core/errors.ts'
import { backoff } from '../core/retry.ts'
import type { Transport } from '../core/transport.ts'
import type { AgentOptions, TaskHandler, WorkOptions } from './agent.ts'
import { isPassing } from './passing.ts'
import { Run } from './run.ts'

/** The server waits no longer than 30 s. */
const MAX_WAIT_MS = 25_000
const GRACE_MS = 2_000
const SIGN_OFF_TIMEOUT_MS = 2_000
const AWAY = { base: 250, max: 5_000 }

export interface LoopOptions extends AgentOptions, WorkOptions {
  transport: Transport
  handler: TaskHandler<never>
}

/** An agent at work: registers, claims as many tasks as it has free slots, runs them, signs off when it is stopped. */
export class Loop {
  readonly #options: LoopOptions
  readonly #stopping = new AbortController()
  readonly #runs = new Map<Run, Promise<void>>()
  readonly #graceOver: Promise<void>
  #slotFreed = () => {}

  constructor(options: LoopOptions) {
    this.#options = options
    this.#graceOver = new Promise((resolve) => {
      this.#stopping.signal.addEventListener('abort', () => { this.#clock.after(options.graceMs ?? GRACE_MS, resolve) }, { once: true })
    })
  }

  async work(): Promise<void> {
    const { signal } = this.#options
    if (signal?.aborted) return
    const stop = () => this.#stop()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      await this.#untilStopped()
    } catch (error) {
      // What a stop interrupts is no failure.
      if (!this.#stopped) throw error
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  async #untilStopped(): Promise<void> {
    let registered = await this.#register()
    try {
      while (!this.#stopped) {
        const free = (this.#options.concurrency ?? 1) - this.#runs.size
        if (free <= 0) await this.#freeSlot()
        else registered = await this.#claim(registered, free)
      }
    } finally {
      this.#stop()
      await Promise.all(this.#runs.values())
      await this.#signOff(registered)
    }
  }

  #register(): Promise<RegisteredAgent> {
    const { name, kinds, description } = this.#options
    return this.#ride(() => this.#post<RegisteredAgent>('/agents', { name, kinds, description }))
  }

  /** Claims and starts; answers the registration, which is a new one when the server knew the old no more. */
  async #claim(registered: RegisteredAgent, limit: number): Promise<RegisteredAgent> {
    const waitMs = Math.min(registered.heartbeatMs, MAX_WAIT_MS)
    const askedAt = this.#clock.now()
    try {
      const { tasks } = await this.#ride(() => this.#post<Claimed>('/tasks/claim', { agentId: registered.agent.id, kinds: this.#options.kinds, limit, waitMs }, waitMs))
      for (const task of tasks) this.#start(task, registered)
      // A server that does not wait must not be asked without a pause.
      const early = waitMs / 2 - (this.#clock.now() - askedAt)
      if (tasks.length === 0 && early > 0) await sleep(this.#clock, early, this.#stopping.signal)
      return registered
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error
      return this.#register()
    }
  }

  #start(task: ClaimedTask, registered: RegisteredAgent) {
    const { transport, handler, kinds, onError = () => {} } = this.#options
    const { heartbeatMs, leaseMs } = registered
    const next = () => (this.#stopped ? undefined : { kinds: [...kinds], limit: 1, waitMs: 0 })
    const run = new Run(task, { transport, handler, heartbeatMs, leaseMs, next, onError })
    const finished = run.finish(this.#graceOver).then((claimed) => {
      this.#runs.delete(run)
      for (const task of claimed) this.#start(task, registered)
      this.#slotFreed()
    })
    this.#runs.set(run, finished)
    if (this.#stopped) run.stop()
  }

  #freeSlot(): Promise<void> {
    return new Promise((resolve) => { this.#slotFreed = resolve })
  }

  /** Tries until it succeeds or the agent is stopped; a refusal that time does not mend is thrown. */
  async #ride<T>(deed: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await deed()
      } catch (error) {
        if (this.#stopped || !isPassing(error)) throw error
        this.#options.onError?.(error)
        await sleep(this.#clock, backoff(attempt, this.#clock.random, AWAY), this.#stopping.signal)
      }
    }
  }

  /** Beyond the transport's timeout it may wait `waitMs`. Sent once: it is this loop that tries again. */
  async #post<T>(path: string, body: object, waitMs = 0): Promise<T> {
    const { timeout } = this.#options.transport.options
    const answered = await this.#options.transport.run<T>({ method: 'POST', path, body, repeatable: false, timeout: timeout === 0 ? 0 : timeout + waitMs, signal: this.#stopping.signal })
    return answered.data
  }

  async #signOff({ agent }: RegisteredAgent): Promise<void> {
    const { transport, onError } = this.#options
    const path = `/agents/${encodeURIComponent(agent.id)}/heartbeat`
    await transport.run({ method: 'POST', path, body: { status: 'offline' }, timeout: SIGN_OFF_TIMEOUT_MS, maxRetries: 0 }).catch((error: unknown) => onError?.(error))
  }

  #stop() {
    if (this.#stopped) return
    this.#stopping.abort(new Error('The agent stops.'))
    for (const run of this.#runs.keys()) run.stop()
    this.#slotFreed()
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted
  }

  get #clock(): Clock {
    return this.#options.transport.options.clock
  }
}
