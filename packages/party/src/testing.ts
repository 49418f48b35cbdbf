import type { Admission, Change, Channel, RelayAnswer, RelayMessage, RoomMessage } from '@flowstate-ai/sdk/contract'

/** What a host of rooms must offer so that the suite can try it. */
export interface HostUnderTest {
  /** `ws://…/parties/main/<room>`; the ticket is added. */
  socketUrl(room: string): string
  /** What the relay does: messages for a room, and its last answer. */
  relay(room: string, messages: RelayMessage[]): Promise<RelayAnswer>
  /** Lets one connection in, as a server would that had issued this ticket. */
  admit(ticket: string, admission: Admission): void
  close(): Promise<void>
}

/** The few words of a test runner that the suite needs; vitest's fit. */
export interface Runner {
  describe(name: string, suite: () => void): void
  it(name: string, test: () => Promise<void>): void
  beforeAll(hook: () => Promise<void>): void
  afterAll(hook: () => Promise<void>): void
  expect(value: unknown, message?: string): { toEqual(expected: unknown): void; toBe(expected: unknown): void }
}

const AT = '2026-01-01T00:00:00.000Z'

export const aChange = (seq: number): Change => ({
  seq, changeSetId: 'chg_1', noun: 'deals', id: `dea_${seq}`, op: 'create', version: 1, fields: { title: { to: `Deal ${seq}` } }, actor: { kind: 'system', id: 'system', name: 'Test' }, at: AT,
})
const baseline = (seq: number): RelayMessage => ({ type: 'baseline', at: AT, seq, heartbeatMs: 10_000, agents: [], tasks: [], stats: null })
const changes = (from: number, to: number): RelayMessage => ({ type: 'changes', at: AT, from, to, items: Array.from({ length: to - from + 1 }, (_, index) => aChange(from + index)) })
const anAgent = (id: string, version: number) => ({ id, name: id, kinds: ['research'], description: null, status: 'idle' as const, message: null, lastSeenAt: AT, version, createdAt: AT, updatedAt: AT, archivedAt: null })

/** A client that remembers everything it was told. */
const connect = (url: string) => {
  const socket = new WebSocket(url)
  const messages: RoomMessage[] = []
  const waiting = new Set<() => void>()
  const notify = () => { for (const check of [...waiting]) check() }
  let closed: number | null = null
  socket.addEventListener('message', ({ data }) => {
    messages.push(JSON.parse(String(data)) as RoomMessage)
    notify()
  })
  socket.addEventListener('close', ({ code }) => {
    closed = code
    notify()
  })
  const until = <Value>(find: () => Value | null | undefined | false): Promise<Value> => new Promise((resolve) => {
    const check = () => {
      const value = find()
      if (value === null || value === undefined || value === false) return
      waiting.delete(check)
      resolve(value)
    }
    waiting.add(check)
    check()
  })
  return {
    messages,
    opened: () => new Promise<void>((resolve) => (socket.readyState === WebSocket.OPEN ? resolve() : socket.addEventListener('open', () => resolve(), { once: true }))),
    say: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: <Type extends RoomMessage['type']>(type: Type) => until(() => messages.find((message): message is Extract<RoomMessage, { type: Type }> => message.type === type)),
    until,
    closed: () => until(() => closed),
    close: () => socket.close(),
  }
}

