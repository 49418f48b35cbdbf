import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Import } from '@flowstate-ai/sdk/contract'
import { createTestServer } from '../testing/server.ts'

const EXPECTED: Record<string, number> = { Won: 4_238, Lost: 2_473, Engaging: 1_589, Prospecting: 500 }
const SPOILT = 40

/** Ways to spoil a row, by column; each must be rejected with that column. */
const SPOILERS: [column: string, value: string][] = [['close_value', 'lots'], ['close_date', '2017-13-01'], ['engage_date', 'yesterday'], ['deal_stage', 'Wonn'], ['opportunity_id', ''], ['close_value', '-5'], ['close_date', '2001-01-01']]

/** Imports the opportunities as they are, again, and with 40 spoiled rows; compares what is there with what the file says. */
export const soak = async (args: readonly string[]): Promise<boolean> => {
  const data = args[args.indexOf('--data') + 1]
  if (!args.includes('--data') || !data) throw new Error('Say where the data lies: npm run soak -- import --data DIR')
  const read = (name: string) => readFileSync(join(data, 'crm_sales_opportunities', name), 'utf8')
  const problems: string[] = []
  const check = (what: string, actual: unknown, expected: unknown) => {
    const good = JSON.stringify(actual) === JSON.stringify(expected)
    process.stdout.write(`  ${good ? '✓' : '✗'} ${what}: ${JSON.stringify(actual)}\n`)
    if (!good) problems.push(what)
  }
  const inServer = async (work: (run: (text: string, noun: Import['noun'], name: string) => Promise<Import>, test: Awaited<ReturnType<typeof createTestServer>>) => Promise<void>) => {
    const dir = mkdtempSync(join(tmpdir(), 'flowstate-import-'))
    const test = await createTestServer({ dialect: 'sqlite', url: `file:${join(dir, 'x.db')}`, dir, dispose: async () => undefined }, { workerConcurrency: 1 })
    await work(async (text, noun, name) => {
      const { id } = await test.flowstate.imports.upload(text, { noun, name })
      return test.flowstate.imports.wait(id, { every: 50 })
    }, test)
    await test.close()
    rmSync(dir, { recursive: true, force: true })
  }

  await inServer(async (run, { flowstate }) => {
    check('accounts', (await run(read('accounts.csv'), 'companies', 'accounts.csv')).counts, { rows: 85, created: 85, updated: 0, merged: 0, unchanged: 0, collapsed: 0, rejected: 0 })
    check('opportunities', (await run(read('sales_pipeline.csv'), 'deals', 'sales_pipeline.csv')).counts, { rows: 8_800, created: 8_800, updated: 0, merged: 0, unchanged: 0, collapsed: 0, rejected: 0 })
    const [pipeline] = (await flowstate.pipelines.list()).items
    const { stages } = await flowstate.deals.summary()
    for (const { id, name } of pipeline?.stages ?? []) check(name, stages.find(({ stageId }) => stageId === id)?.count, EXPECTED[name])
    check('companies, none made twice', (await flowstate.stats.retrieve()).crm.companies, 85)
    check('the same file again', (await run(read('sales_pipeline.csv'), 'deals', 'sales_pipeline.csv')).counts, { rows: 8_800, created: 0, updated: 0, merged: 0, unchanged: 8_800, collapsed: 0, rejected: 0 })
  })

  await inServer(async (run, { flowstate }) => {
    const [header = '', ...rows] = read('sales_pipeline.csv').trim().split(/\r?\n/)
    const columns = header.split(',')
    const spoilt = new Map<number, string>()
    for (let count = 0, row = 100; count < SPOILT; row += 7) {
      const cells = (rows[row] ?? '').split(',')
      // A date or value to spoil needs a deal that is closed.
      if (cells[4] !== 'Won') continue
      const [column, value] = SPOILERS[count % SPOILERS.length] ?? ['close_value', 'x']
      cells[columns.indexOf(column)] = value
      rows[row] = cells.join(',')
      spoilt.set(row + 2, column)
      count++
    }
    const item = await run([header, ...rows].join('\n'), 'deals', 'sales_pipeline.csv')
    check('with 40 rows spoiled', item.counts, { rows: 8_800, created: 8_760, updated: 0, merged: 0, unchanged: 0, collapsed: 0, rejected: SPOILT })
    const rejected = new Map((await flowstate.imports.rejects(item.id)).trim().split('\r\n').slice(1).map((line) => [Number(line.split(',')[0]), line.split(',')[1]]))
    check('exactly those rows, each with its column', [...spoilt].every(([row, column]) => rejected.get(row) === column) && rejected.size === SPOILT, true)
  })
  return problems.length === 0
}
