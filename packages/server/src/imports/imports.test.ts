import type { Flowstate } from '@flowstate-ai/sdk'
import type { Import } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { csvCell } from '../csv/cells.ts'
import { differencesFromLedger } from '../ledger/verify.ts'
import { sniffDelimiter } from './detect.ts'
import { mappingFor } from './mapping.ts'
import { parseDate, parseMoney } from './values.ts'

/** A pipeline's export as other systems write it: closed deals have a value, some rows no account. */
const pipelineCsv = (rows: number, spoil: (row: number, cells: string[]) => string[] = (_, cells) => cells): { text: string; stages: Record<string, number> } => {
  const stages: Record<string, number> = {}
  const lines = ['opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value']
  for (let row = 0; row < rows; row++) {
    const stage = ['Won', 'Lost', 'Engaging', 'Prospecting'][row % 4] ?? 'Won'
    const closed = stage === 'Won' || stage === 'Lost'
    stages[stage] = (stages[stage] ?? 0) + 1
    lines.push(spoil(row, [`OP${String(row).padStart(6, '0')}`, 'A. Seller', row % 2 ? 'GTXPro' : 'GTX Pro', row % 7 ? `Account ${row % 20}` : '', stage, stage === 'Prospecting' ? '' : '2016-10-20', closed ? '2017-03-01' : '', closed ? String(row) : '']).join(','))
  }
  return { text: `${lines.join('\n')}\n`, stages }
}

