import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import startPostgres from './postgres.global.ts'

/** A PostgreSQL for a soak, and an empty database in it. */
export const soakPostgres = async (): Promise<{ url: string; stop(): Promise<void> }> => {
  let server = ''
  const stop = await startPostgres({ provide: (_: string, url: string) => { server = url } } as unknown as Parameters<typeof startPostgres>[0])
  const name = `soak_${randomBytes(6).toString('hex')}`
  const client = new Client({ connectionString: server })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, stop }
}
