import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import Sqlite from 'better-sqlite3'
import { accountHolds, accountOf } from '../testing/account.ts'
import { killPostgres, type RunningPostgres, startPostgres } from '../testing/postgres.ts'
import { killed, prepareWorkspace, serveProcess, startWriter } from '../testing/processes.ts'

const ACKS_BETWEEN_KILLS = 40
const LEAST_RATE = 50
/** On PostgreSQL every so many kills are the database's. */
const DATABASE_EVERY = 10

/**
 * `flowstate serve` killed 200 times among writes over HTTP: what was acknowledged is there, once, in a feed without a hole, and the file is
 * whole. `--database postgres` kills PostgreSQL itself besides, now and then. `--kills` for fewer.
 */
export const soak = async (args: string[]): Promise<boolean> => {
  const { values } = parseArgs({ args, options: { database: { type: 'string', default: 'sqlite' }, kills: { type: 'string', default: '200' } } })
  const kills = Number(values.kills)
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-kills-'))
  const postgres = values.database === 'postgres' ? await startPostgres() : null
  const env: Record<string, string> = postgres ? { DATABASE_URL: postgres.url } : {}
  try {
    const key = await prepareWorkspace(dir, env)
    const log = join(dir, 'acknowledged.log')
    const writer = startWriter(key, log)
    let writingMs = 0
    let counted = 0
    let databaseKills = 0
    for (let round = 0; round < kills; round++) {
      const { child, url } = await serveProcess(dir, env)
      // Not always at the same point of what is under way.
      const count = ACKS_BETWEEN_KILLS + (round % 17)
      writingMs += await writer.write(url, round, count)
      counted += count
      if (postgres && round % DATABASE_EVERY === DATABASE_EVERY - 1) {
        await killPostgres(postgres)
        databaseKills++
        await postgres.start()
      }
      await killed(child)
      await writer.over(round)
      if (round % 20 === 19) process.stdout.write(`  ${round + 1} killed\n`)
    }
    await writer.kill()
    const { child, url } = await serveProcess(dir, env)
    const account = await accountOf(url, key, log)
    await killed(child, 'SIGTERM')
    const rate = Math.round(counted / (writingMs / 1_000))
    const whole = postgres ? 'not asked' : integrityOf(join(dir, 'flowstate.db'))
    process.stdout.write(`${kills} kills of the server, ${databaseKills} of the database, on ${values.database}\n  ${account.acknowledged} writes acknowledged, ${rate} a second (at least ${LEAST_RATE})\n  lost ${account.lost}, doubled ${account.doubled}, holes in the feed ${account.holes}, kept ${account.kept}, in the feed ${account.feed}\n  integrity ${whole}\n`)
    return accountHolds(account) && rate >= LEAST_RATE && whole !== 'broken'
  } finally {
    await (postgres as RunningPostgres | null)?.remove()
    rmSync(dir, { recursive: true, force: true })
  }
}

const integrityOf = (file: string): 'ok' | 'broken' => {
  const db = new Sqlite(file, { readonly: true })
  try {
    return db.pragma('integrity_check', { simple: true }) === 'ok' && (db.pragma('foreign_key_check') as unknown[]).length === 0 ? 'ok' : 'broken'
  } finally {
    db.close()
  }
}
