import { describe, expect, it } from 'vitest'
import { TestRoom } from '../../test/test-room.ts'
import { type Change, type FeedEvent, type FeedState, type FeedStatus, Flowstate, type SubscribeOptions } from '../index.ts'

const setUp = async (options: Partial<SubscribeOptions> = {}, prepare: (room: TestRoom) => void = () => undefined) => {
  const room = new TestRoom()
  prepare(room)
  await room.up()
  const events: FeedEvent[] = []
  const states: FeedStatus[] = []
  const waiting = new Set<() => void>()
  const happened = () => {
    for (const resolve of waiting) resolve()
    waiting.clear()
  }
  const flowstate = new Flowstate({ baseUrl: room.url, key: 'fsk_test' })
  const feed = flowstate.realtime.subscribe({
    channels: ['changes'], pollMs: 50, ...options,
    onEvent: (event) => { events.push(event); options.onEvent?.(event); happened() },
    onStatus: (status) => { states.push(status); happened() },
  })
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise<void>((resolve) => { waiting.add(resolve) })
  }
  const seqs = () => events.filter((event): event is { type: 'change'; change: Change } => event.type === 'change').map(({ change }) => change.seq)
  return {
    room, feed, events, states, until, seqs,
    reaches: (state: FeedState) => until(() => feed.state === state),
    got: (seq: number) => until(() => seqs().at(-1) === seq),
    async [Symbol.asyncDispose]() {
      feed.close()
      await room.down()
    },
  }
}
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index)

