import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream as WebStream } from 'node:stream/web'
import type { ReportFault } from './render-error.ts'
import type { Answer } from './route.ts'

/** How long the first of some answers waits for the others. */
const TOGETHER_MS = 0.5
interface Ready { outgoing: ServerResponse; status: number; headers: Record<string, string>; body: string; bytes: number }

/**
 * Sends answers by Node's own responses, head and body in one write. Those that are there at almost the same time go out together, once
 * what came in with them has been read: who reads them on this machine, a proxy or a client, is then woken for all of them and not for
 * each, which costs more than to make a small answer.
 */
export const createAnswerWriter = (report: ReportFault) => {
  let ready: Ready[] = []
  let since = 0
  const send = (): void => {
    const together = ready
    ready = []
    for (const { outgoing, status, headers, body, bytes } of together) {
      try {
        outgoing.writeHead(status, headers)
        // As many bytes as characters: all are ASCII, and need not be encoded once more.
        outgoing.end(body, bytes === body.length ? 'latin1' : 'utf8')
      } catch (error) {
        report(error, headers['x-request-id'] ?? 'none')
        outgoing.destroy()
      }
    }
  }

  return (outgoing: ServerResponse, { status, headers, body }: Answer): void => {
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
    const now = performance.now()
    if (ready.length === 0) {
      since = now
      setImmediate(send)
    }
    ready.push({ outgoing, status, headers, body, bytes })
    // One that took its time keeps nobody waiting.
    if (now - since > TOGETHER_MS) send()
  }
}
