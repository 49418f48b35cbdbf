import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Hello, RoomMessage } from '../src/contract/room.ts'
import { aChange, changesUpTo } from './changes.ts'

const STATS = {
  agents: { total: 1, working: 1, idle: 0, offline: 0 },
  tasks: { scheduled: 0, queued: 0, running: 1, paused: 0, succeeded: 0, dead: 0, cancelled: 0 },
  lastHour: { succeeded: 0, dead: 0, changes: 0 },
  crm: { companies: 0, customers: 0, deals: 1, interactions: 0, openActions: 0, openReminders: 0 },
}
const RECORD = { version: 1, createdAt: '2026-11-24T12:00:00.000Z', updatedAt: '2026-11-24T12:00:00.000Z', archivedAt: null }
const AGENT = { id: 'agt_1', name: 'Researcher', kinds: ['research'], description: null, status: 'working' as const, message: null, lastSeenAt: '2026-11-24T12:00:00.000Z', ...RECORD }
const TASK = {
  id: 'tsk_1', kind: 'research', state: 'running' as const, error: null, progress: 0.4, message: 'reading', attempts: 1, maxAttempts: 5, priority: 0, orderKey: null,
  runAt: RECORD.createdAt, agentId: 'agt_1', usage: null, startedAt: RECORD.createdAt, finishedAt: null, ...RECORD,
}

/** A miniature of the server: its log of changes, its tickets and its room, with every fault that a test asks for. */
export class TestRoom {
  seq = 0
  /** Sockets get ranges without items. */
  limited = false
  /** No socket is let in: as behind a proxy that knows no upgrades. */
  refusesSockets = false
  /** Answered to every ticket request. */
  ticketStatus = 201
  /** Every socket is closed with this before it gets a word. */
  refuseWith: number | undefined
  /** Frames are lost on the way. */
  losesFrames = false
  /** What the room remembers; an older `since` gets `resync`. */
  remembers = 1_000
  /** The server's clock. */
  clock = () => Date.now()
  readonly hellos: Hello[] = []
  pulls = 0
  /** Whether it answers server-sent events; else JSON, as a proxy might. */
  streams = false
  readonly streaming: Set<() => void> = new Set()
  #http: Server | undefined
  #port = 0
  #sockets = new Map<WebSocket, Hello | undefined>()
  #tickets = new Set<string>()
  #waiting = new Set<() => void>()

  get url(): string {
    return `http://127.0.0.1:${this.#port}/crm`
  }