/** What every host of rooms must pass. `name` stands in brackets in each test's name, by which runs count them. */
export const roomSuite = (name: string, start: () => Promise<HostUnderTest>, { describe, it, beforeAll, afterAll, expect }: Runner): void => {
  describe(`the room [${name}]`, () => {
    let host: HostUnderTest
    let count = 0
    beforeAll(async () => { host = await start() })
    afterAll(async () => { await host.close() })

    const newRoom = () => `wsp_${name.replaceAll(/\W/g, '')}${Date.now().toString(36)}${count++}`
    const enter = async (room: string, { since, channels = ['status', 'changes'] as Channel[], ...admission }: Partial<Admission> & { since?: number } = {}) => {
      const ticket = `ticket-${count++}`
      host.admit(ticket, { workspaceId: room, principal: 'key:1', channels, limited: false, expiresAt: null, ...admission })
      const client = connect(`${host.socketUrl(room)}?ticket=${ticket}`)
      await client.opened()
      client.say({ type: 'hello', protocol: 1, channels, ...(since === undefined ? {} : { since }) })
      return client
    }
    /** A client's changes, in the order in which they came. */
    const seqsOf = ({ messages }: { messages: RoomMessage[] }) => messages.flatMap((message) => (message.type === 'changes' ? (message.items ?? []).map(({ seq }) => seq) : []))

    it('closes who has no ticket, or an unknown one, with 4401', async () => {
      const room = newRoom()
      expect(await connect(host.socketUrl(room)).closed()).toBe(4401)
      expect(await connect(`${host.socketUrl(room)}?ticket=unknown`).closed()).toBe(4401)
    })

    it('lets a ticket in once, and only into its own room', async () => {
      const room = newRoom()
      host.admit('once', { workspaceId: room, principal: 'key:1', channels: ['changes'], limited: false, expiresAt: null })
      const first = connect(`${host.socketUrl(room)}?ticket=once`)
      await first.opened()
      first.say({ type: 'hello', protocol: 1, channels: ['changes'] })
      await host.relay(room, [baseline(0)])
      await first.next('snapshot')
      expect(await connect(`${host.socketUrl(room)}?ticket=once`).closed()).toBe(4401)
      host.admit('foreign', { workspaceId: 'wsp_other', principal: 'key:1', channels: ['changes'], limited: false, expiresAt: null })
      expect(await connect(`${host.socketUrl(room)}?ticket=foreign`).closed()).toBe(4403)
      first.close()
    })

    it('greets with a snapshot as soon as the relay has said where the ledger stands', async () => {
      const room = newRoom()
      const client = await enter(room)
      await host.relay(room, [{ ...baseline(7), agents: [anAgent('agt_1', 1)] } as RelayMessage])
      const snapshot = await client.next('snapshot')
      expect(snapshot.seq).toBe(7)
      expect(snapshot.agents.map(({ id }) => id)).toEqual(['agt_1'])
      client.close()
    })

    it('sends changes in order, drops what it has seen, asks for what it missed', async () => {
      const room = newRoom()
      const client = await enter(room, { since: 0 })
      await host.relay(room, [baseline(0)])
      await client.next('snapshot')
      expect(await host.relay(room, [changes(1, 3)])).toEqual({ type: 'ok', seq: 3 })
      expect(await host.relay(room, [changes(2, 3)])).toEqual({ type: 'ok', seq: 3 })
      expect(await host.relay(room, [changes(6, 7)])).toEqual({ type: 'missing', since: 3 })
      expect(await host.relay(room, [changes(3, 7)])).toEqual({ type: 'ok', seq: 7 })
      await client.until(() => seqsOf(client).length === 7)
      expect(seqsOf(client)).toEqual([1, 2, 3, 4, 5, 6, 7])
      client.close()
    })

    it('gives who comes back what was missed, and says resync when that is too old', async () => {
      const room = newRoom()
      const keeper = await enter(room)
      await host.relay(room, [baseline(0)])
      await keeper.next('snapshot')
      for (let from = 1; from <= 1_200; from += 300) await host.relay(room, [changes(from, from + 299)])
      const back = await enter(room, { since: 1_100 })
      await back.until(() => seqsOf(back).length === 100)
      expect(seqsOf(back)[0]).toBe(1_101)
      const late = await enter(room, { since: 100 })
      expect((await late.next('resync')).reason).toBe('too_old')
      const ahead = await enter(room, { since: 5_000 })
      expect((await ahead.next('resync')).reason).toBe('ahead')
      for (const client of [keeper, back, late, ahead]) client.close()
    })

    it('tells a limited client that something changed, not what', async () => {
      const room = newRoom()
      const limited = await enter(room, { limited: true, channels: ['changes'], since: 0 })
      await host.relay(room, [{ ...baseline(0), agents: [anAgent('agt_secret', 1)] } as RelayMessage])
      await limited.next('snapshot')
      await host.relay(room, [{ type: 'status', at: AT, agents: [anAgent('agt_secret', 2)] } as RelayMessage, changes(1, 2)])
      const frame = await limited.next('changes')
      expect([frame.from, frame.to, frame.items]).toEqual([1, 2, undefined])
      expect(JSON.stringify(limited.messages).includes('secret') || JSON.stringify(limited.messages).includes('dea_')).toBe(false)
      limited.close()
    })

    it('keeps status to those who may see it, and sends only the newest state of each agent', async () => {
      const room = newRoom()
      const watcher = await enter(room)
      const other = await enter(room, { channels: ['changes'] })
      await host.relay(room, [baseline(0)])
      await watcher.next('snapshot')
      for (let version = 1; version <= 200; version++) await host.relay(room, [{ type: 'status', at: AT, agents: [anAgent('agt_1', version)] } as RelayMessage])
      const last = await watcher.until(() => watcher.messages.find((message) => message.type === 'status' && message.agents?.[0]?.version === 200))
      expect(last !== undefined).toBe(true)
      const versions = watcher.messages.flatMap((message) => (message.type === 'status' ? (message.agents ?? []).map(({ version }) => version) : []))
      expect(versions).toEqual([...versions].sort((a, b) => a - b))
      expect(versions.length < 200).toBe(true)
      await host.relay(room, [changes(1, 1)])
      await other.next('changes')
      expect(other.messages.some(({ type }) => type === 'status')).toBe(false)
      for (const client of [watcher, other]) client.close()
    })

    it('closes a client whose token is over, or was revoked, with 4401, and says bye', async () => {
      const room = newRoom()
      const short = await enter(room, { expiresAt: new Date(Date.now() + 1_200).toISOString() })
      const revoked = await enter(room, { principal: 'ses_1' })
      await host.relay(room, [baseline(0)])
      await revoked.next('snapshot')
      await host.relay(room, [{ type: 'revoke', at: AT, principal: 'ses_1' }])
      expect(await revoked.closed()).toBe(4401)
      expect((await revoked.next('bye')).code).toBe(4401)
      expect(await short.closed()).toBe(4401)
    })

    it('closes a client that does not speak the protocol with 4400', async () => {
      const room = newRoom()
      for (const nonsense of ['no json', '{"type":"hello","protocol":99,"channels":["changes"]}', '{"type":"shout"}']) {
        const ticket = `ticket-${count++}`
        host.admit(ticket, { workspaceId: room, principal: 'key:1', channels: ['changes'], limited: false, expiresAt: null })
        const client = connect(`${host.socketUrl(room)}?ticket=${ticket}`)
        await client.opened()
        client.say(nonsense)
        expect(await client.closed()).toBe(4400)
      }
    })

    it('begins anew after the relay did: fills a small gap, resyncs after a large one', async () => {
      const room = newRoom()
      const client = await enter(room, { since: 0 })
      expect(await host.relay(room, [baseline(0), changes(1, 2)])).toEqual({ type: 'ok', seq: 2 })
      expect(await host.relay(room, [baseline(5)])).toEqual({ type: 'missing', since: 2 })
      expect(await host.relay(room, [changes(3, 5)])).toEqual({ type: 'ok', seq: 5 })
      await client.until(() => seqsOf(client).length === 5)
      expect(await host.relay(room, [baseline(5_000)])).toEqual({ type: 'ok', seq: 5_000 })
      expect((await client.next('resync')).seq).toBe(5_000)
      client.close()
    })

    it('begins anew where the ledger was compacted beyond what it has', async () => {
      const room = newRoom()
      const client = await enter(room, { since: 0 })
      expect(await host.relay(room, [baseline(0), changes(1, 2)])).toEqual({ type: 'ok', seq: 2 })
      expect(await host.relay(room, [{ ...baseline(5), trimmed: 2 } as RelayMessage])).toEqual({ type: 'missing', since: 2 })
      expect(await host.relay(room, [{ ...baseline(5), trimmed: 3 } as RelayMessage])).toEqual({ type: 'ok', seq: 5 })
      expect((await client.next('resync')).seq).toBe(5)
      client.close()
    })
  })
}
