import { connect, type Socket } from 'node:net'

/** What the load process is told over its standard input, and what it answers on standard output. */
export interface LoadJob { host: string; port: number; connections: number; seconds: number; requests: LoadRequest[] }
export interface LoadRequest { method: string; path: string; headers: Record<string, string>; body?: string }
export interface LoadResult { requests: number; perSecond: number; p50: number; p99: number; statuses: Record<string, number> }

const encode = ({ method, path, headers, body = '' }: LoadRequest, host: string): Buffer => {
  const lines = Object.entries({ host, ...headers, ...(body === '' ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }) })
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`)
}

/** A client as light as can be, so that the servers and not the client are measured: one request at a time a connection. */
const run = async ({ host, port, connections, seconds, requests }: LoadJob): Promise<LoadResult> => {
  const encoded = requests.map((request) => encode(request, `${host}:${port}`))
  const latencies: number[] = []
  const statuses: Record<string, number> = {}
  const end = performance.now() + seconds * 1_000
  let next = 0
  await Promise.all(Array.from({ length: connections }, () => new Promise<void>((resolve, reject) => {
    const socket: Socket = connect({ host, port, noDelay: true })
    let buffer: Buffer<ArrayBufferLike> = Buffer.alloc(0)
    let sentAt = 0
    const send = () => {
      if (performance.now() >= end) {
        socket.destroy()
        resolve()
        return
      }
      sentAt = performance.now()
      const bytes = encoded[next++ % encoded.length]
      if (bytes) socket.write(bytes)
    }
    socket.on('connect', send)
    socket.on('error', reject)
    socket.on('close', resolve)
    socket.on('data', (chunk) => {
      buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
      const length = answerLength(buffer)
      if (length === null || buffer.length < length) return
      latencies.push(performance.now() - sentAt)
      const status = buffer.toString('latin1', 9, 12)
      statuses[status] = (statuses[status] ?? 0) + 1
      buffer = buffer.subarray(length)
      send()
    })
  })))
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0
  return { requests: latencies.length, perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99), statuses }
}

/** Bytes of the first answer in the buffer; null while its head is not complete. */
const answerLength = (buffer: Buffer): number | null => {
  const head = buffer.indexOf('\r\n\r\n')
  if (head < 0) return null
  const text = buffer.toString('latin1', 0, head).toLowerCase()
  const length = /\r\ncontent-length: (\d+)/.exec(text)?.[1]
  if (length !== undefined) return head + 4 + Number(length)
  if (text.includes('\r\ntransfer-encoding: chunked')) {
    const end = buffer.indexOf('0\r\n\r\n', head + 4)
    return end < 0 ? null : end + 5
  }
  return head + 4
}

if (process.argv[2] === '--load') {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  process.stdout.write(JSON.stringify(await run(JSON.parse(Buffer.concat(chunks).toString()) as LoadJob)))
}