describe('a feed', () => {
  it('begins now when it is given no place, and hands over what is committed', async () => {
    await using test = await setUp({}, (room) => { room.seq = 41 })
    await test.reaches('live')
    test.room.commit()
    test.room.commit(3)
    await test.got(45)
    expect(test.seqs()).toEqual([42, 43, 44, 45])
    expect(test.states.map(({ state }) => state)).toEqual(['connecting', 'live'])
    expect(test.room.pulls).toBe(0)
  })

  it('catches up from the place it is given, from the room if the room still knows', async () => {
    await using test = await setUp({ since: 10 }, (room) => { room.seq = 20 })
    await test.got(20)
    expect(test.seqs()).toEqual(upTo(20, 11))
    expect(test.room.pulls).toBe(0)
  })

  it('catches up over HTTP when the room has forgotten', async () => {
    await using test = await setUp({ since: 0 }, (room) => Object.assign(room, { seq: 950, remembers: 10 }))
    await test.got(950)
    test.room.commit()
    await test.got(951)
    expect(test.seqs()).toEqual(upTo(951))
  })

  it('misses nothing and doubles nothing while the server is killed again and again', async () => {
    await using test = await setUp({ since: 0 })
    for (let round = 0; round < 3; round += 1) {
      await test.reaches('live')
      test.room.commit(5)
      await test.room.down()
      test.room.commit(7)
      await test.until(() => test.feed.state !== 'live')
      await test.room.up()
      test.room.commit(2)
    }
    await test.got(42)
    expect(test.seqs()).toEqual(upTo(42))
    expect(test.states.map(({ state }) => state)).toContain('connecting')
  }, 60_000)

  it('says that it is offline while the server is away', async () => {
    await using test = await setUp()
    await test.reaches('live')
    await test.room.down()
    await test.reaches('offline')
    expect(test.states.at(-1)?.error).toMatchObject({ code: 'connection' })
    await test.room.up()
    await test.reaches('live')
  }, 30_000)

  it('pulls its own changes when it may not see everyone\'s', async () => {
    await using test = await setUp({ since: 0 }, (room) => { room.limited = true })
    await test.reaches('live')
    test.room.commit(4)
    await test.got(4)
    expect(test.seqs()).toEqual([1, 2, 3, 4])
    expect(test.room.pulls).toBeGreaterThan(0)
  })

  it('fills the hole when frames were lost on the way', async () => {
    await using test = await setUp({ since: 0 })
    await test.reaches('live')
    test.room.losesFrames = true
    test.room.commit(3)
    test.room.losesFrames = false
    test.room.commit()
    await test.got(4)
    expect(test.seqs()).toEqual([1, 2, 3, 4])
  })

  it('tells its reader to load anew when the server was set back', async () => {
    await using test = await setUp({ since: 100 }, (room) => { room.seq = 60 })
    await test.until(() => test.events.some(({ type }) => type === 'resync'))
    expect(test.events).toEqual([{ type: 'resync', seq: 60 }])
    test.room.commit()
    await test.got(61)
  })

  it('replaces a ticket whose token is over at once, without a gap', async () => {
    await using test = await setUp({ since: 0 })
    await test.reaches('live')
    test.room.commit()
    test.room.closeAll(4401)
    await test.room.until(() => test.room.hellos.length === 2)
    test.room.commit()
    await test.got(2)
    expect(test.seqs()).toEqual([1, 2])
    expect(test.room.hellos[1]).toMatchObject({ since: 1 })
  })

  it('ends with the reason when the room is another\'s, or tickets are forbidden', async () => {
    await using closed = await setUp({}, (room) => { room.refuseWith = 4403 })
    await closed.reaches('closed')
    expect(closed.states.at(-1)?.error).toMatchObject({ name: 'ForbiddenError' })
    await using forbidden = await setUp({}, (room) => { room.ticketStatus = 403 })
    await forbidden.reaches('closed')
    expect(forbidden.states.at(-1)?.error).toMatchObject({ name: 'ForbiddenError' })
  })

  it('polls where no socket is to be had, goes on trying, and changes over without a gap', async () => {
    await using test = await setUp({ channels: ['changes', 'status'] }, (room) => Object.assign(room, { seq: 5, refusesSockets: true }))
    await test.reaches('polling')
    expect(test.events.find(({ type }) => type === 'snapshot')).toMatchObject({ agents: [{ id: 'agt_1' }], tasks: [{ id: 'tsk_1', progress: 0.4 }], stats: { crm: { deals: 1 } } })
    expect(JSON.stringify(test.events)).not.toContain('payload')
    test.room.commit(3)
    await test.got(8)
    test.room.refusesSockets = false
    await test.reaches('live')
    test.room.commit()
    await test.got(9)
    expect(test.seqs()).toEqual([6, 7, 8, 9])
  }, 30_000)

  it('takes server-sent events where no socket is to be had, polls no more, and changes over without a gap', async () => {
    await using test = await setUp({}, (room) => Object.assign(room, { seq: 5, refusesSockets: true, streams: true }))
    await test.reaches('streaming')
    const { pulls } = test.room
    test.room.commit(3)
    await test.got(8)
    expect(test.room.pulls).toBe(pulls)
    test.room.refusesSockets = false
    await test.reaches('live')
    await test.room.until(() => test.room.streaming.size === 0)
    test.room.commit()
    await test.got(9)
    expect(test.seqs()).toEqual([6, 7, 8, 9])
  }, 60_000)

  it('tells the server\'s time, whatever this machine\'s clock says', async () => {
    const server = Date.parse('2031-05-06T07:08:09.000Z')
    await using test = await setUp({}, (room) => { room.clock = () => server })
    await test.reaches('live')
    expect(Math.abs(test.feed.now() - server)).toBeLessThan(60_000)
    expect(test.states.at(-1)?.since).toBeGreaterThanOrEqual(server)
  })

  it('goes on when its reader throws, and reports the fault', async () => {
    const reported: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.on('uncaughtException', (error) => reported.push(error))
    try {
      await using test = await setUp({ since: 0, onEvent: (event) => { if (event.type === 'change' && event.change.seq === 1) throw new Error('a bug in the page') } })
      await test.reaches('live')
      test.room.commit(2)
      await test.got(2)
      expect(test.seqs()).toEqual([1, 2])
      expect(reported).toMatchObject([{ message: 'a bug in the page' }])
    } finally {
      process.removeAllListeners('uncaughtException')
      for (const listener of listeners) process.on('uncaughtException', listener)
    }
  })

  it('closes its socket for good when its signal aborts', async () => {
    const abort = new AbortController()
    await using test = await setUp({ signal: abort.signal })
    await test.reaches('live')
    abort.abort()
    expect(test.feed.state).toBe('closed')
    await test.room.until(() => test.room.connected === 0)
    test.room.commit()
    expect(test.seqs()).toEqual([])
  })

  it('never opens a socket when it was closed before it began', async () => {
    await using test = await setUp({ signal: AbortSignal.abort() })
    expect(test.states.map(({ state }) => state)).toEqual(['connecting', 'closed'])
  })
})
