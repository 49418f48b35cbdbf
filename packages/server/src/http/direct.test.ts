import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { createCallerOf } from './authenticate.ts'
import { createDirect } from './direct.ts'
import { createHttpServer } from './node-server.ts'

let home: Awaited<ReturnType<typeof freshDatabase>>
let test: TestServer
let id: string
let upload: string
beforeAll(async () => {
  home = await freshDatabase('sqlite')
  test = await createTestServer(home, { publicUrl: 'https://flowstate.test' })
  id = (await test.flowstate.companies.create({ name: 'Kestrel Optics' })).id
  upload = (await test.flowstate.files.upload(new TextEncoder().encode('<p>a page of a stranger</p>'), { name: 'page.html', type: 'text/html' })).id
})
afterAll(async () => {
  await test.close()
  await home.dispose()
})

interface Asked { method?: string; path: string; headers?: Record<string, string>; body?: string; key?: string | null }
const requestOf = ({ method = 'GET', path, headers = {}, body, key = test.secret }: Asked) => new Request(`${test.base}/api/v1${path}`, {
  method,
  headers: { ...(key === null ? {} : { authorization: `Bearer ${key}` }), ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }), ...headers },
  ...(body === undefined ? {} : { body }),
})
/** An answer without what is new in each: names of requests and change sets, ids of what was made, instants. */
const seen = async (response: Response) => {
  const plain = (text: string) => text.replaceAll(/req_\w+|chg_\w{26}|com_\w{26}|\d{4}-\d\d-\d\dT[\d:.]+Z/g, (found) => found.slice(0, 3))
  return { status: response.status, headers: Object.fromEntries([...response.headers].map(([name, value]) => [name, plain(value)])), body: plain(await response.text()) }
}

describe('requests that are served without the framework', () => {
  it('knows everything that stands in front of the operations', () => {
    const { options, report } = test.services
    expect(createDirect(test.server.app, { options, callerOf: createCallerOf(test.services), report }).direct).toBe(true)
  })

  it('leaves all to the framework once something unknown stands in front', () => {
    const app = test.server.app
    const wider = Object.create(app, { routes: { value: [...app.routes, { method: 'ALL', path: '/api/v1/*', basePath: '/', handler: async function unheardOf() { return undefined } }] } }) as typeof app
    const { options, report } = test.services
    expect(createDirect(wider, { options, callerOf: createCallerOf(test.services), report }).direct).toBe(false)
  })

  let etag = ''
  beforeAll(async () => { etag = (await test.request(requestOf({ path: `/companies/${id}` }))).headers.get('etag') ?? '' })
  const asked = (): Asked[] => [
      { path: `/companies/${id}` }, { path: `/companies/${id}`, headers: { 'if-none-match': etag } }, { path: `/companies/${id}`, headers: { origin: 'https://elsewhere.example' } },
      { path: '/companies/com_00000000000000000000000000' }, { path: `/companies/${id}?fields=name` }, { path: `/companies/${id}?mode=propose` }, { path: `/companies/${id}/` }, { path: `/companies//${id}` }, { path: `/companies/${id.replace('_', '%5F')}` }, { path: '/companies/' },
      { path: `/companies/${id}`, key: null }, { path: `/companies/${id}`, key: 'fsk_unknown' }, { path: `/companies/${id}`, headers: { 'if-match': 'x' } }, { path: `/companies/${id}`, headers: { 'flowstate-run': '{' } },
      { path: '/companies?limit=1&sort=name' }, { path: '/companies?limit=0' }, { path: '/companies?limit=1&limit=2' }, { path: '/companies?nmae=x' }, { path: '/companies?name=%00' }, { path: '/deals/summary' }, { path: `/files/${upload}/content` }, { path: '/nothing' }, { path: '' }, { path: '/companies', method: 'HEAD' }, { path: '/companies', method: 'PUT', body: '{}' },
      { path: '/companies', method: 'POST', body: '{"name":"Lapwing Freight"}' }, { path: '/companies', method: 'POST', body: '{"name":""}' }, { path: '/companies', method: 'POST', body: '{"name"' }, { path: '/companies', method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } }, { path: '/companies', method: 'POST', body: '' },
      { path: '/companies?mode=rehearse', method: 'POST', body: '{"name":"Gannet Solar"}' }, { path: '/companies', method: 'POST', body: '{"name":"Dunlin Dental"}', headers: { 'idempotency-key': '' } }, { path: '/companies', method: 'POST', body: `{"name":"${'x'.repeat(1_100_000)}"}` },
      { path: `/companies/${id}`, method: 'PATCH', body: '{"name":"Kestrel Optics"}', headers: { 'flowstate-strict': '1' } }, { path: `/companies/${id}/restore`, method: 'POST', body: '{}' }, { path: `/companies/${id}/restore`, method: 'POST', body: '{"x":1}' },
  ]

  it('are answered as the framework answers them', async () => {
    for (const one of asked()) {
      const [ours, framework] = [await seen(await test.server.fetch(requestOf(one))), await seen(await test.server.app.fetch(requestOf(one)))]
      expect(ours, JSON.stringify(one).slice(0, 200)).toEqual(framework)
    }
  })

  it('are answered over a socket as a Request would be', async () => {
    const { take, takesUpgrade, app } = test.server
    const taken: string[] = []
    const listen = async (http: ReturnType<typeof createHttpServer>) => {
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
      const address = http.address()
      return { http, url: `http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}` }
    }
    const ours = await listen(createHttpServer({ fetch: test.server.fetch, takesUpgrade, take: (incoming, outgoing) => {
      const took = take(incoming, outgoing)
      if (took) taken.push(incoming.url ?? '')
      return took
    } }))
    const framework = await listen(createHttpServer({ fetch: app.fetch, takesUpgrade }))
    await test.flowstate.companies.create({ name: 'Kestrel Optik · München' })
    const further: Asked[] = [{ path: '/companies?name=Kestrel%20Optik%20%C2%B7%20M%C3%BCnchen' }, { path: '/companies?sort=name&limit=200' }, { path: '/companies/../companies?limit=1' }, { path: '/companies?name=a%2Fb' }, { path: '/stats' }, { path: '/changes?since=0&limit=5' }]
    const over = async (url: string, one: Asked) => {
      const { href, method, headers, body } = { href: requestOf(one).url.replace(test.base, url), method: one.method ?? 'GET', headers: requestOf(one).headers, body: one.body }
      const response = await seen(await fetch(href, { method, headers, ...(body === undefined ? {} : { body }) }))
      return { ...response, headers: { ...response.headers, date: '' } }
    }
    for (const one of [...asked(), ...further].filter(({ path }) => path !== '')) expect(await over(ours.url, one), JSON.stringify(one).slice(0, 200)).toEqual(await over(framework.url, one))
    expect(taken).toEqual(expect.arrayContaining([`/api/v1/companies/${id}`, '/api/v1/companies?limit=0', '/api/v1/companies?name=%00', '/api/v1/companies?sort=name&limit=200']))
    for (const { http } of [ours, framework]) {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    }
  })
})
