import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const CONDITIONS = '--conditions=flowstate-source'

export interface Serving { url: string; pid: number; kill(): Promise<void>; stop(): Promise<void>; memory(name: 'VmRSS' | 'RssAnon' | 'RssFile'): number }

/** A real `flowstate serve` in a process of its own; resolves once it is ready. */
export const serving = (dir: string, env: Record<string, string> = {}): Promise<Serving> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [CONDITIONS, MAIN, 'serve', '--data', dir, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LOG_LEVEL: 'error', ...env } })
  const end = async (signal: NodeJS.Signals) => {
    const gone = ended(child)
    child.kill(signal)
    await gone
  }
  child.stdout.once('data', (line) => resolve({
    url: (JSON.parse(String(line)) as { url: string }).url, pid: child.pid ?? 0, kill: () => end('SIGKILL'), stop: () => end('SIGTERM'),
    /** Megabytes, as the kernel counts them. */
    memory: (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024,
  }))
  child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
})

/** A command of the line; resolves with what it printed. */
export const command = (dir: string, ...args: string[]): Promise<string> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [CONDITIONS, MAIN, ...args, '--data', dir, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk) => { out += String(chunk) })
  child.once('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.join(' ')} ended with ${code}`))))
})
const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve))
