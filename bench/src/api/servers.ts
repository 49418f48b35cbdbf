import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LoadJob, LoadResult } from './load.ts'
import { INSTANCE_SECRET } from './seed.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const MAIN = here('../../../packages/server/dist/cli/main.js')

/** A server in a process of its own. */
export interface Running {
  port: number
  /** What the process has used of the processors so far, in µs; null where the system does not say. */
  cpu(): number | null
  stop(): Promise<void>
}

/** Ours, as `flowstate serve` starts it. `NODE_OPTIONS` of the bench are its too, for profiles. */
export const serveOurs = (dataDir: string, databaseUrl?: string): Promise<Running> =>
  start([...(process.env.BENCH_NODE_FLAGS ?? '').split(' ').filter((flag) => flag !== ''), MAIN, 'serve', '--data', dataDir, '--port', '0', '--json'], { LOG_LEVEL: 'error', FLOWSTATE_SECRET: INSTANCE_SECRET, ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}) })
export const serveBare = (module: string, ...args: string[]): Promise<Running> => start([here(module), ...args], {})

const start = async (args: string[], env: Record<string, string>): Promise<Running> => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  const said = await new Promise<{ port?: number; url?: string }>((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(JSON.parse(String(line)) as { port?: number; url?: string }))
    child.once('exit', (code) => reject(new Error(`a server ended with ${code}`)))
  })
  return {
    port: said.port ?? Number(new URL(said.url ?? '').port),
    cpu: () => cpuOf(child.pid),
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** Linux counts in ticks of 10 ms, of all threads together (proc(5), fields 14 and 15). */
const TICK_US = 10_000
const cpuOf = (pid: number | undefined): number | null => {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * TICK_US
  } catch {
    return null
  }
}

export interface Measured extends LoadResult { cpuPerRequest: number | null }

/** One load against one server, by a process of its own. */
export const measure = async (server: Running, job: Omit<LoadJob, 'host' | 'port'>): Promise<Measured> => {
  const before = server.cpu()
  const result = await load({ host: '127.0.0.1', port: server.port, ...job })
  const after = server.cpu()
  return { ...result, cpuPerRequest: before === null || after === null ? null : (after - before) / Math.max(1, result.requests) }
}

const load = (job: LoadJob): Promise<LoadResult> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [here('./load.ts'), '--load'], { stdio: ['pipe', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk) => { out += String(chunk) })
  child.once('exit', (code) => (code === 0 ? resolve(JSON.parse(out) as LoadResult) : reject(new Error(`the load ended with ${code}`))))
  child.stdin.end(JSON.stringify(job))
})
