import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../testing/databases.ts'
import { type Forged, forgeAll, PAGE, OTHER, bearer, ticketOf } from '../testing/forged.ts'
import { askOperation, type Documented, documentedOperations } from '../testing/operations.ts'
import { rowsOf } from '../testing/rows.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { socketTo } from '../testing/sockets.ts'
import { unlimited } from '../testing/unlimited.ts'
import { STATUS_OF } from './render-error.ts'

const UNAUTHENTICATED = 4401
const FORBIDDEN = 4403

describe('what is no credential, or none any more [sqlite]', () => {
  let home: FreshDatabase
  let test: TestServer
  let operations: Documented[]
  let forged: Forged[]
  let good: Forged[]
  let listening: Awaited<ReturnType<TestServer['listen']>>
  let now = Date.now()
  const faults: unknown[] = []
  beforeAll(async () => {
    home = await freshDatabase('sqlite')
    test = await createTestServer(home, {
      allowedOrigins: [PAGE, OTHER], clock: () => now, rateLimits: unlimited(), mail: { send: async () => undefined },
      log: { info: () => undefined, warn: () => undefined, error: (details) => { faults.push(details) } },
    })
    operations = await documentedOperations(test)
    ;({ forged, good } = await forgeAll(test, { now: () => now, advance: (ms) => { now += ms } }))
    listening = await test.listen()
  })
  afterAll(async () => {
    await listening.stop()
    await test.close()
    await home.dispose()
  })

  const whoami = async ({ headers }: Forged) => (await test.request(`${test.base}/api/v1/whoami`, { headers })).status

  it('opens no operation, writes nothing, and is told why as documented', async () => {
    expect(forged.length).toBeGreaterThan(150)
    expect(new Set(forged.map(({ name }) => name)).size).toBe(forged.length)
    expect(operations.length).toBeGreaterThan(150)
    for (const each of good) expect(await whoami(each), each.name).toBe(200)
    const before = await rowsOf(test.services.database)
    const wrong: string[] = []
    for (const [index, each] of forged.entries()) {
      // A third of them each, so that every operation meets fifty; all of them are met by `npm run soak -- tokens`.
      for (const operation of operations.filter((_, at) => at % 3 === index % 3)) {
        const { status, code } = await askOperation(test, operation, each.headers, 'none')
        const expected = operation.scope === 'person' ? 'unauthenticated' : (each.code ?? 'unauthenticated')
        // What takes its secret in its body refuses an empty one, whatever comes beside it.
        const fits = operation.scope === 'anyone' ? status >= 400 && status < 500 : operation.scope === 'person' && each.signedIn ? status < 500 : code === expected && status === STATUS_OF[expected]
        if (!fits) wrong.push(`${operation.id} for ${each.name}: ${status} ${code}`)
      }
    }
    expect(wrong).toEqual([])
    expect(faults).toEqual([])
    expect(await rowsOf(test.services.database)).toEqual(before)
    // They were refused for what they are, not for how many they were.
    for (const each of good) expect(await whoami(each), each.name).toBe(200)
  })

  it('opens nothing over a real connection either, where headers may come twice', async () => {
    const { request } = await import('node:http')
    const statusOf = ({ headers }: Forged, path: string, method: string): Promise<number> => new Promise((resolve, reject) => {
      const asking = request({ port: listening.port, path: `/api/v1${path}`, method, headers: ['host', `127.0.0.1:${listening.port}`, ...headers.flat(), ...(method === 'POST' ? ['content-type', 'application/json', 'content-length', '2'] : [])] as unknown as Record<string, string> }, (answer) => {
        answer.resume()
        answer.once('end', () => resolve(answer.statusCode ?? 0))
      })
      asking.once('error', reject)
      asking.end(method === 'POST' ? '{}' : undefined)
    })
    const wrong: string[] = []
    for (const each of forged) {
      for (const [method, path] of [['GET', '/companies'], ['POST', '/companies']] as const) {
        const status = await statusOf(each, path, method)
        if (status !== STATUS_OF[each.code ?? 'unauthenticated']) wrong.push(`${method} for ${each.name}: ${status}`)
      }
    }
    expect(wrong).toEqual([])
    const [, , key] = good
    expect(key && await statusOf(key, '/companies', 'GET')).toBe(200)
  })

  it('admits to no socket: not as a ticket, and not as a header', async () => {
    const room = `ws://127.0.0.1:${listening.port}/parties/main/${test.workspace.id}`
    const wrong: string[] = []
    // A ticket, which is none as a bearer, is one here.
    await Promise.all(forged.filter(({ name }) => name !== 'a ticket as a bearer').map(async ({ name, headers }) => {
      const [, authorization = ''] = headers.find(([header]) => header === 'authorization') ?? []
      const ticket = authorization.replace(/^\w+\s+/, '')
      const codes = [await socketTo(`${room}?ticket=${encodeURIComponent(ticket)}`).closed(), await socketTo(room, { headers }).closed()]
      if (codes.some((code) => code !== UNAUTHENTICATED)) wrong.push(`${name}: ${codes.join(', ')}`)
    }))
    for (const each of good) if (await socketTo(room, { headers: each.headers }).closed() !== UNAUTHENTICATED) wrong.push(each.name)
    expect(wrong).toEqual([])
  })

  it('admits a ticket once, within thirty seconds, to its own room', async () => {
    const { services: { workspaces, keys } } = test
    const other = await workspaces.bySlug('elsewhere')
    const room = (id: string | undefined, ticket: string) => socketTo(`ws://127.0.0.1:${listening.port}/parties/main/${id}?ticket=${encodeURIComponent(ticket)}`)
    const first = await ticketOf(test, bearer(test.secret))
    const socket = room(test.workspace.id, first)
    await socket.next('snapshot')
    expect(await room(test.workspace.id, first).closed()).toBe(UNAUTHENTICATED)
    socket.close()
    expect(await room(other?.id, await ticketOf(test, bearer(test.secret))).closed()).toBe(FORBIDDEN)
    const foreign = (await keys.createAsOwner(other?.id ?? '', { scopes: ['crm:read'] })).secret
    expect(await room(test.workspace.id, await ticketOf(test, bearer(foreign))).closed()).toBe(FORBIDDEN)
    const late = await ticketOf(test, bearer(test.secret))
    now += 30_001
    expect(await room(test.workspace.id, late).closed()).toBe(UNAUTHENTICATED)
    for (const garbage of ['x', '\u0000', "' or 1=1 --", 'x'.repeat(4_000), `${late}x`]) expect(await room(test.workspace.id, garbage).closed()).toBe(UNAUTHENTICATED)
  })
})
