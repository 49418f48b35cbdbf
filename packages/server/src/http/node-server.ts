import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import type { ErrorCode } from '@flowstate-ai/sdk/contract'
import { AppError } from '../errors.ts'
import { requireHost } from './hosts.ts'
import { problem, problemOf } from './render-error.ts'
import { newRequestId } from './request-id.ts'

export interface Patience {
  /** A request's line and headers must be there within it. */
  headersMs: number
  /** After it a body must have come at the slowest pace or faster. */
  bodyGraceMs: number
  /** Bytes a second, on the average since the request began: an upload over a poor line passes, one that is kept trickling does not. */
  slowestBody: number
  /** How often both are looked after. */
  everyMs: number
}
export const PATIENCE: Patience = { headersMs: 15_000, bodyGraceMs: 20_000, slowestBody: 500, everyMs: 5_000 }
const KEEP_ALIVE_MS = 65_000
const LARGEST_HEADERS = 32_768

interface HttpServerOptions {
  fetch(request: Request): Response | Promise<Response>
  /** Is asked first, and may answer what needs no Request to be made of it. */
  take?: ((incoming: IncomingMessage, outgoing: ServerResponse) => boolean) | undefined
  /** Which upgrades somebody will take; others are answered as if they had not asked. */
  takesUpgrade(request: IncomingMessage): boolean
  /** Which hosts it answers to; default all: whoever mounts it knows. */
  hosts?: ((header: string | undefined) => boolean) | undefined
  patience?: Patience | undefined
}

/** Node's server in front of a fetch handler, with bounds for who sends slowly, and with words for who sends what is no HTTP. */
export const createHttpServer = ({ fetch, take, takesUpgrade, hosts = () => true, patience = PATIENCE }: HttpServerOptions): Server => {
  /** The last request of each connection. */
  const latest = new Map<Socket, { request: IncomingMessage; since: number; bytesBefore: number }>()
  const listener = getRequestListener(fetch, {
    // What has no address could not be given to the interface.
    errorHandler: () => {
      const requestId = newRequestId()
      const answer = problem(new AppError('bad_request', 'The request names no address of this server: its path or its Host header cannot be read.'), requestId)
      answer.headers.set('x-request-id', requestId)
      return answer
    },
  })
  const http = createServer({
    // Uploads may take as long as they need; the watch below ends those that only pretend.
    requestTimeout: 0, headersTimeout: patience.headersMs, connectionsCheckingInterval: patience.everyMs, keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: LARGEST_HEADERS,
    requireHostHeader: false, shouldUpgradeCallback: (request) => hosts(request.headers.host) && takesUpgrade(request),
  }, (incoming, outgoing) => {
    if (incoming.method !== 'GET') latest.set(incoming.socket, { request: incoming, since: performance.now(), bytesBefore: incoming.socket.bytesRead })
    try {
      requireHost(hosts, incoming.headers.host, incoming.url ?? '/')
    } catch (error) {
      return refuse(outgoing, error as AppError)
    }
    if (take?.(incoming, outgoing)) return
    // Which of two would count, another on the way may see differently (RFC 9112, 3.2).
    if (incoming.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length > 1) return refuse(outgoing, new AppError('bad_request', 'The request names two hosts.'))
    void listener(incoming, outgoing)
  })

  const watch = setInterval(() => {
    const now = performance.now()
    for (const [socket, { request, since, bytesBefore }] of latest) {
      const ms = now - since
      if (request.complete || ms < patience.bodyGraceMs || (socket.bytesRead - bytesBefore) / (ms / 1_000) >= patience.slowestBody) continue
      latest.delete(socket)
      hangUp(socket, 'request_timeout', 'The body came too slowly; send the request again.')
    }
  }, patience.everyMs)
  watch.unref()
  http.on('connection', (socket: Socket) => socket.once('close', () => latest.delete(socket)))
  // A Node that knows no `shouldUpgradeCallback` brings all of them here.
  http.on('upgrade', (request, socket) => { if (!hosts(request.headers.host) || !takesUpgrade(request)) hangUp(socket, 'bad_request', 'Nothing here is upgraded but the room\'s socket.') })
  http.on('close', () => clearInterval(watch))
  // Whatever else is expected than `100-continue` is none of ours to refuse.
  http.on('checkExpectation', (incoming, outgoing) => http.emit('request', incoming, outgoing))
  http.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    if (error.code === 'HPE_HEADER_OVERFLOW') return hangUp(socket, 'headers_too_large', `The request's line and headers are larger than the ${LARGEST_HEADERS} bytes that this server takes.`)
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return hangUp(socket, 'request_timeout', 'The request came too slowly; send it again.')
    hangUp(socket, 'bad_request', 'This is not HTTP/1.1 as this server reads it.')
  })
  return http
}

const refuse = (outgoing: ServerResponse, error: AppError): void => {
  const requestId = newRequestId()
  const body = problemOf(error, requestId)
  outgoing.writeHead(body.status, { 'content-type': 'application/problem+json; charset=utf-8', 'x-request-id': requestId, 'x-content-type-options': 'nosniff', connection: 'close' }).end(JSON.stringify(body))
}

/** Answers on a connection of which nothing more is read, and ends it. */
const hangUp = (socket: Duplex, code: ErrorCode, detail: string): void => {
  const requestId = newRequestId()
  const body = problemOf(new AppError(code, detail), requestId)
  const text = JSON.stringify(body)
  socket.end(`HTTP/1.1 ${body.status} ${body.title}\r\nConnection: close\r\nContent-Type: application/problem+json; charset=utf-8\r\nX-Request-Id: ${requestId}\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`, () => socket.destroy())
}
