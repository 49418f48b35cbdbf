import type { Flowstate } from '@flowstate-ai/sdk'
import type { Import, ImportNoun } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('files of other systems', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { workerConcurrency: 1, heartbeatMs: 1_000 })
    flowstate = test.flowstate
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const run = async (text: string, noun: ImportNoun, name = 'export.csv'): Promise<Import> => flowstate.imports.wait((await flowstate.imports.upload(text, { noun, name })).id, { every: 20 })
  const unchanged = async (text: string, noun: ImportNoun): Promise<void> => {
    const { counts } = await run(text, noun)
    expect(counts).toMatchObject({ created: 0, updated: 0, merged: 0, rejected: 0, unchanged: counts.rows })
  }

  it('puts deals into the pipelines that HubSpot names, and with the people that it associates', async () => {
    const contacts = 'Record ID,First Name,Last Name,Email,Associated Company\n101,Ada,Byron,ada@x.example,Engines\n102,Grace,Hopper,,Navy\n'
    expect((await run(contacts, 'customers')).counts.created).toBe(2)
    const deals = 'Record ID,Deal Name,Deal Stage,Pipeline,Amount,Close Date,Associated Contact,Associated Company\n9001,Fleet,Demo,Sales Pipeline,"1,200.50",2026-12-31 00:00,Ada Byron (ada@x.example);Grace Hopper (g@x.example),Engines\n9002,Ships,Closed Won,Sales Pipeline,7,2024-05-06 00:00,,Navy\n9003,Partner,Demo,Partner Pipeline,,,,\n'
    expect((await run(deals, 'deals', 'hubspot.csv')).counts).toMatchObject({ created: 3, rejected: 0 })
    const pipelines = (await flowstate.pipelines.list()).items
    expect(pipelines.map(({ name, stages }) => [name, stages.map((stage) => stage.name)]).sort()).toEqual([['Partner Pipeline', ['Demo']], ['Sales Pipeline', ['Demo', 'Closed Won']]])
    const [ada] = (await flowstate.customers.list({ email: 'ada@x.example' })).items
    expect((await flowstate.deals.list({ externalId: '9001' })).items).toMatchObject([{ customerId: ada?.id, value: { amount: 120_050 } }])
    const notes = 'Record ID,Activity type,Activity date,Note body,Associated Contact IDs\n7001,NOTE,2026-06-01 10:00,"Called,\nwill call back",102;101\n'
    expect((await run(notes, 'interactions')).counts).toMatchObject({ created: 1, rejected: 0 })
    const [grace] = (await flowstate.customers.list({ externalId: '102' })).items
    expect((await flowstate.interactions.list({ externalId: '7001' })).items).toMatchObject([{ kind: 'note', body: 'Called,\nwill call back', customerId: grace?.id }])
    await unchanged(contacts, 'customers')
    await unchanged(deals, 'deals')
    await unchanged(notes, 'interactions')
  })

  it('believes Pipedrive that a deal is won, in whatever stage it was', async () => {
    const deals = '"Deal - ID","Deal - Title","Deal - Stage","Deal - Pipeline","Deal - Status"\n1,Going on,Contact Made,Pipe,Open\n2,Done,Contact Made,Pipe,Won\n3,Over,Qualified,Pipe,Lost\n'
    expect((await run(deals, 'deals')).counts.created).toBe(3)
    const stateOf = async (externalId: string) => (await flowstate.deals.list({ externalId })).items.map(({ status, customFields }) => [status, customFields.stage])[0]
    expect([await stateOf('1'), await stateOf('2'), await stateOf('3')]).toEqual([['open', undefined], ['won', 'Contact Made'], ['lost', 'Qualified']])
    expect((await flowstate.pipelines.list({ name: 'Pipe' })).items[0]?.stages.map(({ name, kind }) => [name, kind])).toEqual([['Contact Made', 'open'], ['Won', 'won'], ['Lost', 'lost']])
    await unchanged(deals, 'deals')
  })

  it('takes the list of rejected rows back once they are mended', async () => {
    const { id } = await run('Id,Name,Email,Region\nr1,Nina,no address,North\n', 'customers')
    const mended = (await flowstate.imports.rejects(id)).replace(',no address,', ',nina@x.example,')
    expect((await run(mended, 'customers')).counts).toMatchObject({ created: 1, rejected: 0 })
    expect((await flowstate.customers.list({ externalId: 'r1' })).items).toMatchObject([{ email: 'nina@x.example', customFields: { region: 'North' } }])
    expect((await flowstate.customers.list({ externalId: 'r1' })).items[0]?.customFields).toEqual({ region: 'North' })
  })

  it('takes a column called status for the stage where no other is', async () => {
    await run('Id,Name,Status,Pipeline\ns1,Only status,Won,Plain\n', 'deals')
    expect((await flowstate.deals.list({ externalId: 's1' })).items).toMatchObject([{ status: 'won' }])
  })

  it('says what to do with what is no list', async () => {
    const refused = async (text: string | Uint8Array, said: object = {}) => flowstate.imports.upload(text as string, { noun: 'customers', ...said }).then(() => 'taken', (error: unknown) => (error as Error).message)
    expect(await refused('PK\u0003\u0004book')).toContain('save it as CSV (UTF-8)')
    expect(await refused('[\n  {"name":"Ada"}]')).toContain('jq -c')
    expect(await refused('{"name":"Ada"}\n')).toContain('.jsonl')
    expect(await refused('"First","Last"\n"Ada","Byron"\n', { delimiter: ';' })).toContain('look divided by ,')
    const { rejects } = await run('foo,bar\n1,2\n', 'customers')
    expect(rejects[0]?.reason).toBe('no column fills name: say which does, as in {"foo":"name"}')
  })
})
