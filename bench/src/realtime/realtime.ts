import { fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { median, option, report, type Row } from '../table.ts'
import type { ClientsResult } from './clients.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const [SECONDS, ROUNDS] = [option('seconds', 6), option('rounds', 3)]
const WARM_SECONDS = 1

interface Seen extends ClientsResult { cpuPerMillion: number }

/** One side with so many dashboards, each an own socket, for some seconds. */
const race = async (side: 'ours' | 'limit', dashboards: number): Promise<Seen> => {
  const server = fork(here('./serve.ts'), [side], { execArgv: ['--conditions=flowstate-source'] })
  const { port } = await new Promise<{ port: number }>((resolve) => server.once('message', (message) => resolve(message as { port: number })))
  const clients = spawn(process.execPath, [here('./clients.ts')], { stdio: ['pipe', 'pipe', 'inherit'] })
  clients.stdin.end(JSON.stringify({ seconds: SECONDS, urls: Array.from({ length: dashboards }, (_, index) => `ws://127.0.0.1:${port}/parties/main/wsp_bench?ticket=${index}`) }))
  let out = ''
  let ready: () => void = () => undefined
  const listening = new Promise<void>((resolve) => { ready = resolve })
  clients.stdout.on('data', (chunk) => {
    out += String(chunk)
    if (out.includes('ready')) ready()
  })
  const done = new Promise<void>((resolve, reject) => clients.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`the clients ended with ${code}`)))))
  await listening
  server.send('begin')
  const cpu = () => new Promise<{ user: number; system: number }>((resolve) => {
    server.once('message', (message) => resolve((message as { cpu: { user: number; system: number } }).cpu))
    server.send('cpu')
  })
  await new Promise((resolve) => setTimeout(resolve, WARM_SECONDS * 1_000))
  const before = await cpu()
  await done
  const after = await cpu()
  server.kill('SIGKILL')
  const result = JSON.parse(out.slice(out.indexOf('{'))) as ClientsResult
  return { ...result, cpuPerMillion: (after.user + after.system - before.user - before.system) / result.deliveries }
}

const rows: Row[] = []
for (const dashboards of [500, 2_000]) {
  const seen: Record<'ours' | 'limit', Seen[]> = { ours: [], limit: [] }
  for (let round = 0; round < ROUNDS; round++) for (const side of ['limit', 'ours'] as const) seen[side].push(await race(side, dashboards))
  const of = (side: 'ours' | 'limit', value: (one: Seen) => number) => median(seen[side].map(value))
  const due = dashboards * 1_000 * SECONDS
  const share = (side: 'ours' | 'limit') => `${Math.round((100 * of(side, ({ deliveries }) => deliveries)) / due)} %`
  rows.push(
    { what: `${dashboards} dashboards: update to client, p50`, ours: of('ours', ({ p50 }) => p50), limit: of('limit', ({ p50 }) => p50), unit: 'ms', goal: '' },
    { what: `${dashboards} dashboards: update to client, p99`, ours: of('ours', ({ p99 }) => p99), limit: of('limit', ({ p99 }) => p99), unit: 'ms', goal: '≤ 200 ms', more: `delivered ${share('ours')}, limit ${share('limit')}` },
    { what: `${dashboards} dashboards: CPU-s a million`, ours: of('ours', ({ cpuPerMillion }) => cpuPerMillion), limit: of('limit', ({ cpuPerMillion }) => cpuPerMillion), unit: 's', goal: '≤ 1.3' },
  )
}
report('Realtime: 100 agents × 10 updates a second, limit: raw ws, batches of 100 ms, one frame for all', rows)
