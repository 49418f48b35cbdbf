import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { median, option, report, type Row } from '../table.ts'
import type { LoadJob, LoadRequest, LoadResult } from './load.ts'
import { seed } from './seed.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const MAIN = here('../../../packages/server/dist/cli/main.js')
const [SECONDS, ROUNDS] = [option('seconds', 3), option('rounds', 3)]
const SIZES = { customers: option('customers', 10_000), deals: option('deals', 20_000), interactions: option('interactions', 100_000) }
const CONNECTIONS = 32
const SPREAD = 500

const dir = mkdtempSync(join(tmpdir(), 'flowstate-bench-'))
const file = join(dir, 'flowstate.db')
process.stderr.write(`Seeding ${SIZES.interactions} interactions, ${SIZES.deals} deals, ${SIZES.customers} customers…\n`)
const { workspaceId, stages, customers, deals } = await seed(`file:${file}`, SIZES)
const copy = join(dir, 'bare.db')
copyFileSync(file, copy)
if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`)
const { secret } = JSON.parse(execFileSync(process.execPath, [MAIN, 'keys', 'create', '--workspace', 'bench', '--scopes', 'crm:read,crm:write', '--data', dir, '--json'], { encoding: 'utf8' })) as { secret: string }

const started = (child: ChildProcess): Promise<{ port?: number; url?: string }> => new Promise((resolve, reject) => {
  child.stdout?.once('data', (line) => resolve(JSON.parse(String(line)) as { port?: number; url?: string }))
  child.once('exit', (code) => reject(new Error(`a server ended with ${code}`)))
})
const ours = spawn(process.execPath, [MAIN, 'serve', '--data', dir, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LOG_LEVEL: 'error' } })
const bare = spawn(process.execPath, [here('./bare.ts'), copy, workspaceId], { stdio: ['ignore', 'pipe', 'inherit'] })
const [oursPort, barePort] = [Number(new URL((await started(ours)).url ?? '').port), (await started(bare)).port ?? 0]

const load = (job: LoadJob): Promise<LoadResult> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [here('./load.ts'), '--load'], { stdio: ['pipe', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk) => { out += String(chunk) })
  child.once('exit', (code) => (code === 0 ? resolve(JSON.parse(out) as LoadResult) : reject(new Error(`the load ended with ${code}`))))
  child.stdin.end(JSON.stringify(job))
})

const headers = { authorization: `Bearer ${secret}` }
const some = <Of>(items: Of[]): Of[] => items.filter((_, index) => index % Math.max(1, Math.floor(items.length / SPREAD)) === 0)
const get = (path: string): LoadRequest => ({ method: 'GET', path, headers })
const post = (path: string, body: object): LoadRequest => ({ method: 'POST', path, headers, body: JSON.stringify(body) })
const AREAS: [what: string, goal: string, requests: LoadRequest[]][] = [
  ['list 50 of a stage', '≥ 0.95', stages.map((stage) => get(`/api/v1/deals?stageId=${stage}&sort=position&limit=50`))],
  ['timeline of 50', '≥ 0.95', some(customers).map((customer) => get(`/api/v1/interactions?customerId=${customer}&sort=-occurredAt&limit=50`))],
  ['get one', '≥ 0.8', some(deals).map((deal) => get(`/api/v1/deals/${deal}`))],
  ['create an interaction', '≥ 1.5', some(customers).map((customerId) => post('/api/v1/interactions', { kind: 'call', subject: 'Called back', body: 'Talked about the offer.', customerId }))],
  ['move a deal', '≥ 1.5', some(deals).map((deal, index) => post(`/api/v1/deals/${deal}/move`, { stageId: stages[index % stages.length] }))],
]
const rows: Row[] = []
try {
  for (const [what, goal, requests] of AREAS) {
    const seen: { ours: LoadResult[]; bare: LoadResult[] } = { ours: [], bare: [] }
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, port] of [['ours', oursPort], ['bare', barePort]] as const) {
        const result = await load({ host: '127.0.0.1', port, connections: CONNECTIONS, seconds: round === 0 ? 1 : SECONDS, requests })
        const bad = Object.keys(result.statuses).filter((status) => !status.startsWith('2'))
        if (bad.length > 0) throw new Error(`${name} answered ${JSON.stringify(result.statuses)} to ${what}`)
        // The first round warms up.
        if (round > 0) seen[name].push(result)
      }
    }
    const per = (results: LoadResult[]) => median(results.map(({ perSecond }) => perSecond))
    rows.push({ what, ours: per(seen.ours), limit: per(seen.bare), unit: '/s', goal, more: `p99 ${median(seen.ours.map(({ p99 }) => p99)).toFixed(1)} ms, limit ${median(seen.bare.map(({ p99 }) => p99)).toFixed(1)} ms` })
  }
} finally {
  for (const child of [ours, bare]) {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
  }
  rmSync(dir, { recursive: true, force: true })
}
report(`API: ${CONNECTIONS} connections, medians of ${ROUNDS} rounds, limit: bare node:http + better-sqlite3 (writes at FULL, not grouped)`, rows)
