import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type { Answer } from './route.ts'

/** Sends an answer by Node's own response: head and body in one write. */
export const writeAnswer = (outgoing: ServerResponse, { status, headers, body }: Answer): void => {
  if (body === null) {
    outgoing.writeHead(status, headers)
    outgoing.end()
    return
  }
  if (typeof body !== 'string') {
    outgoing.writeHead(status, headers)
    // Who goes away ends the stream; there is nobody left to be told.
    pipeline(Readable.fromWeb(body as unknown as WebStream), outgoing).catch(() => undefined)
    return
  }
  const bytes = Buffer.byteLength(body)
  headers['content-length'] = String(bytes)
  outgoing.writeHead(status, headers)
  // As many bytes as characters: all are ASCII, and need not be encoded once more.
  outgoing.end(body, bytes === body.length ? 'latin1' : 'utf8')
}
