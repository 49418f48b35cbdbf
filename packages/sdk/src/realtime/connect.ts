import ReconnectingWebSocket from 'partysocket/ws'
import { CLOSE } from './protocol.ts'

export interface Socket {
  send: (message: object) => void
  /** Tries again now, instead of when its turn comes. */
  reconnect: () => void
  close: () => void
}

export interface SocketOptions {
  /** Asked before every connection; a rejection counts as a failed one. */
  url: () => Promise<string>
  random: () => number
  onOpen: () => void
  onMessage: (text: string) => void
  /** Lost, or not to be had. Another try follows by itself, except after `CLOSE.forbidden` and `CLOSE.unauthenticated`. */
  onClose: (code: number) => void
}

/**
 * A socket that comes back by itself. partysocket waits without jitter, so each socket gets delays of its own: clients that a
 * restart has thrown out together do not come back together, and yet all within ten seconds.
 */
export const connect = ({ url, random, onOpen, onMessage, onClose }: SocketOptions): Socket => {
  const socket = new ReconnectingWebSocket(url, null, {
    minReconnectionDelay: 300 + random() * 1_700,
    maxReconnectionDelay: 4_000 + random() * 2_000,
    reconnectionDelayGrowFactor: 1.5,
    connectionTimeout: 10_000,
    maxEnqueuedMessages: 0,
    shouldReconnectOnClose: ({ code }) => code !== CLOSE.forbidden && code !== CLOSE.unauthenticated,
  })
  socket.addEventListener('open', onOpen)
  socket.addEventListener('message', ({ data }) => { if (typeof data === 'string') onMessage(data) })
  socket.addEventListener('close', ({ code }) => onClose(code))
  return {
    send: (message) => { socket.send(JSON.stringify(message)) },
    reconnect: () => socket.reconnect(),
    close: () => socket.close(),
  }
}
