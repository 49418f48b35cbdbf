import { type ChildProcess, spawn } from 'node:child_process'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../packages/server/dist/cli/main.js', import.meta.url))

/** The demo without its agents, as a process of its own. */
export interface Demo { child: ChildProcess; url: string; key: string }

export const startDemo = async (dataDir: string, { port = 0, ...env }: { port?: number } & Record<string, string | number> = {}): Promise<Demo> => {
  const child = spawn(process.execPath, [MAIN, 'demo', '--no-agents', '--data', dataDir, '--port', String(port), '--json'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LOG_LEVEL: 'error', ...(env as Record<string, string>) } })
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (line) => resolve(String(line)))
    child.once('exit', (code) => reject(new Error(`the demo ended with ${code}`)))
  })
  return { child, ...(JSON.parse(said) as { url: string; key: string }) }
}

/** Ends processes that still run, and waits until they have. */
export const endAll = async (children: readonly ChildProcess[]): Promise<void> => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

export const freePort = (): Promise<number> => new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const address = probe.address()
    probe.close(() => resolve(address && typeof address === 'object' ? address.port : 0))
  })
})
