import { connect } from 'node:net'

export interface RawAnswer { status: number; headers: Record<string, string>; body: string; ms: number; whole: boolean }

const PATIENCE_MS = 40_000

/**
 * Sends bytes as they are over a connection of their own, and reads what comes back until the end; null when the server hung up without a
 * word. Not `fetch`, which refuses to send most of what an attacker would.
 */
export const sendRaw = (port: number, bytes: Buffer | readonly Buffer[], { untilHeadersOf = [] }: { untilHeadersOf?: readonly string[] } = {}): Promise<RawAnswer | null> => new Promise((resolve, reject) => {
  const started = performance.now()
  const socket = connect(port, '127.0.0.1')
  const chunks: Buffer[] = []
  let timer: NodeJS.Timeout | undefined
  const finish = () => {
    clearTimeout(timer)
    socket.destroy()
    try { resolve(parseAnswer(Buffer.concat(chunks), performance.now() - started)) } catch (error) { reject(error instanceof Error ? error : new Error(String(error))) }
  }
  timer = setTimeout(finish, PATIENCE_MS)
  socket.on('connect', () => { for (const part of Array.isArray(bytes) ? bytes : [bytes as Buffer]) socket.write(part) })
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    const answer = parseAnswer(Buffer.concat(chunks), 0)
    if (answer?.whole || (answer && untilHeadersOf.some((type) => answer.headers['content-type']?.startsWith(type)))) finish()
  })
  // A server that has answered may close while the rest of a refused body is still on its way.
  socket.on('error', finish)
  socket.on('close', finish)
})

/** The last answer in the bytes (after any `100 Continue`). */
export const parseAnswer = (bytes: Buffer, ms: number): RawAnswer | null => {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return null
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(first)?.[1])
  if (!Number.isInteger(status)) throw new Error(`not HTTP: ${first.slice(0, 100)}`)
  const rest = bytes.subarray(end + 4)
  if (status === 100) return parseAnswer(rest, ms)
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const { body, whole } = status === 101 || status === 304 || status === 204 ? { body: Buffer.alloc(0), whole: true } : bodyOf(rest, headers)
  return { status, headers, body: body.toString('utf8'), ms, whole }
}

const bodyOf = (rest: Buffer, headers: Record<string, string>): { body: Buffer; whole: boolean } => {
  if (headers['transfer-encoding'] !== 'chunked') {
    const length = headers['content-length'] === undefined ? Infinity : Number(headers['content-length'])
    return { body: rest, whole: rest.length >= length }
  }
  const parts: Buffer[] = []
  for (let at = 0; ;) {
    const line = rest.indexOf('\r\n', at)
    if (line < 0) return { body: Buffer.concat(parts), whole: false }
    const size = Number.parseInt(rest.subarray(at, line).toString('latin1'), 16)
    if (size === 0) return { body: Buffer.concat(parts), whole: true }
    parts.push(rest.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
    if (at > rest.length) return { body: Buffer.concat(parts), whole: false }
  }
}
