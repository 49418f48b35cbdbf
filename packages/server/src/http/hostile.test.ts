import { connect } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { runHostile } from '../testing/hostile/hostile.ts'
import { NAUGHTY } from '../testing/hostile/naughty.ts'
import { parseAnswer, sendRaw } from '../testing/hostile/raw-http.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import type { Patience } from './node-server.ts'

const REQUESTS = 500
/** Another each day would be a test that fails on some days; the soak takes a random one. */
const SEED = 20_261_126
const IMPATIENT: Patience = { headersMs: 150, bodyGraceMs: 150, slowestBody: 500, everyMs: 50 }

/** The short form of `npm run soak -- hostile`. */
describeEachDatabase('bad input', (fresh) => {
  const cleanups: (() => Promise<void>)[] = []
  afterEach(async () => { for (const cleanup of cleanups.splice(0).reverse()) await cleanup() })
  const setUp = async (patience?: Patience): Promise<{ test: TestServer; port: number; faults: unknown[]; send: (head: string[], body?: string | Buffer) => ReturnType<typeof sendRaw> }> => {
    const home: FreshDatabase = await fresh()
    cleanups.push(home.dispose)
    const faults: unknown[] = []
    const test = await createTestServer(home, { log: { info: () => undefined, warn: () => undefined, error: (details) => { faults.push((details as { err?: unknown }).err) } } })
    cleanups.push(test.close)
    const { port, stop } = await test.listen(patience)
    cleanups.push(stop)
    const send = ([line = '', ...headers]: string[], body: string | Buffer = '') =>
      sendRaw(port, Buffer.concat([Buffer.from([`${line} HTTP/1.1`, `Host: 127.0.0.1:${port}`, `Authorization: Bearer ${test.secret}`, 'Connection: close', ...headers].join('\r\n') + '\r\n\r\n'), Buffer.from(body)]))
    return { test, port, faults, send }
  }

  it('is answered as the document says, and never with 5xx', async () => {
    const { test, port, faults } = await setUp()
    const { items } = await test.flowstate.keys.list()
    const { findings, statuses } = await runHostile({ port, prefix: '/api/v1', credentials: [test.secret], spared: items.map(({ id }) => id), seed: SEED, count: REQUESTS })
    expect(findings.map(({ index, operation, fault, request }) => ({ index, operation, fault, request }))).toEqual([])
    expect(faults).toEqual([])
    // The generator reaches the inside: what it made as documented was done.
    expect(statuses[200]).toBeGreaterThan(REQUESTS / 20)
    expect(statuses[201]).toBeGreaterThan(0)
    expect(statuses[422]).toBeGreaterThan(REQUESTS / 20)
  }, 120_000)

  it('gives every text back byte for byte, in each field of each noun, and finds it', async () => {
    const { test: { flowstate } } = await setUp()
    const [pipeline] = (await flowstate.pipelines.list()).items.length > 0 ? (await flowstate.pipelines.list()).items : [await flowstate.pipelines.create({ name: 'Sales' })]
    const { id: companyId } = await flowstate.companies.create({ name: 'Acme' })
    for (const [index, naughty] of NAUGHTY.entries()) {
      const shown = naughty.trim() === '' ? `x${naughty}` : naughty
      const written = {
        companies: { name: shown, industry: naughty, country: naughty, description: naughty, externalId: `${naughty}${index}`, customFields: { [naughty.length <= 60 && naughty !== '__proto__' ? naughty : 'x']: naughty, list: [naughty] } },
        customers: { name: shown, phone: naughty.length <= 50 ? naughty : 'x', title: naughty, description: naughty, externalId: `${naughty}${index}`, customFields: { note: naughty } },
        deals: { title: shown, pipelineId: pipeline?.id, wonReason: naughty, lostReason: naughty, description: naughty, externalId: `${naughty}${index}`, customFields: { note: naughty } },
        interactions: { kind: 'note', companyId, subject: naughty, body: naughty, externalId: `${naughty}${index}`, customFields: { note: naughty } },
        tags: { name: `${shown}${index}` },
        views: { noun: 'deals', name: shown, columns: [naughty.length <= 80 ? naughty : 'x'], filter: { field: 'title', value: naughty } },
      }
      for (const [noun, body] of Object.entries(written)) {
        const made = await flowstate.request<Record<string, unknown>>({ method: 'POST', path: `/${noun}`, body })
        const read = await flowstate.request<Record<string, unknown>>({ method: 'GET', path: `/${noun}/${String(made.id)}` })
        expect(read, `${noun}: ${JSON.stringify(naughty)}`).toMatchObject(body)
        expect(read).toEqual(made)
      }
    }
    for (const naughty of NAUGHTY) {
      if (naughty.trim() === '') continue
      const { items } = await flowstate.companies.list({ filter: { field: 'industry', value: naughty }, limit: 200 })
      expect(items.map(({ industry }) => industry), JSON.stringify(naughty)).toContain(naughty)
      // Whatever it is made of, asking for it is no fault.
      await flowstate.search.query({ q: naughty })
    }
    expect((await flowstate.search.query({ q: '田中さんにあげて下さい' })).items.length).toBeGreaterThan(0)
  }, 120_000)

  it('refuses what no database could give back, by its place', async () => {
    const { send } = await setUp()
    const type = 'Content-Type: application/json'
    for (const [body, pointer] of [['{"name":"a\\u0000b"}', '/name'], ['{"name":"\\ud800"}', '/name'], ['{"name":"x","customFields":{"\\udc00":1}}', '/customFields'], ['{"name":"x","customFields":{"a":["\\u0000"]}}', '/customFields/a/0']] as const) {
      const answer = await send(['POST /api/v1/companies', type, `Content-Length: ${Buffer.byteLength(body)}`], body)
      expect(answer?.status, body).toBe(422)
      expect((JSON.parse(answer?.body ?? '{}') as { errors: { pointer: string }[] }).errors[0]?.pointer, body).toBe(pointer)
    }
    expect((await send(['GET /api/v1/companies/%00']))?.status).toBe(404)
    expect((await send(['GET /api/v1/companies?name=%00']))?.status).toBe(422)
  })

  it('takes at most a megabyte, however its length is told, and refuses before it reads', async () => {
    const { send, port } = await setUp()
    const type = 'Content-Type: application/json'
    expect((await send(['POST /api/v1/companies', type, 'Content-Length: 1048577']))?.status, 'by its length alone').toBe(413)
    expect((await send(['POST /api/v1/files', 'Content-Length: 2147483648']))?.status, 'a file by its length alone').toBe(413)
    expect((await send(['POST /api/v1/imports?noun=customers', 'Content-Type: text/csv', 'Content-Length: 2147483648']))?.status, 'an import by its length alone').toBe(413)
    // Never ended: the answer comes while the body is still under way.
    const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`
    expect((await send(['POST /api/v1/companies', type, 'Transfer-Encoding: chunked'], chunk.repeat(17)))?.status, 'by what came').toBe(413)
    const large = JSON.stringify({ name: 'x', description: 'y'.repeat(9_000), customFields: Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`f${index}`, 'z'.repeat(9_999)])) })
    expect(large.length).toBeGreaterThan(900_000)
    expect((await send(['POST /api/v1/companies', type, `Content-Length: ${large.length}`], large))?.status, 'less is taken').toBe(201)
    expect((await sendRaw(port, Buffer.from(`GET /api/v1/deals HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(40_000)}\r\n\r\n`)))?.status).toBe(431)
  })

  it('refuses JSON that is nested too deep', async () => {
    const { send } = await setUp()
    for (const levels of [65, 5_000, 200_000]) {
      const body = `{"name":"x","customFields":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`
      const answer = await send(['POST /api/v1/companies', 'Content-Type: application/json', `Content-Length: ${body.length}`], body)
      expect([400, 413]).toContain(answer?.status)
    }
  })

  it('outlives upgrades that nobody asked for, on addresses that are none', async () => {
    const { send, test } = await setUp()
    for (const target of ['//', '///parties/main/x', 'http://', '/api/v1/deals', '/parties/main/x?ticket=%', '/parties/main/%ff?ticket=%00', '/parties/main/']) {
      await send([`GET ${target}`, 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='])
    }
    expect((await test.flowstate.whoami.retrieve()).workspaceId).toBe(test.workspace.id)
  })

  it('ends a connection whose headers or body only trickle, and harms no other', async () => {
    const { port, test } = await setUp(IMPATIENT)
    const trickle = (start: string): Promise<number | undefined> => new Promise((resolve) => {
      let drip: NodeJS.Timeout | undefined
      const socket = connect(port, '127.0.0.1', () => {
        // Not before: what is written while it connects would stand in front of the request.
        socket.write(start)
        drip = setInterval(() => { if (socket.writable) socket.write('a') }, 20)
      })
      const said: Buffer[] = []
      socket.on('data', (data) => said.push(data))
      socket.on('error', () => undefined)
      socket.on('close', () => {
        clearInterval(drip)
        resolve(parseAnswer(Buffer.concat(said), 0)?.status)
      })
    })
    const head = `POST /api/v1/companies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${test.secret}\r\nContent-Type: application/json\r\n`
    const slow = Promise.all([trickle(`${head}X-Slow: `), trickle(`${head}Content-Length: 100000\r\n\r\n{`), trickle(`${head}Transfer-Encoding: chunked\r\n\r\nffff\r\n`)])
    for (let count = 0; count < 20; count++) await test.flowstate.companies.create({ name: `Meanwhile ${count}` })
    expect(await slow).toEqual([408, 408, 408])
  })
})
