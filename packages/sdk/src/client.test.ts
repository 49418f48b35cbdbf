import { afterEach, describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../test/fake-clock.ts'
import { problem, type Script, scriptedServer } from '../test/scripted-server.ts'
import { Flowstate, StaleError } from './index.ts'

afterEach(() => { vi.unstubAllGlobals() })

describe('a client', () => {
  it('refuses a secret key in a page', () => {
    vi.stubGlobal('window', globalThis)
    vi.stubGlobal('document', {})
    expect(() => new Flowstate({ baseUrl: 'https://crm.example', key: 'fsk_1' })).toThrow('must not be in a page')
  })

  it.each([
    [{ baseUrl: 'https://crm.example' }, 'Give `key`'],
    [{ baseUrl: 'https://crm.example', key: 'fsk_1', getToken: () => '' }, 'not both'],
    [{ baseUrl: 'https://crm.example', key: 'eyJhbGciOi' }, 'hand other tokens over'],
    [{ baseUrl: 'crm.example', key: 'fsk_1' }, 'must be the server\'s address'],
    [{ baseUrl: 'ftp://crm.example', key: 'fsk_1' }, 'must be the server\'s address'],
  ])('says what is wrong with its options: %j', (options, sentence) => {
    expect(() => new Flowstate(options)).toThrow(sentence)
  })

  it('finds a relative address on the page\'s own host', () => {
    vi.stubGlobal('location', { origin: 'https://intranet.example' })
    expect(new Flowstate({ baseUrl: '/crm/', getToken: () => 't' }).baseUrl).toBe('https://intranet.example/crm')
  })

  it('reaches routes that have no method yet', async () => {
    await using server = await scriptedServer(() => ({ json: { ok: true } }))
    const flowstate = new Flowstate({ baseUrl: server.url, key: 'fsa_agent' })
    expect(await flowstate.request<{ ok: boolean }>({ method: 'PUT', path: '/views/1', query: { a: 1 }, body: {} })).toEqual({ ok: true })
    expect(server.heard[0]).toMatchObject({ method: 'PUT', path: '/api/v1/views/1' })
  })
})

describe('a list', () => {
  const pages: Script = ({ query }) => {
    const nth = Number(query.get('cursor') ?? 0)
    return { json: { items: [{ id: `dea_${nth}a` }, { id: `dea_${nth}b` }], nextCursor: nth < 2 ? String(nth + 1) : null } }
  }

  it('iterates over every item, fetching pages as they are needed', async () => {
    await using server = await scriptedServer(pages)
    const ids: string[] = []
    for await (const deal of new Flowstate({ baseUrl: server.url, key: 'fsk_1' }).deals.list({ stageId: 'stg_1', limit: 2 })) {
      ids.push(deal.id)
      expect(server.heard.length).toBe(Math.ceil(ids.length / 2))
    }
    expect(ids).toEqual(['dea_0a', 'dea_0b', 'dea_1a', 'dea_1b', 'dea_2a', 'dea_2b'])
    expect(server.heard.map(({ query }) => Object.fromEntries(query))).toEqual([{ stageId: 'stg_1', limit: '2' }, { stageId: 'stg_1', limit: '2', cursor: '1' }, { stageId: 'stg_1', limit: '2', cursor: '2' }])
  })

  it('awaited is its first page, fetched once, and not before', async () => {
    await using server = await scriptedServer(pages)
    const list = new Flowstate({ baseUrl: server.url, key: 'fsk_1' }).deals.list()
    expect(server.heard).toHaveLength(0)
    expect((await list).nextCursor).toBe('1')
    expect((await list.withResponse()).data.items).toHaveLength(2)
    expect(server.heard).toHaveLength(1)
    const sizes: number[] = []
    for await (const page of list.pages()) sizes.push(page.items.length)
    expect(sizes).toEqual([2, 2, 2])
  })
})

describe('an update by a function', () => {
  it('reads again and decides again until nobody was faster', async () => {
    let amount = 0
    let version = 1
    await using server = await scriptedServer(({ method, headers, body }) => {
      if (method === 'GET') return { json: { id: 'dea_1', version, value: { amount, currency: 'EUR' } } }
      if (headers['if-match'] !== `"${version}"`) return problem(412, 'stale')
      amount = (JSON.parse(body) as { value: { amount: number } }).value.amount
      version += 1
      return { json: { id: 'dea_1', version, value: { amount, currency: 'EUR' } } }
    })
    const add = async () => {
      const flowstate = new Flowstate({ baseUrl: server.url, key: 'fsk_1' })
      await flowstate.deals.update('dea_1', (deal) => ({ value: { amount: (deal.value?.amount ?? 0) + 100, currency: 'EUR' } }))
    }
    await Promise.all(Array.from({ length: 6 }, add))
    expect(amount).toBe(600)
  })

  it('gives up after a bounded number of tries', async () => {
    await using server = await scriptedServer(({ method }) => (method === 'GET' ? { json: { version: 1 } } : problem(412, 'stale')))
    const clock = new FakeClock()
    clock.chance = 0
    const flowstate = new Flowstate({ baseUrl: server.url, key: 'fsk_1', clock })
    const call = expect(flowstate.deals.update('dea_1', () => ({ title: 'x' }))).rejects.toBeInstanceOf(StaleError)
    for (let tries = 1; tries < 60; tries += 1) await clock.reach((ms) => ms === 0)
    await call
    expect(server.heard.filter(({ method }) => method === 'PATCH')).toHaveLength(60)
  })
})

describe('an upload', () => {
  async function* rows() {
    yield 'name\n'
    for (let row = 0; row < 1_000; row += 1) yield `Company ${row}\n`
  }
  const whole = `name\n${Array.from({ length: 1_000 }, (_, row) => `Company ${row}\n`).join('')}`

  it.each([
    ['an async iterable, as Node\'s streams are', rows],
    ['a web stream', () => new Blob([whole]).stream()],
    ['a blob', () => new Blob([whole])],
    ['bytes', () => new TextEncoder().encode(whole)],
    ['a string', () => whole],
  ])('takes %s, and tells how many bytes have gone', async (_, source) => {
    await using server = await scriptedServer(() => ({ status: 202, json: { id: 'imp_1' } }))
    const told: number[] = []
    const flowstate = new Flowstate({ baseUrl: server.url, key: 'fsk_1' })
    const started = await flowstate.imports.upload(source(), { noun: 'companies', name: 'all.csv', map: { name: 'name' } }, { onProgress: (bytes) => told.push(bytes) })
    expect(started.id).toBe('imp_1')
    expect(server.heard[0]?.body).toBe(whole)
    expect(server.heard[0]?.headers).toMatchObject({ 'content-type': 'text/csv' })
    expect(server.heard[0]?.headers['idempotency-key']).toBeUndefined()
    expect(Object.fromEntries(server.heard[0]?.query ?? [])).toEqual({ noun: 'companies', name: 'all.csv', map: '{"name":"name"}' })
    expect(told.at(-1)).toBe(whole.length)
  })

  it('reads its rejects as text', async () => {
    await using server = await scriptedServer(() => ({ text: 'row,column,reason\n', headers: { 'content-type': 'text/csv' } }))
    expect(await new Flowstate({ baseUrl: server.url, key: 'fsk_1' }).imports.rejects('imp_1')).toBe('row,column,reason\n')
  })
})
