import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/fake-clock.ts'
import { problem } from '../../test/scripted-server.ts'
import { TestQueue } from '../../test/test-queue.ts'
import { type AgentOptions, Flowstate, type TaskHandler } from '../index.ts'

/** An agent at work on a test queue, its time in the test's hands. */
const setUp = async (handler: TaskHandler, { prepare = () => undefined, ...options }: Partial<AgentOptions> & { prepare?: (queue: TestQueue) => void } = {}) => {
  const queue = await TestQueue.open()
  prepare(queue)
  const clock = new FakeClock()
  const abort = new AbortController()
  const errors: unknown[] = []
  const flowstate = new Flowstate({ baseUrl: queue.url, key: 'fsa_test', clock })
  const begun = held<void>()
  const handle: TaskHandler = (task) => {
    begun.release()
    return handler(task)
  }
  const working = flowstate.agent({ name: 'Researcher', kinds: ['research'], ...options }).work(handle, { signal: abort.signal, onError: (error) => errors.push(error) })
  return {
    queue, clock, errors, working, begun: begun.promise, stop: () => abort.abort(),
    finished: (id: string) => queue.until(() => ['succeeded', 'dead', 'scheduled'].includes(queue.task(id).state)),
    async [Symbol.asyncDispose]() {
      abort.abort()
      await Promise.race([working.catch(() => undefined), clock.reach((ms) => ms === 2_000)])
      await queue[Symbol.asyncDispose]()
    },
  }
}
/** A handler's work whose end the test decides. */
const held = <T>() => {
  const hold: { release: (value: T) => void; promise: Promise<T> } = { release: () => undefined, promise: Promise.resolve() as Promise<T> }
  hold.promise = new Promise((resolve) => { hold.release = resolve })
  return hold
}
const untilAborted = (signal: AbortSignal) => new Promise<never>((_, reject) => { signal.addEventListener('abort', () => reject(signal.reason), { once: true }) })

