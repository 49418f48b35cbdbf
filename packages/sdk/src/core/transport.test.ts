import type { IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../test/fake-clock.ts'
import { problem, type Reply, type Script, scriptedServer } from '../../test/scripted-server.ts'
import { ConflictError, ConnectionError, Flowstate, type FlowstateOptions, RateLimitError, ServerError, StaleError, TimeoutError, UnauthenticatedError, ValidationError } from '../index.ts'

const setUp = async (script: Script, options: Partial<FlowstateOptions> = {}) => {
  const server = await scriptedServer(script)
  const clock = new FakeClock()
  const flowstate = new Flowstate({ baseUrl: server.url, ...(options.getToken ? {} : { key: 'fsk_test' }), clock, ...options })
  return { server, clock, flowstate, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}
const DEAL = { id: 'dea_1', title: 'Ten machines', version: 7 }
const short = (ms: number) => ms < 30_000

describe('a call', () => {
  it('answers the data, and around it the response, the request id and the change set', async () => {
    await using test = await setUp(() => ({ json: DEAL, headers: { 'x-request-id': 'req_9', 'flowstate-change-set': 'chg_1' } }))
    expect(await test.flowstate.deals.retrieve('dea_1')).toEqual(DEAL)
    const answer = await test.flowstate.deals.retrieve('dea_1').withResponse()
    expect(answer).toMatchObject({ data: DEAL, requestId: 'req_9', changeSetId: 'chg_1' })
    expect(answer.response.status).toBe(200)
  })

  it('sends the key, If-Match as an ETag, and JSON', async () => {
    await using test = await setUp(() => ({ json: DEAL }), { strict: true })
    await test.flowstate.deals.update('dea_1', { title: 'Eleven' }, { ifMatch: 7, headers: { 'flowstate-workspace': 'wsp_1' } })
    expect(test.server.heard[0]).toMatchObject({ method: 'PATCH', path: '/api/v1/deals/dea_1', body: '{"title":"Eleven"}' })
    expect(test.server.heard[0]?.headers).toMatchObject({ authorization: 'Bearer fsk_test', 'if-match': '"7"', 'content-type': 'application/json', 'flowstate-strict': '1', 'flowstate-workspace': 'wsp_1' })
  })

  it('goes below the base path of a server that is mounted there', async () => {
    await using server = await scriptedServer(() => ({ json: DEAL }))
    await new Flowstate({ baseUrl: `${server.url}/crm/`, key: 'fsk_test' }).deals.retrieve('a/b')
    expect(server.heard[0]?.path).toBe('/crm/api/v1/deals/a%2Fb')
  })

  it('writes filters as the wire wants them', async () => {
    await using test = await setUp(() => ({ json: { items: [], nextCursor: null } }))
    await test.flowstate.deals.list({ stageId: { in: ['stg_1', 'stg_2'] }, value: { gte: 100 }, companyId: null, closedAt: { lt: new Date(0) }, sort: '-value', archived: 'any', limit: undefined })
    expect(Object.fromEntries(test.server.heard[0]?.query ?? [])).toEqual({ 'stageId[in]': 'stg_1,stg_2', 'value[gte]': '100', companyId: 'null', 'closedAt[lt]': '1970-01-01T00:00:00.000Z', sort: '-value', archived: 'any' })
  })
})

describe('a call that fails', () => {
  it.each([
    [409, 'conflict', ConflictError], [412, 'stale', StaleError], [422, 'validation_failed', ValidationError], [401, 'unauthenticated', UnauthenticatedError], [500, 'internal', ServerError],
  ] as const)('with %d %s throws its own kind of error', async (status, code, Kind) => {
    await using test = await setUp(() => problem(status, code, { errors: [{ pointer: '/title', code: 'too_big', detail: 'is too long' }] }))
    const error = await test.flowstate.deals.retrieve('dea_1').catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Kind)
    expect(error).toMatchObject({ status, code, requestId: 'req_1', message: `It is ${code}.`, fieldErrors: [{ pointer: '/title', code: 'too_big', detail: 'is too long' }] })
    expect(test.server.heard).toHaveLength(1)
  })

  it('is heard once by whoever asked for the response', async () => {
    await using test = await setUp(() => problem(404, 'not_found'))
    await expect(test.flowstate.deals.retrieve('dea_1').withResponse()).rejects.toMatchObject({ code: 'not_found' })
  })

  it('says so when what answers is a web page', async () => {
    await using test = await setUp(() => ({ text: '<html>Sign in to the proxy</html>', headers: { 'content-type': 'text/html' } }))
    await expect(test.flowstate.stats.retrieve()).rejects.toMatchObject({ code: 'invalid_answer', name: 'ServerError' })
  })

  it('is not answered by half a body', async () => {
    await using test = await setUp(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
      response.write('{"id":')
      setImmediate(() => response.destroy())
    }, { maxRetries: 0 })
    await expect(test.flowstate.deals.retrieve('dea_1')).rejects.toBeInstanceOf(ConnectionError)
  })
})

