import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { admit } from '@flowstate-ai/party/admission'
import { advance, emptyRoom, type Outgoing, type RoomInput, type RoomState, STATUS_EVERY_MS } from '@flowstate-ai/party/room'
import type { Admission, RelayAnswer, RelayMessage } from '@flowstate-ai/sdk/contract'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../clock.ts'

interface HostOptions {
  basePath: string
  redeem(ticket: string): Promise<Admission | null>
  clock: Clock
  /** Somebody came into an empty room: the relay is to begin. */
  onOpen(workspaceId: string): void
  onEmpty(workspaceId: string): void
}

/** What a client may leave unread before it is closed. */
const UNSENT_LIMIT_BYTES = 1_048_576
const MESSAGE_LIMIT_BYTES = 4_096
const PING_EVERY_MS = 30_000
const CLOSING_MS = 1_000
const SERVICE_RESTART = 1012

/** Runs rooms inside the server process: sockets in, the reducer in the middle, frames out. */
export const createRoomHost = ({ basePath, redeem, clock, onOpen, onEmpty }: HostOptions) => {
  const server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_LIMIT_BYTES, perMessageDeflate: false })
  const prefix = `${basePath === '/' ? '' : basePath}/parties/main/`
  const takes = ({ url = '' }: IncomingMessage): boolean => url.startsWith(prefix)
  const rooms = new Map<string, { state: RoomState; sockets: Map<string, WebSocket>; ticking: NodeJS.Timeout }>()
  const alive = new WeakSet<WebSocket>()
  let count = 0

  const pinging = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.has(socket)) {
        socket.terminate()
        continue
      }
      alive.delete(socket)
      socket.ping()
    }
  }, PING_EVERY_MS)
  pinging.unref()

  const roomOf = (workspaceId: string) => {
    const known = rooms.get(workspaceId)
    if (known) return known
    const room = { state: emptyRoom(), sockets: new Map<string, WebSocket>(), ticking: setInterval(() => take(workspaceId, { type: 'tick' }), STATUS_EVERY_MS) }
    rooms.set(workspaceId, room)
    return room
  }

  const take = (workspaceId: string, input: RoomInput): RelayAnswer => {
    const room = rooms.get(workspaceId)
    if (!room) return { type: 'unknown' }
    const { state, outgoing, answer } = advance(room.state, input, clock())
    room.state = state
    for (const each of outgoing) send(workspaceId, room.sockets, each)
    return answer ?? { type: 'ok', seq: state.seq ?? 0 }
  }

  const send = (workspaceId: string, sockets: Map<string, WebSocket>, outgoing: Outgoing) => {
    if ('close' in outgoing) {
      const socket = sockets.get(outgoing.close)
      // One that does not read would never get a bye.
      if (socket && socket.bufferedAmount < UNSENT_LIMIT_BYTES) socket.send(outgoing.frame)
      socket?.close(outgoing.code, outgoing.reason)
      // One that does not read does not answer the closing either.
      if (socket) setTimeout(() => socket.terminate(), CLOSING_MS).unref()
      return
    }
    const bytes = Buffer.from(outgoing.frame)
    for (const id of outgoing.to) {
      const socket = sockets.get(id)
      if (!socket) continue
      socket.send(bytes, { binary: false })
      if (socket.bufferedAmount > UNSENT_LIMIT_BYTES) take(workspaceId, { type: 'slow', client: id })
    }
  }

  const enter = async (socket: WebSocket, workspaceId: string, ticket: string | null) => {
    alive.add(socket)
    socket.on('pong', () => alive.add(socket))
    socket.on('error', () => socket.terminate())
    const early: string[] = []
    let client: string | null = null
    socket.on('message', (data, isBinary) => {
      const text = isBinary ? '' : String(data)
      if (client) take(workspaceId, { type: 'message', client, text })
      else if (early.length < 2) early.push(text)
    })
    const admitted = await admit(workspaceId, ticket, redeem).catch(() => ({ code: 1013, reason: 'The ticket cannot be checked just now; try again.' }))
    if ('code' in admitted) return socket.close(admitted.code, admitted.reason)
    if (socket.readyState !== socket.OPEN) return
    const room = roomOf(workspaceId)
    const id = `client-${count++}`
    client = id
    room.sockets.set(id, socket)
    take(workspaceId, { type: 'connect', client: id, admission: admitted.admission })
    socket.on('close', () => leave(workspaceId, id))
    if (room.sockets.size === 1) onOpen(workspaceId)
    for (const text of early) take(workspaceId, { type: 'message', client: id, text })
  }

  const leave = (workspaceId: string, client: string) => {
    const room = rooms.get(workspaceId)
    if (!room) return
    room.sockets.delete(client)
    take(workspaceId, { type: 'disconnect', client })
    if (room.sockets.size > 0) return
    clearInterval(room.ticking)
    rooms.delete(workspaceId)
    onEmpty(workspaceId)
  }

  return {
    /** Takes an upgrade below the rooms' path; false: it is somebody else's. */
    upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): boolean {
      if (!takes(request)) return false
      // Not by URL, which throws for what strangers may send.
      const [path = '', query = ''] = (request.url ?? '').split('?', 2)
      server.handleUpgrade(request, stream, head, (socket) => void enter(socket, path.slice(prefix.length), new URLSearchParams(query).get('ticket')))
      return true
    },
    takes,
    /** The relay's way in: the same messages that a room on PartyKit gets by HTTP. */
    relay: async (workspaceId: string, messages: RelayMessage[]): Promise<RelayAnswer> => {
      let answer: RelayAnswer = { type: 'unknown' }
      for (const message of messages) answer = take(workspaceId, { type: 'relay', message })
      return answer
    },
    async close(): Promise<void> {
      clearInterval(pinging)
      for (const { ticking } of rooms.values()) clearInterval(ticking)
      for (const socket of server.clients) socket.close(SERVICE_RESTART, 'The server stops; come back in a moment.')
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => { for (const socket of server.clients) socket.terminate() }, 500)
        server.close(() => {
          clearTimeout(force)
          resolve()
        })
        if (server.clients.size === 0) {
          clearTimeout(force)
          resolve()
        }
      })
    },
  }
}
export type RoomHost = ReturnType<typeof createRoomHost>