describe('an agent', () => {
  it('registers, takes tasks and answers their results, claiming the next in the same call', async () => {
    await using test = await setUp(async (task) => ({ answer: (task.payload as { ask: number }).ask * 2, attempt: task.attempt }), { description: 'Reads the news', prepare: (queue) => queue.enqueue(3, { ask: 21 }) })
    await test.finished('tsk_3')
    expect(test.queue.tasks.map(({ state, result }) => ({ state, result }))).toEqual(Array.from({ length: 3 }, () => ({ state: 'succeeded', result: { answer: 42, attempt: 1 } })))
    expect(test.queue.said[0]).toEqual({ verb: 'register', body: { name: 'Researcher', kinds: ['research'], description: 'Reads the news' } })
    await test.queue.until(() => test.queue.count('claim') === 2)
    expect(test.queue.count('complete')).toBe(3)
  })

  it('works on as many tasks as it has slots, and on no more', async () => {
    let most = 0
    let now = 0
    const gate = held<void>()
    await using test = await setUp(async () => {
      most = Math.max(most, now += 1)
      await gate.promise
      now -= 1
    }, { concurrency: 3, prepare: (queue) => queue.enqueue(8) })
    await test.queue.until(() => test.queue.tasks.filter(({ state }) => state === 'running').length === 3)
    gate.release()
    await test.queue.until(() => test.queue.tasks.every(({ state }) => state === 'succeeded'))
    expect(most).toBe(3)
  })

  it('waits for work without asking again and again', async () => {
    await using test = await setUp(() => 'done')
    await test.queue.until(() => test.queue.count('claim') === 1)
    test.queue.enqueue()
    await test.finished('tsk_1')
    expect(test.queue.said.find(({ verb }) => verb === 'claim')?.body).toEqual({ agentId: 'agt_1', kinds: ['research'], limit: 1, waitMs: 1_000 })
  })

  it('keeps the lease alive at half the heartbeat', async () => {
    const work = held<string>()
    await using test = await setUp(() => work.promise, { prepare: (queue) => queue.enqueue() })
    await test.clock.reach((ms) => ms === 500)
    await test.queue.until(() => test.queue.count('heartbeat') === 1)
    await test.clock.reach((ms) => ms === 500)
    await test.queue.until(() => test.queue.count('heartbeat') === 2)
    work.release('done')
    await test.finished('tsk_1')
    expect(test.queue.said.find(({ verb }) => verb === 'heartbeat')?.body).toEqual({ token: 'lea_tsk_1_1' })
  })

  it('tells progress at most once a second, put together, and the last word always', async () => {
    const [said, work] = [held<void>(), held<string>()]
    await using test = await setUp(async (task) => {
      for (const step of [0.1, 0.2, 0.3]) await task.progress(step, `step ${step}`)
      said.release()
      await work.promise
      await task.progress(1)
      task.usage({ input: 10, cost: 0.5 })
      task.usage({ input: 5, output: 2 })
      return 'done'
    }, { prepare: (queue) => Object.assign(queue, { heartbeatMs: 10_000 }).enqueue() })
    await said.promise
    await test.clock.reach((ms) => ms === 1_000)
    await test.queue.until(() => test.queue.count('heartbeat') === 1)
    work.release('go')
    await test.finished('tsk_1')
    expect(test.queue.said.filter(({ verb }) => verb === 'heartbeat').map(({ body }) => body)).toEqual([
      { token: 'lea_tsk_1_1', progress: 0.3, message: 'step 0.3' },
      { token: 'lea_tsk_1_1', progress: 1 },
    ])
    expect(test.queue.said.find(({ verb }) => verb === 'complete')?.body.usage).toEqual({ input: 15, output: 2, cost: 0.5 })
  })

  it('gives a failed task back with its reason, for another try unless that is useless', async () => {
    await using test = await setUp((task) => { throw Object.assign(new Error('no source'), task.id === 'tsk_2' ? { retry: false } : {}) }, { prepare: (queue) => queue.enqueue(2) })
    await test.finished('tsk_2')
    expect(test.queue.tasks.map(({ state, error, retry }) => ({ state, error, retry }))).toEqual([{ state: 'scheduled', error: 'no source', retry: true }, { state: 'dead', error: 'no source', retry: false }])
  })
})

