import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, option, report, type Row, word } from '../table.ts'
import { areasOf, furtherAreasOf } from './areas.ts'
import { seedFile } from './seed.ts'
import { measure, type Measured, type Running, serveOurs } from './servers.ts'

/** Ours against ours, ten and fifty times as large: what a request costs must not follow the size of the table. */
export const growth = async () => {
  const [SECONDS, ROUNDS, CONNECTIONS, ONLY] = [option('seconds', 2), option('rounds', 9), option('connections', 8), word('only', '')]
  const SIZES = {
    small: { customers: 10_000, deals: 20_000, interactions: 100_000 },
    large: { customers: option('customers', 100_000), deals: option('deals', 1_000_000), interactions: option('interactions', 1_000_000) },
  } as const
  const dir = mkdtempSync(join(tmpdir(), 'flowstate-growth-'))
  const servers: Partial<Record<keyof typeof SIZES, Running>> = {}
  try {
    const areas = { small: [], large: [] } as Record<keyof typeof SIZES, ReturnType<typeof areasOf>>
    for (const size of ['small', 'large'] as const) {
      const seeded = await seedFile(join(dir, size), SIZES[size])
      areas[size] = [...areasOf(seeded), ...furtherAreasOf(seeded)].filter(({ what }) => what.includes(ONLY))
      servers[size] = await serveOurs(join(dir, size))
    }
    const rows: Row[] = []
    for (const [index, area] of areas.small.entries()) {
      const seen: Record<keyof typeof SIZES, Measured[]> = { small: [], large: [] }
      for (let round = 0; round <= ROUNDS; round++) {
        for (const size of round % 2 === 0 ? (['small', 'large'] as const) : (['large', 'small'] as const)) {
          const server = servers[size]
          const requests = areas[size][index]?.requests ?? []
          if (!server) continue
          const result = await measure(server, { connections: CONNECTIONS, seconds: round === 0 ? 1 : SECONDS, requests })
          const bad = Object.keys(result.statuses).filter((status) => !status.startsWith('2'))
          if (bad.length > 0) throw new Error(`the ${size} one answered ${JSON.stringify(result.statuses)} to ${area.what}`)
          if (round > 0) seen[size].push(result)
        }
      }
      const of = (size: keyof typeof SIZES, pick: (result: Measured) => number) => median(seen[size].map(pick))
      const cpu = (size: keyof typeof SIZES) => of(size, ({ cpuPerRequest }) => cpuPerRequest ?? 0)
      rows.push({
        what: area.what, ours: of('large', ({ p50 }) => p50), limit: of('small', ({ p50 }) => p50), unit: 'ms', goal: area.goal === '' ? '' : '≤ 1.3',
        more: `CPU a request ${cpu('large').toFixed(0)} µs, ${cpu('small').toFixed(0)} µs: ${(cpu('large') / cpu('small')).toFixed(2)}; p99 ${of('large', ({ p99 }) => p99).toFixed(1)} ms, ${of('small', ({ p99 }) => p99).toFixed(1)} ms`,
      })
    }
    report(`Growth: p50 at ${SIZES.large.interactions} interactions and ${SIZES.large.deals} deals against ${SIZES.small.interactions} and ${SIZES.small.deals}, ${CONNECTIONS} connections, medians of ${ROUNDS} rounds`, rows, 'small')
  } finally {
    for (const server of Object.values(servers)) await server?.stop()
    rmSync(dir, { recursive: true, force: true })
  }
}