  get connected(): number {
    return [...this.#sockets.values()].filter((hello) => hello !== undefined).length
  }

  async up(): Promise<void> {
    const http = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://room')
      if (this.streams && request.headers.accept === 'text/event-stream') return this.#stream(url, response)
      const [status, body] = this.#answer(url)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    const sockets = new WebSocketServer({ noServer: true })
    http.on('upgrade', (request, socket, head) => {
      if (this.refusesSockets) return socket.destroy()
      sockets.handleUpgrade(request, socket, head, (opened) => this.#opened(opened, new URL(request.url ?? '/', 'http://room')))
    })
    http.listen(this.#port, '127.0.0.1')
    await once(http, 'listening')
    this.#port = (http.address() as AddressInfo).port
    this.#http = http
  }

  /** As when the process is killed. */
  async down(): Promise<void> {
    const http = this.#http
    if (!http) return
    this.#http = undefined
    for (const socket of this.#sockets.keys()) socket.terminate()
    http.closeAllConnections()
    http.close()
    await once(http, 'close')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.down()
  }

  commit(count = 1): void {
    const from = this.seq + 1
    this.seq += count
    for (const tell of this.streaming) tell()
    if (!this.losesFrames) this.broadcast({ type: 'changes', at: this.#at(), from, to: this.seq, ...(this.limited ? {} : { items: changesUpTo(this.seq, from) }) })
  }

  broadcast(message: RoomMessage): void {
    for (const [socket, hello] of this.#sockets) if (hello) socket.send(JSON.stringify(message))
  }

  closeAll(code: number): void {
    for (const socket of this.#sockets.keys()) socket.close(code, 'closed by the test')
  }

  /** Resolves when `holds` does, looked at whenever something happens here. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise<void>((resolve) => { this.#waiting.add(resolve) })
  }

  #happened() {
    for (const resolve of this.#waiting) resolve()
    this.#waiting.clear()
  }

  #opened(socket: WebSocket, url: URL) {
    if (this.refuseWith !== undefined) return socket.close(this.refuseWith, 'refused')
    if (url.pathname !== '/crm/parties/main/wsp_1') return socket.close(4403, 'another room')
    if (!this.#tickets.delete(url.searchParams.get('ticket') ?? '')) return socket.close(4401, 'no ticket')
    this.#sockets.set(socket, undefined)
    socket.on('close', () => {
      this.#sockets.delete(socket)
      this.#happened()
    })
    socket.on('message', (data) => {
      const hello = JSON.parse(String(data)) as Hello
      this.#sockets.set(socket, hello)
      this.hellos.push(hello)
      this.#welcome(socket, hello)
      this.#happened()
    })
  }

  #welcome(socket: WebSocket, { channels, since }: Hello) {
    const status = channels.includes('status')
    const send = (message: RoomMessage) => socket.send(JSON.stringify(message))
    send({ type: 'snapshot', at: this.#at(), seq: this.seq, heartbeatMs: 5_000, agents: status ? [AGENT] : [], tasks: status ? [TASK] : [], stats: status ? { ...STATS, at: this.#at() } : null })
    if (!channels.includes('changes') || since === undefined) return
    if (since > this.seq) return send({ type: 'resync', at: this.#at(), reason: 'ahead', seq: this.seq })
    if (since < this.seq - this.remembers) return send({ type: 'resync', at: this.#at(), reason: 'too_old', seq: this.seq })
    if (since < this.seq) send({ type: 'changes', at: this.#at(), from: since + 1, to: this.seq, ...(this.limited ? {} : { items: changesUpTo(this.seq, since + 1) }) })
  }

  #stream(url: URL, response: ServerResponse) {
    let seq = Number(url.searchParams.get('since'))
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
    response.write(': ok\n\n')
    const tell = () => {
      for (const change of changesUpTo(this.seq, seq + 1)) response.write(`id: ${change.seq}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`)
      seq = this.seq
    }
    tell()
    this.streaming.add(tell)
    response.on('close', () => {
      this.streaming.delete(tell)
      this.#happened()
    })
    this.#happened()
  }

  #answer(url: URL): [status: number, body: unknown] {
    switch (url.pathname) {
      case '/crm/api/v1/realtime/ticket': {
        if (this.ticketStatus !== 201) return [this.ticketStatus, { code: this.ticketStatus === 403 ? 'forbidden' : 'unavailable', detail: 'No ticket.' }]
        const ticket = `tck_${Math.random()}`
        this.#tickets.add(ticket)
        return [201, { ticket, expiresIn: 30, workspaceId: 'wsp_1', path: 'parties/main/wsp_1' }]
      }
      case '/crm/api/v1/changes': {
        this.pulls += 1
        this.#happened()
        const since = Number(url.searchParams.get('since'))
        const to = Math.min(this.seq, since + Number(url.searchParams.get('limit') ?? 50))
        return [200, to <= since ? { from: this.seq + 1, to: this.seq, items: [] } : { from: since + 1, to, items: changesUpTo(to, since + 1).map(({ seq }) => aChange(seq)) }]
      }
      case '/crm/api/v1/agents': return [200, { items: [{ ...AGENT, stale: false }], nextCursor: null }]
      case '/crm/api/v1/tasks': return [200, { items: url.searchParams.get('state[in]')?.includes('running') ? [{ ...TASK, payload: {}, result: null }] : [], nextCursor: null }]
      case '/crm/api/v1/stats': return [200, { ...STATS, at: this.#at() }]
      default: return [404, { code: 'not_found', detail: 'No such route.' }]
    }
  }

  #at(): string {
    return new Date(this.clock()).toISOString()
  }
}
