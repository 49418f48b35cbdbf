import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'

export interface Received { path: string; headers: IncomingHttpHeaders; body: string; id: string; status: number | null }
/** What a receiver does with a message: answers a status, or handles the response itself (`null`). */
export type Behaviour = (message: Received, response: ServerResponse, count: number) => number | null

/** A real receiver of webhooks on loopback that behaves as it is told, and remembers everything that it was sent. */
export const createReceiver = async (behave: Behaviour = () => 204) => {
  const received: Received[] = []
  const waiting = new Set<() => void>()
  const state = { behave }
  const http = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (chunk: Buffer) => parts.push(chunk))
    request.on('end', () => {
      const message: Received = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts).toString('utf8'), id: String(request.headers['webhook-id']), status: null }
      received.push(message)
      const status = state.behave(message, response, received.filter(({ id }) => id === message.id).length)
      message.status = status
      if (status !== null) response.writeHead(status, { 'content-type': 'text/plain' }).end(`status ${status}`)
      for (const look of waiting) look()
    })
  })
  let connections = 0
  http.on('connection', () => { connections++ })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const address = http.address()
  const port = address && typeof address === 'object' ? address.port : 0
  return {
    received, port, url: `http://127.0.0.1:${port}/hook`,
    /** Connections ever opened to it. */
    connections: (): number => connections,
    behaves(next: Behaviour): void { state.behave = next },
    /** Resolves once what was received fits. */
    until(holds: (received: Received[]) => boolean): Promise<void> {
      return new Promise((resolve) => {
        const look = () => {
          if (!holds(received)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      })
    },
    close: () => new Promise<void>((resolve) => {
      http.closeAllConnections()
      http.close(() => resolve())
    }),
  }
}
export type Receiver = Awaited<ReturnType<typeof createReceiver>>