describe('trying again', () => {
  it('sends a write whose answer was cut again, with the same key and the same body', async () => {
    await using test = await setUp(({ response }, nth) => (nth < 2 ? void response.destroy() : { json: DEAL }))
    const call = test.flowstate.deals.create({ title: 'Ten machines' })
    await test.clock.reach(short)
    await test.clock.reach(short)
    expect(await call).toEqual(DEAL)
    const keys = test.server.heard.map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[0-9a-f-]{32,36}$/)
    expect(test.server.heard.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => '{"title":"Ten machines"}'))
  })

  it('waits longer each time, anywhere below a ceiling that doubles', async () => {
    await using test = await setUp(() => problem(503, 'unavailable'), { maxRetries: 3 })
    test.clock.chance = 0.9
    const call = expect(test.flowstate.stats.retrieve()).rejects.toBeInstanceOf(ServerError)
    expect([await test.clock.reach(short), await test.clock.reach(short), await test.clock.reach(short)]).toEqual([450, 900, 1_800])
    await call
    expect(test.server.heard).toHaveLength(4)
  })

  it('stays away as long as Retry-After asks, counted in the server\'s time', async () => {
    const serverTime = Date.now() - 7_200_000
    const replies: Reply[] = [
      { ...problem(429, 'rate_limited'), headers: { 'retry-after': '7' } },
      { ...problem(503, 'unavailable'), headers: { date: new Date(serverTime).toUTCString(), 'retry-after': new Date(serverTime + 12_000).toUTCString() } },
      { json: DEAL },
    ]
    await using test = await setUp((_, nth) => replies[nth])
    test.clock.chance = 0
    const call = test.flowstate.deals.retrieve('dea_1')
    expect(await test.clock.reach(short)).toBe(7_000)
    expect(await test.clock.reach(short)).toBe(12_000)
    expect(await call).toEqual(DEAL)
  })

  it('gives up at once, and says for how long, when Retry-After is beyond patience', async () => {
    await using test = await setUp(() => ({ ...problem(429, 'rate_limited'), headers: { 'retry-after': '3600' } }))
    const error = await test.flowstate.stats.retrieve().catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(RateLimitError)
    expect(error).toMatchObject({ retryAfterMs: 3_600_000 })
    expect(test.server.heard).toHaveLength(1)
  })

  it('does not send again what must not be sent twice', async () => {
    await using test = await setUp(() => problem(503, 'unavailable'))
    await expect(test.flowstate.keys.create({ scopes: ['crm:read'] })).rejects.toBeInstanceOf(ServerError)
    await expect(test.flowstate.tasks.claim({ agentId: 'agt_1' })).rejects.toBeInstanceOf(ServerError)
    await expect(test.flowstate.imports.upload('name\nAcme\n', { noun: 'companies' })).rejects.toBeInstanceOf(ServerError)
    expect(test.server.heard).toHaveLength(3)
  })

  it('waits for the first try of the same write when that is still under way', async () => {
    await using test = await setUp((_, nth) => (nth === 0 ? problem(409, 'in_flight') : { json: DEAL }))
    const call = test.flowstate.deals.create({ title: 'Ten machines' })
    await test.clock.reach(short)
    expect(await call).toEqual(DEAL)
  })
})

describe('time and abortion', () => {
  it('ends each try at its timeout', async () => {
    await using test = await setUp(() => undefined, { maxRetries: 1, timeout: 40_000 })
    const call = expect(test.flowstate.stats.retrieve()).rejects.toBeInstanceOf(TimeoutError)
    for (let tries = 0; tries < 2; tries += 1) {
      await test.clock.reach((ms) => ms === 40_000)
      if (tries === 0) await test.clock.reach(short)
    }
    await call
  })

  it('counts a body that never ends into the timeout', async () => {
    await using test = await setUp(({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{')
    }, { maxRetries: 0, timeout: 40_000 })
    const call = expect(test.flowstate.stats.retrieve()).rejects.toBeInstanceOf(TimeoutError)
    await once(test.server.http, 'request')
    test.clock.advance(40_000)
    await call
  })

  it('rejects with the reason of the caller\'s signal, and hangs up', async () => {
    await using test = await setUp(() => undefined)
    const abort = new AbortController()
    const reason = new Error('The page was left.')
    const call = expect(test.flowstate.stats.retrieve({ signal: abort.signal })).rejects.toBe(reason)
    const [request] = await once(test.server.http, 'request') as [IncomingMessage]
    const hungUp = once(request.socket, 'close')
    abort.abort(reason)
    await call
    await hungUp
    await expect(test.flowstate.stats.retrieve({ signal: abort.signal })).rejects.toBe(reason)
    expect(test.server.heard).toHaveLength(1)
  })

  it('can be aborted between two tries', async () => {
    await using test = await setUp(() => problem(503, 'unavailable'))
    const abort = new AbortController()
    const call = test.flowstate.stats.retrieve({ signal: abort.signal })
    const refused = expect(call).rejects.toThrow('enough')
    await new Promise<void>((resolve) => {
      const { after } = test.clock
      Object.assign(test.clock, { after: (ms: number, run: () => void) => { if (short(ms)) resolve(); return after(ms, run) } })
    })
    abort.abort(new Error('enough'))
    await refused
  })
})
