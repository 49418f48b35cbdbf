import type { ServerResponse } from 'node:http'
import { problem, type Heard, type Reply, type ScriptedServer, scriptedServer } from './scripted-server.ts'

interface QueuedTask { id: string; state: string; attempts: number; token: string | null; payload: unknown; result: unknown; error: string | null; retry: boolean | null; cancel: boolean }
export type Verb = 'register' | 'claim' | 'heartbeat' | 'complete' | 'fail' | 'beat'

/** A miniature of the server's queue, with every fault that a test asks for. */
export class TestQueue {
  readonly tasks: QueuedTask[] = []
  readonly said: { verb: Verb; id?: string; body: Record<string, unknown> }[] = []
  agentId = 'agt_1'
  heartbeatMs = 1_000
  leaseMs = 30_000
  /** Asked before every answer: what it answers is sent instead. */
  fault: (verb: Verb, nth: number) => Reply | 'cut' | undefined = () => undefined
  readonly #server: ScriptedServer
  readonly #waiting = new Set<() => void>()
  readonly #polls = new Set<ServerResponse>()

  static async open(): Promise<TestQueue> {
    const queue: { it?: TestQueue } = {}
    const server = await scriptedServer((heard) => queue.it?.answer(heard))
    queue.it = new TestQueue(server)
    return queue.it
  }

  private constructor(server: ScriptedServer) {
    this.#server = server
  }

  get url(): string {
    return this.#server.url
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#server[Symbol.asyncDispose]()
  }

  enqueue(count = 1, payload: unknown = {}): void {
    for (let n = 0; n < count; n += 1) this.tasks.push({ id: `tsk_${this.tasks.length + 1}`, state: 'queued', attempts: 0, token: null, payload, result: null, error: null, retry: null, cancel: false })
    this.#happened()
  }

  task(id: string): QueuedTask {
    const task = this.tasks.find((one) => one.id === id)
    if (!task) throw new Error(`no task ${id}`)
    return task
  }

  count(verb: Verb): number {
    return this.said.filter((one) => one.verb === verb).length
  }

  /** Resolves when `holds` does, looked at whenever something happens here. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => { this.#waiting.add(resolve) })
  }

  async answer({ path, body, response }: Heard): Promise<Reply | void> {
    const [, noun = '', id = '', verb = ''] = /^\/api\/v1\/(\w+)\/?([^/]*)\/?(\w*)$/.exec(path) ?? []
    const parsed = (body === '' ? {} : JSON.parse(body)) as Record<string, unknown>
    const name: Verb = noun === 'agents' ? (verb === 'heartbeat' ? 'beat' : 'register') : id === 'claim' ? 'claim' : verb as Verb
    this.said.push({ verb: name, ...(id === '' ? {} : { id }), body: parsed })
    this.#happened()
    const fault = this.fault(name, this.count(name))
    if (fault === 'cut') return void response.destroy()
    if (fault) return fault
    switch (name) {
      case 'register': return { json: { agent: { id: this.agentId }, heartbeatMs: this.heartbeatMs, leaseMs: this.leaseMs } }
      case 'beat': return { json: { id } }
      case 'claim': return this.#claim(parsed, response)
      default: return this.#verb(name, this.task(id), parsed)
    }
  }

  async #claim(body: Record<string, unknown>, response: ServerResponse): Promise<Reply | void> {
    if (body.agentId !== this.agentId) return problem(404, 'not_found')
    let gone = false
    response.on('close', () => {
      gone = true
      this.#polls.delete(response)
      this.#happened()
    })
    this.#polls.add(response)
    if (body.waitMs) await this.until(() => gone || this.tasks.some(({ state }) => state === 'queued'))
    if (!gone) return { json: { tasks: this.#take(Number(body.limit)) } }
  }

  #take(limit: number) {
    return this.tasks.filter(({ state }) => state === 'queued').slice(0, limit).map((task) => {
      Object.assign(task, { state: 'running', attempts: task.attempts + 1, token: `lea_${task.id}_${task.attempts + 1}` })
      return { id: task.id, kind: 'research', state: task.state, attempts: task.attempts, payload: task.payload, lease: { token: task.token, until: '2026-11-24T12:00:00.000Z' } }
    })
  }

  #verb(verb: Verb, task: QueuedTask, body: Record<string, unknown>): Reply {
    const claimed = () => (body.claim ? this.#take(Number((body.claim as { limit: number }).limit)) : [])
    if (verb === 'complete' && task.state === 'succeeded' && body.token === task.token) return { json: { task, claimed: [] } }
    if (task.state !== 'running' || body.token !== task.token) return problem(409, 'lease_lost')
    if (verb === 'heartbeat') return { json: { cancel: task.cancel, leaseUntil: '2026-11-24T12:00:00.000Z' } }
    if (verb === 'complete') Object.assign(task, { state: 'succeeded', result: body.result })
    else Object.assign(task, { state: body.retry === false ? 'dead' : 'scheduled', error: body.error, retry: body.retry })
    this.#happened()
    return { json: verb === 'complete' ? { task, claimed: claimed() } : task }
  }

  #happened() {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve()
  }
}
