import { type ChildProcess, fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const WRITER = fileURLToPath(new URL('./ack-writer.ts', import.meta.url))
const CONDITIONS = '--conditions=flowstate-source'

type Environment = Record<string, string>

export interface Serving { child: ChildProcess; url: string; port: number }

/** A real `flowstate serve` in a process of its own; resolves once it is ready. */
export const serveProcess = (dir: string, env: Environment = {}, wrap: readonly string[] = []): Promise<Serving> => new Promise((resolve, reject) => {
  const [command = process.execPath, ...before] = [...wrap, process.execPath]
  const child = spawn(command, [...before, CONDITIONS, MAIN, 'serve', '--data', dir, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOG_LEVEL: 'error', ...env } })
  let said = ''
  child.stderr.on('data', (chunk) => { said = `${said}${String(chunk)}`.slice(-4_000) })
  child.stdout.once('data', (line) => {
    const { url } = JSON.parse(String(line)) as { url: string }
    resolve({ child, url, port: Number(new URL(url).port) })
  })
  child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)))
})

/** Runs a `flowstate` command to its end; answers what it printed. */
export const commandProcess = (dir: string, args: readonly string[], env: Environment = {}): Promise<string> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [CONDITIONS, MAIN, ...args, '--data', dir, '--json'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LOG_LEVEL: 'error', ...env } })
  let out = ''
  child.stdout.on('data', (chunk) => { out += String(chunk) })
  child.once('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.join(' ')} ended with ${code}`))))
})

/** A workspace with a key that reads and writes. */
export const prepareWorkspace = async (dir: string, env: Environment = {}): Promise<string> => {
  await commandProcess(dir, ['workspace', 'create', 'acme'], env)
  return (JSON.parse(await commandProcess(dir, ['keys', 'create', '--workspace', 'acme', '--scopes', 'crm:read,crm:write,agents:read,admin'], env)) as { secret: string }).secret
}

export interface Writer {
  /** Writes to a server until that is gone; resolves when so many writes were acknowledged there, with the milliseconds since the first. */
  write(url: string, round: number, count: number): Promise<number>
  /** Resolves when it has seen that the server of that round is gone. */
  over(round: number): Promise<void>
  kill(): Promise<void>
}

/** A process of its own that writes, and notes in `log` each name that was acknowledged, and never another. */
export const startWriter = (key: string, log: string): Writer => {
  const child = fork(WRITER, [], { execArgv: [CONDITIONS], env: { ...process.env, WRITER_KEY: key, WRITER_LOG: log } })
  type Said = { round: number; acknowledged?: number; over?: boolean }
  const told = (fits: (said: Said) => boolean): Promise<Said> => new Promise((resolve, reject) => {
    const listen = (said: unknown) => {
      if (!fits(said as Said)) return
      child.off('message', listen)
      child.off('exit', gone)
      resolve(said as Said)
    }
    const gone = () => reject(new Error('The writer ended.'))
    child.on('message', listen)
    child.once('exit', gone)
  })
  const overs = new Map<number, Promise<Said>>()
  return {
    async write(url, round, count) {
      const first = told((said) => said.round === round && said.acknowledged === 1)
      const enough = told((said) => said.round === round && (said.acknowledged ?? 0) >= count)
      overs.set(round, told((said) => said.round === round && said.over === true))
      child.send({ url, round })
      await first
      const began = performance.now()
      await enough
      return performance.now() - began
    },
    async over(round) {
      await overs.get(round)
    },
    kill: () => killed(child),
  }
}

export const ended = (child: ChildProcess): Promise<void> => new Promise((resolve) => {
  if (child.exitCode !== null || child.signalCode !== null) resolve()
  else child.once('exit', () => resolve())
})

export const killed = async (child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
  child.kill(signal)
  await ended(child)
}