describeEachDatabase('imports', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { workerConcurrency: 2, heartbeatMs: 1_000 })
    flowstate = test.flowstate
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const run = async (text: string, noun: Import['noun'], name = 'sales_pipeline.csv', map?: Record<string, string | null>): Promise<Import> => {
    const { id } = await flowstate.imports.upload(text, { noun, name, ...(map ? { map } : {}) })
    return flowstate.imports.wait(id, { every: 20 })
  }

  it('takes a pipeline in whole, makes its stages, and changes nothing the second time; one call undoes it', async () => {
    const { text, stages } = pipelineCsv(1_000)
    const first = await run(text, 'deals')
    expect(first).toMatchObject({ state: 'succeeded', counts: { rows: 1_000, created: 1_000, rejected: 0 } })
    const [pipeline] = (await flowstate.pipelines.list()).items
    expect(pipeline).toMatchObject({ name: 'sales pipeline', stages: [{ name: 'Prospecting', kind: 'open' }, { name: 'Engaging', kind: 'open' }, { name: 'Won', kind: 'won' }, { name: 'Lost', kind: 'lost' }] })
    const summary = await flowstate.deals.summary({ pipelineId: pipeline?.id })
    for (const { id, name } of pipeline?.stages ?? []) expect(summary.stages.find(({ stageId }) => stageId === id)?.count).toBe(stages[name])
    const [deal] = (await flowstate.deals.list({ externalId: 'OP000001' })).items
    expect(deal).toMatchObject({ title: 'GTXPro · Account 1', status: 'lost', value: { amount: 100, currency: 'EUR' }, closedAt: '2017-03-01T00:00:00.000Z', customFields: { salesAgent: 'A. Seller', engageDate: '2016-10-20', product: 'GTXPro' } })
    expect((await flowstate.deals.list({ externalId: 'OP000000' })).items[0]?.companyId).toBeNull()
    const seq = await test.services.ledger.seqOf(test.workspace.id)
    expect((await run(text, 'deals')).counts).toMatchObject({ rows: 1_000, created: 0, updated: 0, unchanged: 1_000 })
    expect(await test.services.ledger.seqOf(test.workspace.id)).toBe(seq)
    const undone = await flowstate.changesets.revert(first.changeSetId)
    expect(undone.changeCount).toBeGreaterThan(1_000)
    expect((await flowstate.deals.summary()).count).toBe(0)
    expect((await flowstate.changesets.retrieve(first.changeSetId))).toMatchObject({ state: 'reverted', revertedBy: undone.id })
  })

  it('takes in all but the spoiled rows, each with its row and column', async () => {
    const spoiled: Record<number, [column: number, value: string, name: string]> = {
      10: [6, 'soon', 'close_date'], 21: [7, 'lots', 'close_value'], 32: [4, 'Wonn', 'deal_stage'], 43: [0, '', 'opportunity_id'], 54: [6, '2017-02-30', 'close_date'], 66: [5, '2018-01-01', 'close_date'], 77: [7, '-5', 'close_value'],
    }
    const { text } = pipelineCsv(200, (row, cells) => {
      const spoil = spoiled[row]
      if (!spoil) return cells
      // A date to spoil needs a row that is closed.
      const whole = [...cells.slice(0, 4), 'Won', '2016-10-20', '2017-03-01', '5']
      return whole.map((cell, column) => (column === spoil[0] ? spoil[1] : cell))
    })
    const cut = text.replace('OP000100,A. Seller,GTX Pro', 'OP000100,A. Seller')
    const { counts, rejects, id } = await run(cut, 'deals', 'spoiled.csv')
    expect(counts).toMatchObject({ rows: 200, rejected: 8, created: 192 })
    for (const [row, [, , name]] of Object.entries(spoiled)) expect(rejects, name).toContainEqual({ row: Number(row) + 2, column: name, reason: expect.any(String) })
    expect(rejects).toContainEqual({ row: 102, column: 'close_value', reason: expect.stringContaining('7 cells') })
    const csv = await flowstate.imports.rejects(id)
    expect(csv.split('\r\n')[0]).toBe('row,column,reason,opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value')
    expect(csv).toContain('34,deal_stage,')
  })

  it('writes the match keys that follow from the fields, when it creates and when it changes', async () => {
    const header = 'id,name,email,phone\n'
    await run(`${header}K1,Kim,Kim@keys.example,+49 30 7654321\nK2,Lou,LOU@keys.example,+98 00 09574\nK3,Moe,moe@keys.example,no number\nK4,Nia,,030 765 43 22\n`, 'customers', 'people.csv')
    expect((await run(`${header}K1,Kim,kim.new@keys.example,0301 999 888\nK3,Moe,,+49 30 7654323\n`, 'customers', 'people.csv')).counts).toMatchObject({ updated: 2 })
    expect(await differencesFromLedger(test.services.database, test.workspace.id)).toEqual([])
  })

  it('knows people by their address, whatever its case, and updates what differs', async () => {
    await flowstate.customers.create({ name: 'Ada', email: 'ada@x.example' })
    const { counts } = await run('First Name;Last Name;E-mail;Company\r\nAda;Byron;ADA@x.example;Analytical\r\n"Grace ""G""";Hopper;grace@x.example;Navy\r\n', 'customers', 'people.csv')
    expect(counts).toMatchObject({ rows: 2, created: 1, updated: 1 })
    expect((await flowstate.customers.list({ email: 'ada@X.example' })).items).toMatchObject([{ name: 'Ada Byron' }])
    expect((await flowstate.customers.list({ email: 'grace@x.example' })).items).toMatchObject([{ name: 'Grace "G" Hopper' }])
  })

  it('obeys a mapping that is said, and refuses one that cannot be', async () => {
    const { counts } = await run('org,region,junk\nMapped,north,x\n', 'companies', 'c.csv', { org: 'name', junk: null })
    expect(counts.created).toBe(1)
    expect((await flowstate.companies.list({ name: 'Mapped' })).items[0]?.customFields).toEqual({ region: 'north' })
    await expect(run('org\nX\n', 'companies', 'c.csv', { orgg: 'name' })).rejects.toMatchObject({ status: 422, fieldErrors: [{ pointer: '?map/orgg', code: 'not_found' }] })
  })
})

describe('reading CSV', () => {
  it('tells delimiters, dates and amounts apart', () => {
    expect(sniffDelimiter('"a,b";c;d\n')).toBe(';')
    expect(parseDate('31-12-2026', 'dmy')).toEqual({ value: '2026-12-31' })
    expect(parseDate('12/31/2026', 'dmy')).toHaveProperty('fault')
    expect(parseMoney('1.054,50', 'EUR')).toEqual({ value: { amount: 105_450, currency: 'EUR' } })
    expect(parseMoney('1,054.50', 'EUR')).toEqual({ value: { amount: 105_450, currency: 'EUR' } })
    expect(parseMoney('1,054', 'JPY')).toEqual({ value: { amount: 1_054, currency: 'JPY' } })
    const guessed = mappingFor('deals', ['Deal Name', 'Amount', 'Close Date', 'Whatever'], { said: {}, saved: {}, custom: [], fits: () => true })
    expect(guessed.map(({ field, sure }) => [field, sure])).toEqual([['title', 'known'], ['value', 'known'], ['closeDate', 'known'], ['customFields.whatever', 'kept']])
  })
  it('quotes what a spreadsheet would run', () => {
    expect(['=1+1', '+1', '-1', '@x', 'plain'].map(csvCell)).toEqual(["'=1+1", "'+1", "'-1", "'@x", 'plain'])
  })
})
