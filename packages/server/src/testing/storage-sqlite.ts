import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Flowstate } from '@flowstate-ai/sdk'
import { holdSqlite } from './hold-sqlite.ts'
import { killed, prepareWorkspace, serveProcess } from './processes.ts'
import { limitedDisk, mountSmallDisk } from './small-disk.ts'
import { type StorageLoad, startStorageLoad } from './storage-load.ts'
import { statusOf, until, type Verdict, verify } from './storage-soak.ts'

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const DISK_MEGABYTES = 96
const ROUNDS = 3
const HOLDS = 2
const ENOUGH = 100
const IMPORTED = 6_000

/** Everything that the server writes lies on a disk that is filled, its temporary files and its log besides; then another process holds its file. */
export const sqliteScenario = async (dir: string, verdict: Verdict, { mounts }: { mounts: boolean }): Promise<void> => {
  const { say, check } = verdict
  const disk = (mounts ? mountSmallDisk(DISK_MEGABYTES) : null) ?? limitedDisk()
  say(`  ${disk.how}`)
  const [data, temporary, log, csv] = [join(disk.dir, 'data'), join(disk.dir, 'tmp'), join(dir, 'acknowledged.log'), join(dir, 'import.csv')]
  mkdirSync(temporary)
  writeFileSync(log, '')
  writeFileSync(csv, `name,description\n${Array.from({ length: IMPORTED }, (_, index) => `Imported ${index},some words of no weight for row ${index}`).join('\n')}\n`)
  let serving: Awaited<ReturnType<typeof serveProcess>> | null = null
  let load: StorageLoad | null = null
  try {
    const key = await prepareWorkspace(data)
    const { child, url } = serving = await serveProcess(data, { TMPDIR: temporary, LOG_LEVEL: 'info', LEASE_MS: '5000', HEARTBEAT_MS: '1000', SERVER_LOG: join(disk.dir, 'server.log') }, ['sh', '-c', 'exec "$@" 2>> "$SERVER_LOG"', 'sh'])
    const pid = child.pid ?? 0
    const flowstate = new Flowstate({ baseUrl: url, key, maxRetries: 0 })
    process.once('exit', () => child.kill('SIGKILL'))
    const running = load = startStorageLoad({ url, key, log })
    await until(() => running.writes(201) >= ENOUGH)

    let imported = ''
    for (let round = 1; round <= ROUNDS; round++) {
      // Under way when the disk fills.
      if (round === 1) imported = (await flowstate.imports.upload(readText(csv), { noun: 'companies' })).id
      running.enter(`disk full ${round}`)
      const fill = () => disk.fill(pid)
      check(await until(() => running.writes(507) >= ENOUGH && running.reads(200, 304) >= ENOUGH, fill), `round ${round}: the disk was never full, or reads did not go on`)
      const before = blobs(data)
      await refusedWith507(() => flowstate.files.upload(new Uint8Array(1_500_000)), 'an upload', verdict)
      await refusedWith507(() => flowstate.imports.upload(readText(csv), { noun: 'companies' }), 'the upload of an import', verdict)
      check(blobs(data) <= before, `round ${round}: a refused upload left a file`)
      // What was written before leaves some room in the log now and then, where a little is written again.
      check(await until(async () => await statusOf(`${url}/readyz`) === 503, fill), `round ${round}: /readyz is ready on a full disk`)
      check(await statusOf(`${url}/readyz?reads`) === 200, `round ${round}: /readyz?reads is not ready, though reads go on`)
      check(await statusOf(`${url}/healthz`) === 200, `round ${round}: /healthz is not 200`)
      if (round === 1) {
        const { code, said } = await importBeside(data, csv)
        check(code !== 0 && /Free some space/.test(said), `flowstate import beside a full server ended with ${code}: ${said}`)
        say(`  flowstate import beside it: exit ${code}, “${said.trim()}”`)
      }
      running.enter(`room again ${round}`)
      disk.free(pid)
      check(await until(() => running.writes(201) >= ENOUGH), `round ${round}: writes did not go on once there was room`)
      check(await until(async () => await statusOf(`${url}/readyz`) === 200), `round ${round}: /readyz is not ready once there is room`)
    }
    for (let hold = 1; hold <= HOLDS; hold++) {
      running.enter(`file held ${hold}`)
      const { letGo } = await holdSqlite(join(data, 'flowstate.db'))
      check(await until(() => running.writes(503) >= ENOUGH && running.reads(200, 304) >= ENOUGH), `hold ${hold}: writes were not refused, or reads did not go on`)
      running.enter(`let go ${hold}`)
      await letGo()
      check(await until(() => running.writes(201) >= ENOUGH), `hold ${hold}: writes did not go on once the file was let go`)
    }
    check(await until(async () => (await flowstate.imports.retrieve(imported)).state === 'succeeded'), 'the import did not come to its end')
    const { state, counts } = await flowstate.imports.retrieve(imported)
    say(`  the import that was under way: ${state}, ${counts.created} of ${IMPORTED} created`)
    check(counts.created === IMPORTED && counts.rejected === 0, `the import created ${counts.created} of ${IMPORTED}`)
    check((await flowstate.files.list()).items.length === 0 && (await flowstate.imports.list()).items.length === 1, 'a refused upload left a record')
    await verify(running, { url, key, log, readsMayFail: false }, verdict)
    check(child.exitCode === null && child.signalCode === null, 'the server ended')
  } finally {
    await load?.abandon()
    disk.free(serving?.child.pid ?? 0)
    if (serving) await killed(serving.child, 'SIGTERM')
    disk.remove()
  }
}

const readText = (file: string): string => String(readFileSync(file))

const refusedWith507 = async (upload: () => Promise<unknown>, what: string, { check }: Verdict): Promise<void> => {
  const status = await upload().then(() => 201, (error: { status?: number }) => error.status ?? 0)
  check(status === 507, `${what} on a full disk was answered ${status}`)
}

const blobs = (data: string): number => readdirSync(join(data, 'files'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length

const importBeside = (data: string, csv: string): Promise<{ code: number | null; said: string }> => new Promise((resolve) => {
  const child = spawn(process.execPath, ['--conditions=flowstate-source', MAIN, 'import', 'companies', csv, '--data', data], { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => { said += String(chunk) })
  child.once('close', (code) => resolve({ code, said }))
})
