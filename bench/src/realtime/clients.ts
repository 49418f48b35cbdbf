import WebSocket from 'ws'

/** Many dashboards in a process of their own: how old each update is when it arrives. `--url`, `--count`, `--seconds`, `--tickets` on stdin. */
export interface ClientsResult { deliveries: number; p50: number; p99: number; frames: number }
const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const { urls, seconds } = JSON.parse(Buffer.concat(chunks).toString()) as { urls: string[]; seconds: number }

const ages: number[] = []
let [deliveries, frames] = [0, 0]
let measuring = false
/** Sockets share a frame, so one parse tells for all: what is measured is the server, not this process's JSON. */
const parsed = new Map<string, number[]>()
const sentAt = (text: string): number[] => {
  const known = parsed.get(text)
  if (known) return known
  const { type, agents } = JSON.parse(text) as { type: string; agents?: { message: string | null }[] }
  const times = type === 'status' ? (agents ?? []).flatMap(({ message }) => (message?.startsWith('t=') ? [Number(message.slice(2))] : [])) : []
  if (parsed.size > 20) parsed.clear()
  parsed.set(text, times)
  return times
}
const sockets = urls.map((url) => new WebSocket(url, { perMessageDeflate: false }))
await Promise.all(sockets.map((socket) => new Promise<void>((resolve, reject) => {
  socket.on('error', reject)
  socket.on('open', () => {
    socket.send('{"type":"hello","protocol":1,"channels":["status"]}')
    resolve()
  })
  socket.on('message', (data) => {
    if (!measuring) return
    const now = performance.timeOrigin + performance.now()
    const times = sentAt(String(data))
    frames++
    deliveries += times.length
    if (times[0] !== undefined && ages.length < 2_000_000) for (const at of times) ages.push(now - at)
  })
})))
process.stdout.write('ready\n')
await new Promise((resolve) => setTimeout(resolve, 1_000))
measuring = true
await new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
measuring = false
ages.sort((a, b) => a - b)
const at = (share: number) => ages[Math.floor(ages.length * share)] ?? 0
process.stdout.write(`${JSON.stringify({ deliveries, frames, p50: at(0.5), p99: at(0.99) })}\n`, () => process.exit(0))