describe('an agent in trouble', () => {
  it('stops a task that was cancelled, and does not answer it', async () => {
    const reasons: unknown[] = []
    await using test = await setUp(async (task) => {
      try { await untilAborted(task.signal) } catch (reason) { reasons.push(reason) }
      await expect(task.progress(0.5)).rejects.toThrow('cancelled')
      return 'too late'
    }, { prepare: (queue) => queue.enqueue() })
    await test.queue.until(() => test.queue.task('tsk_1').state === 'running')
    test.queue.task('tsk_1').cancel = true
    await test.clock.reach((ms) => ms === 500)
    await test.queue.until(() => test.queue.count('claim') === 2)
    expect(reasons).toMatchObject([{ name: 'TaskEnded' }])
    expect(test.queue.count('complete') + test.queue.count('fail')).toBe(0)
  })

  it('stops a task whose lease went to another', async () => {
    await using test = await setUp((task) => untilAborted(task.signal), { prepare: (queue) => queue.enqueue() })
    await test.queue.until(() => test.queue.task('tsk_1').state === 'running')
    test.queue.task('tsk_1').token = 'another agent\'s'
    await test.clock.reach((ms) => ms === 500)
    await test.queue.until(() => test.queue.count('claim') === 2)
    expect(test.queue.count('fail')).toBe(0)
  })

  it('stops a task when the server has been away for longer than the lease', async () => {
    await using test = await setUp((task) => untilAborted(task.signal), {
      prepare: (queue) => {
        Object.assign(queue, { leaseMs: 1_200, fault: (verb: string) => (verb === 'heartbeat' ? 'cut' : undefined) }).enqueue()
      },
    })
    for (let beats = 0; beats < 3; beats += 1) {
      await test.clock.reach((ms) => ms === 500)
      await test.queue.until(() => test.queue.count('heartbeat') === beats + 1)
    }
    await test.queue.until(() => test.queue.count('claim') === 2)
  })

  it('rides out a server that is away: registering, claiming and answering until it is back', async () => {
    const faults: Record<string, number> = { register: 2, claim: 2, complete: 4 }
    await using test = await setUp(() => 'done', {
      prepare: (queue) => {
        queue.fault = (verb, nth) => (nth <= (faults[verb] ?? 0) ? 'cut' : undefined)
        queue.enqueue()
      },
    })
    const ride = (async () => { for (;;) await test.clock.reach((ms) => ms <= 500) })()
    await Promise.race([test.finished('tsk_1'), ride])
    expect(test.queue.task('tsk_1').result).toBe('done')
    expect(test.errors.length).toBeGreaterThan(0)
    const keys = test.queue.said.filter(({ verb }) => verb === 'complete')
    expect(keys).toHaveLength(5)
  })

  it('registers again when the server knows it no more', async () => {
    await using test = await setUp(() => 'done')
    await test.queue.until(() => test.queue.count('claim') === 1)
    test.queue.agentId = 'agt_2'
    test.queue.enqueue()
    test.queue.fault = (verb) => (verb === 'claim' && test.queue.count('register') === 1 ? problem(404, 'not_found') : undefined)
    await test.queue.until(() => test.queue.tasks.every(({ state }) => state === 'succeeded'))
  })

  it('gives up when the server refuses it', async () => {
    await using test = await setUp(() => 'done', { prepare: (queue) => { queue.fault = () => problem(403, 'forbidden') } })
    await expect(test.working).rejects.toMatchObject({ name: 'ForbiddenError' })
  })

  it('does not hammer a server that answers claims at once', async () => {
    await using test = await setUp(() => 'done', { prepare: (queue) => { queue.fault = (verb) => (verb === 'claim' ? { json: { tasks: [] } } : undefined) } })
    await test.clock.reach((ms) => ms === 500)
    await test.queue.until(() => test.queue.count('claim') === 2)
  })
})

describe('an agent that is stopped', () => {
  it('claims no more, lets running tasks finish, and signs off', async () => {
    const work = held<string>()
    const signals: boolean[] = []
    await using test = await setUp(async (task) => {
      const result = await work.promise
      signals.push(task.signal.aborted)
      return result
    }, { prepare: (queue) => queue.enqueue(2) })
    await test.begun
    test.stop()
    work.release('just in time')
    await test.working
    expect(test.queue.tasks).toMatchObject([{ state: 'succeeded', result: 'just in time' }, { state: 'queued' }])
    expect(signals).toEqual([true])
    expect(test.queue.said.at(-1)).toEqual({ verb: 'beat', id: 'agt_1', body: { status: 'offline' } })
  })

  it('hands back what does not finish in its grace, for another try', async () => {
    await using test = await setUp(() => new Promise(() => undefined), { prepare: (queue) => queue.enqueue() })
    await test.begun
    test.stop()
    await test.clock.reach((ms) => ms === 2_000)
    await test.working
    expect(test.queue.task('tsk_1')).toMatchObject({ state: 'scheduled', retry: true, error: 'The agent stopped before it was done.' })
  })

  it('while it waits for work, hangs up and signs off', async () => {
    await using test = await setUp(() => 'done')
    await test.queue.until(() => test.queue.count('claim') === 1)
    test.stop()
    await test.working
    expect(test.queue.said.at(-1)).toMatchObject({ verb: 'beat', body: { status: 'offline' } })
  })

  it('does not wait for a server that is gone', async () => {
    await using test = await setUp((task) => untilAborted(task.signal), { prepare: (queue) => queue.enqueue() })
    await test.begun
    test.queue.fault = () => 'cut'
    test.stop()
    await test.working
    expect(test.queue.count('fail')).toBe(1)
  })

  it('before it has registered, ends without a word', async () => {
    await using test = await setUp(() => 'done', { prepare: (queue) => { queue.fault = () => 'cut' } })
    await test.queue.until(() => test.queue.count('register') === 1)
    test.stop()
    await test.working
    expect(test.queue.count('beat')).toBe(0)
  })
})
