import { copyFileSync, constants, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { flag, median, option, report, type Row, word } from '../table.ts'
import { type Area, areasOf } from './areas.ts'
import { growth } from './growth.ts'
import { startPostgres } from './postgres.ts'
import { demandSame } from './same.ts'
import { seed, seedFile } from './seed.ts'
import { measure, type Measured, type Running, serveBare, serveOurs } from './servers.ts'

const [SECONDS, ROUNDS] = [option('seconds', 3), option('rounds', 3)]
const SIZES = { customers: option('customers', 10_000), deals: option('deals', 20_000), interactions: option('interactions', 100_000) }
const CONNECTIONS = option('connections', 32)
const ONLY = word('only', '')
const ends: (() => Promise<void> | void)[] = []

const onSqlite = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-bench-'))
  ends.push(() => rmSync(dir, { recursive: true, force: true }))
  const seeded = await seedFile(dir, SIZES)
  const copy = join(dir, 'bare.db')
  copyFileSync(seeded.file, copy, constants.COPYFILE_FICLONE)
  return { seeded, ours: await serveOurs(dir), bare: await serveBare('./bare.ts', copy, seeded.workspaceId) }
}

const onPostgres = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-bench-'))
  const postgres = await startPostgres(dir)
  ends.push(async () => {
    await postgres.stop()
    rmSync(dir, { recursive: true, force: true })
  })
  process.stderr.write(`Seeding ${SIZES.interactions} interactions, ${SIZES.deals} deals, ${SIZES.customers} customers in PostgreSQL…\n`)
  const ours = await postgres.database('ours')
  const seeded = await seed(ours, SIZES)
  const bare = await postgres.database('bare', 'ours')
  return { seeded, ours: await serveOurs(dir, ours), bare: await serveBare('./bare-postgres.ts', bare, seeded.workspaceId) }
}

const race = async (area: Area, servers: Record<'ours' | 'bare', Running>): Promise<Row> => {
  const seen: Record<'ours' | 'bare', Measured[]> = { ours: [], bare: [] }
  for (let round = 0; round <= ROUNDS; round++) {
    // Whoever is first is now one, now the other.
    for (const name of round % 2 === 0 ? (['ours', 'bare'] as const) : (['bare', 'ours'] as const)) {
      const result = await measure(servers[name], { connections: CONNECTIONS, seconds: round === 0 ? 1 : SECONDS, requests: area.requests })
      const bad = Object.keys(result.statuses).filter((status) => !status.startsWith('2'))
      if (bad.length > 0) throw new Error(`${name} answered ${JSON.stringify(result.statuses)} to ${area.what}`)
      // The first round warms up.
      if (round > 0) seen[name].push(result)
    }
  }
  const of = (name: 'ours' | 'bare', pick: (result: Measured) => number) => median(seen[name].map(pick))
  const cpu = { ours: of('ours', ({ cpuPerRequest }) => cpuPerRequest ?? 0), limit: of('bare', ({ cpuPerRequest }) => cpuPerRequest ?? 0) }
  return {
    what: area.what, ours: of('ours', ({ perSecond }) => perSecond), limit: of('bare', ({ perSecond }) => perSecond), unit: '/s', goal: area.goal, ...(cpu.ours > 0 ? { cpu } : {}),
    more: `p99 ${of('ours', ({ p99 }) => p99).toFixed(1)} ms, limit ${of('bare', ({ p99 }) => p99).toFixed(1)} ms`,
  }
}

const main = async () => {
  const database = word('database', 'sqlite')
  try {
    const { seeded, ours, bare } = await (database === 'postgres' ? onPostgres() : onSqlite())
    ends.push(() => ours.stop(), () => bare.stop())
    const areas = areasOf(seeded).filter(({ what }) => what.includes(ONLY))
    await demandSame(areas, [ours.port, bare.port], { spaces: database === 'postgres' })
    const rows: Row[] = []
    for (const area of areas) rows.push(await race(area, { ours, bare }))
    report(`API on ${database}: ${CONNECTIONS} connections, medians of ${ROUNDS} rounds, limit: bare node:http + ${database === 'postgres' ? 'pg, named statements' : 'better-sqlite3 (writes at FULL, not grouped)'}`, rows)
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

await (flag('growth') ? growth() : main())
