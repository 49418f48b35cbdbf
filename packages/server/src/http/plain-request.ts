import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AskedRequest } from './route.ts'

/** What an address of the interface is made of when nothing in it has to be unescaped or resolved; of its query, escapes may stay. */
const PLAIN_TARGET = /^\/[\w!$&'()*+,\-./:;=@~]*(?:\?[\w!$&'()*+,\-./:;=?@~%[\]]*)?$/
const DOT_SEGMENT = /\/\.\.?(?:[/?]|$)/
const PLAIN_HOST = /^[a-z0-9._-]+(?::(?:\d{1,4}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5]))?$/

/** Node's own GET as a handler sees it; null where it takes more than this to read it, or where its answer may be an endless one. */
export const plainRequestOf = (incoming: IncomingMessage, outgoing: ServerResponse): AskedRequest | null => {
  const { method, url = '', rawHeaders } = incoming
  if (method !== 'GET' || !PLAIN_TARGET.test(url) || DOT_SEGMENT.test(url)) return null
  const headers = new PlainHeaders(rawHeaders)
  const host = headers.get('host')
  if (host === null || !PLAIN_HOST.test(host) || headers.get('content-length') !== null || headers.get('transfer-encoding') !== null || (headers.get('accept') ?? '').includes('text/event-stream')) return null
  return new PlainRequest(host, url, headers, outgoing)
}

/** A class, since a getter in an object literal costs a hidden class for each object, which keeps all it knows until the whole heap is collected. */
class PlainRequest implements AskedRequest {
  readonly method = 'GET'
  readonly body = null
  readonly #host: string
  readonly #target: string
  readonly headers: AskedRequest['headers']
  readonly #outgoing: ServerResponse
  #abort: AbortController | undefined

  constructor(host: string, target: string, headers: AskedRequest['headers'], outgoing: ServerResponse) {
    this.#host = host
    this.#target = target
    this.headers = headers
    this.#outgoing = outgoing
  }

  get url(): string {
    return `http://${this.#host}${this.#target}`
  }

  get signal(): AbortSignal {
    return (this.#abort ??= this.#watched()).signal
  }

  #watched(): AbortController {
    const outgoing = this.#outgoing
    const made = new AbortController()
    const end = () => { if (!outgoing.writableFinished) made.abort() }
    if (outgoing.destroyed) end()
    else outgoing.once('close', end)
    return made
  }
}

class PlainHeaders {
  readonly #raw: readonly string[]

  constructor(raw: readonly string[]) {
    this.#raw = raw
  }

  get(name: string): string | null {
    return valueOf(this.#raw, name)
  }
}

/** As the web has it: values of one name are joined, and the name is given in small letters. */
const valueOf = (rawHeaders: readonly string[], name: string): string | null => {
  let value: string | null = null
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const raw = rawHeaders[index]
    if (raw?.length !== name.length || raw.toLowerCase() !== name) continue
    value = value === null ? (rawHeaders[index + 1] ?? '') : `${value}, ${rawHeaders[index + 1] ?? ''}`
  }
  return value
}
