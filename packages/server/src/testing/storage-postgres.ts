import { chownSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { killPostgres, quitPostgres, startPostgres } from './postgres.ts'
import { killed, prepareWorkspace, serveProcess } from './processes.ts'
import { mountSmallDisk } from './small-disk.ts'
import { type StorageLoad, startStorageLoad } from './storage-load.ts'
import { statusOf, until, type Verdict, verify } from './storage-soak.ts'

const DISK_MEGABYTES = 64
const ENOUGH = 100
const TERMINATIONS = 20
const MOST_CONNECTIONS = 60
const FULL_ROUNDS = 2

/** PostgreSQL restarted in each way, cut off, crowded, held, read-only and without room, under the same server. */
export const postgresScenario = async (dir: string, verdict: Verdict, { mounts }: { mounts: boolean }): Promise<void> => {
  const { say, check } = verdict
  const postgres = await startPostgres(['-c', `max_connections=${MOST_CONNECTIONS}`])
  const disk = mounts ? mountSmallDisk(DISK_MEGABYTES) : null
  say(disk ? `  its tables on ${disk.how}` : '  its disk is not filled: no disk of its own is mounted')
  const log = join(dir, 'acknowledged.log')
  writeFileSync(log, '')
  const urlOf = (database: string) => Object.assign(new URL(postgres.url), { pathname: `/${database}` }).href
  const asOwner = async (text: string, database = 'postgres') => {
    const client = new Client({ connectionString: urlOf(database) })
    await client.connect()
    try { await client.query(text) } finally { await client.end() }
  }
  let serving: Awaited<ReturnType<typeof serveProcess>> | null = null
  let load: StorageLoad | null = null
  try {
    if (disk) {
      const place = join(disk.dir, 'tables')
      mkdirSync(place)
      const { uid, gid } = statSync(postgres.dataDir)
      chownSync(place, uid, gid)
      await asOwner(`create tablespace small location '${place}'`)
    }
    await asOwner(`create database crm${disk ? ' tablespace small' : ''}`)
    const env = { DATABASE_URL: urlOf('crm'), LEASE_MS: '5000', HEARTBEAT_MS: '1000', LOG_LEVEL: 'fatal' }
    const key = await prepareWorkspace(dir, env)
    const { child, url } = serving = await serveProcess(dir, env)
    process.once('exit', () => child.kill('SIGKILL'))
    const running = load = startStorageLoad({ url, key, log })
    await until(() => running.writes(201) >= ENOUGH)

    const goesOn = async (after: string) => {
      running.enter(`after ${after}`)
      check(await until(() => running.writes(201) >= ENOUGH && running.reads(200, 304) >= ENOUGH), `writes and reads did not go on after ${after}`)
      check(await until(async () => await statusOf(`${url}/readyz`) === 200), `/readyz is not ready after ${after}`)
    }
    const downs: [name: string, down: () => Promise<void>][] = [
      ['a fast shutdown', () => quitPostgres(postgres, 'SIGINT')], ['an immediate shutdown', () => quitPostgres(postgres, 'SIGQUIT')], ['a kill', () => killPostgres(postgres)],
    ]
    for (const [name, down] of downs) {
      running.enter(name)
      await down()
      check(await until(() => running.writes(503) >= ENOUGH), `writes were not refused with 503 during ${name}`)
      check(await statusOf(`${url}/readyz`) === 503, `/readyz is ready during ${name}`)
      check(await statusOf(`${url}/healthz`) === 200, `/healthz is not 200 during ${name}`)
      await postgres.start()
      await goesOn(name)
    }

    running.enter('its connections ended')
    for (let count = 0; count < TERMINATIONS; count++) {
      await asOwner("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'crm'")
      const reached = running.writes(201) + 10
      await until(() => running.writes(201) >= reached)
    }
    await goesOn('its connections were ended')

    running.enter('too many connections')
    const crowd = await crowded(() => connected(urlOf('postgres')))
    check(await until(() => running.writes(503) >= ENOUGH), 'writes were not refused while others hold all connections')
    await Promise.all(crowd.map((client) => client.end()))
    await goesOn('too many connections')

    running.enter('a row held')
    const holder = new Client({ connectionString: urlOf('crm') })
    await holder.connect()
    await holder.query('begin; select seq from workspaces for update')
    check(await until(() => running.writes(503) >= ENOUGH && running.reads(200, 304) >= ENOUGH), 'writes were not refused while a row is held, or reads did not go on')
    await holder.end()
    await goesOn('a row held')

    running.enter('read-only')
    await asOwner('alter database crm set default_transaction_read_only = on')
    await asOwner("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'crm'")
    check(await until(() => running.writes(503) >= ENOUGH && running.reads(200, 304) >= ENOUGH), 'writes were not refused while it is read-only, or reads did not go on')
    await asOwner('alter database crm set default_transaction_read_only = off')
    await asOwner("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'crm'")
    await goesOn('read-only')

    for (let round = 1; disk && round <= FULL_ROUNDS; round++) {
      running.enter(`disk full ${round}`)
      check(await until(() => running.writes(507) >= ENOUGH && running.reads(200, 304) >= ENOUGH, () => disk.fill(0)), `round ${round}: the disk was never full, or reads did not go on`)
      check(await until(async () => await statusOf(`${url}/readyz`) === 503, () => disk.fill(0)), `round ${round}: /readyz is ready on a full disk`)
      disk.free(0)
      await goesOn(`disk full ${round}`)
    }
    await verify(running, { url, key, log, readsMayFail: true }, verdict)
    check(child.exitCode === null && child.signalCode === null, 'the server ended')
  } finally {
    await load?.abandon()
    if (serving) await killed(serving.child, 'SIGTERM')
    await postgres.remove()
    disk?.remove()
  }
}

const connected = async (connectionString: string): Promise<Client> => {
  const client = new Client({ connectionString })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** Takes every connection that there is, and those of the server as they fall free. */
const crowded = async (connect: () => Promise<Client>): Promise<Client[]> => {
  const clients: Client[] = []
  const fill = async () => {
    for (let missed = 0; missed < 3;) await connect().then((client) => clients.push(client), () => { missed++ })
  }
  await fill()
  await clients[0]?.query("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'crm'")
  await fill()
  return clients
}
