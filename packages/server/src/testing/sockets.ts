import type { RoomMessage } from '@flowstate-ai/sdk/contract'
import { WebSocket } from 'ws'

/** A socket to a room, with whatever headers, that remembers what it was told and why it was closed. */
export const socketTo = (url: string, { headers = [], hello = { type: 'hello', protocol: 1, channels: ['status', 'changes'], since: 0 } }: { headers?: [string, string][]; hello?: object } = {}) => {
  const socket = new WebSocket(url, { headers: Object.fromEntries(headers) })
  const frames: string[] = []
  let closed: number | null = null
  const waiting = new Set<() => void>()
  const look = () => { for (const each of [...waiting]) each() }
  socket.on('open', () => socket.send(JSON.stringify(hello)))
  socket.on('message', (data) => {
    frames.push(String(data))
    look()
  })
  socket.on('error', () => undefined)
  socket.on('close', (code) => {
    closed = code
    look()
  })
  const until = <Value>(find: () => Value | null | undefined): Promise<Value> => new Promise((resolve) => {
    const each = () => {
      const value = find()
      if (value === null || value === undefined) return
      waiting.delete(each)
      resolve(value)
    }
    waiting.add(each)
    each()
  })
  return {
    frames,
    /** The first message of a kind, once it is there. */
    next: (type: RoomMessage['type']): Promise<RoomMessage> => until(() => frames.map((text) => JSON.parse(text) as RoomMessage).find((message) => message.type === type)),
    until,
    /** Why it was closed, once it is. */
    closed: (): Promise<number> => until(() => closed),
    close: (): void => socket.close(),
  }
}
export type TestSocket = ReturnType<typeof socketTo>
