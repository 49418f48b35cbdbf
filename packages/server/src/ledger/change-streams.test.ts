import { Flowstate, ResyncError } from '@flowstate-ai/sdk'
import type { Change } from '@flowstate-ai/sdk/contract'
import { sql } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { statementOf } from '../db/compile.ts'
import { systemCaller } from '../http/caller.ts'
import { describeEachDatabase, type FreshDatabase, freshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { createChangeStreams, UNREAD_BYTES } from './change-streams.ts'
import { settled } from './settled.ts'

interface Said { event: string; id: number | null; data: unknown }
/** Reads events as they come; `next` waits for the next that is no comment. */
const reading = (body: ReadableStream<Uint8Array> | null) => {
  const reader = (body ?? new ReadableStream<Uint8Array>()).getReader()
  const decoder = new TextDecoder()
  let text = ''
  const blocks: string[] = []
  const block = async (): Promise<string | null> => {
    while (blocks.length === 0) {
      const { done, value } = await reader.read()
      if (done) return null
      const parts = (text + decoder.decode(value, { stream: true })).split('\n\n')
      text = parts.pop() ?? ''
      blocks.push(...parts)
    }
    return blocks.shift() ?? null
  }
  const next = async (): Promise<Said | null> => {
    for (;;) {
      const found = await block()
      if (found === null) return null
      if (found.startsWith(':')) continue
      const fields = Object.fromEntries(found.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
      return { event: fields.event ?? '', id: fields.id === undefined ? null : Number(fields.id), data: JSON.parse(fields.data ?? 'null') }
    }
  }
  return { block, next, some: async (count: number) => { const all: (Said | null)[] = []; while (all.length < count) all.push(await next()); return all }, close: () => reader.cancel() }
}

describeEachDatabase('the feed as a stream', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  beforeEach(async () => {
    home = await fresh()
    test = await createTestServer(home)
  })
  afterEach(async () => {
    await test.close()
    await home.dispose()
  })
  const open = (query = '', headers: Record<string, string> = {}, token = test.secret) => test.request(`${test.base}/api/v1/changes${query}`, { headers: { accept: 'text/event-stream', authorization: `Bearer ${token}`, ...headers } }) as Promise<Response>

  it('tells what there is, and then what is committed, with the seq as id', async () => {
    const first = await test.flowstate.companies.create({ name: 'A' })
    const response = await open()
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toContain('no-transform')
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    const stream = reading(response.body)
    expect(await stream.next()).toMatchObject({ event: 'change', id: 1, data: { seq: 1, noun: 'companies', id: first.id, op: 'create', fields: { name: { to: 'A' } } } })
    const later = stream.next()
    await test.flowstate.companies.update(first.id, { name: 'B' })
    expect(await later).toMatchObject({ event: 'change', id: 2, data: { op: 'update', fields: { name: { from: 'A', to: 'B' } } } })
    const { items } = await test.flowstate.changes.list()
    await stream.close()
    const again = reading((await open()).body)
    expect((await again.some(2)).map((said) => said?.data)).toEqual(items)
    await again.close()
  })

  it('goes on from Last-Event-ID, which says more than since', async () => {
    for (let n = 0; n < 5; n++) await test.flowstate.companies.create({ name: `Company ${n}` })
    const stream = reading((await open('?since=1', { 'last-event-id': '3' })).body)
    expect((await stream.some(2)).map((said) => said?.id)).toEqual([4, 5])
    await stream.close()
  })

  it('leaves no hole and doubles nothing while many write and many read', async () => {
    const streams = await Promise.all(Array.from({ length: 10 }, async () => reading((await open()).body)))
    const writing = Promise.all(Array.from({ length: 5 }, (_, n) => test.flowstate.companies.batch({ items: Array.from({ length: 100 }, (_unused, index) => ({ op: 'create' as const, data: { name: `Company ${n}.${index}` } })) })))
    for (const stream of streams) {
      expect((await stream.some(500)).map((said) => said?.id)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1))
      await stream.close()
    }
    await writing
  })

  it('shows a limited reader its own, and takes it past the rest', async () => {
    const mine = await test.flowstate.companies.create({ name: 'Mine' })
    const { token } = await test.flowstate.embedTokens.create({ subject: 'x', role: 'viewer', records: { companies: [mine.id] } })
    await test.flowstate.companies.create({ name: 'Other' })
    const stream = reading((await open('', {}, token)).body)
    expect(await stream.some(2)).toMatchObject([{ event: 'change', id: 1 }, { event: 'range', id: 2, data: { from: 1, to: 2 } }])
    const next = stream.next()
    await test.flowstate.companies.create({ name: 'Another' })
    expect(await next).toMatchObject({ event: 'range', id: 3, data: { from: 3, to: 3 } })
    await stream.close()
  })

  it('ends when its key is revoked, and when its token is over', async () => {
    const key = await test.flowstate.keys.create({ scopes: ['crm:read', 'crm:write'] })
    const stream = reading((await open('', {}, key.secret)).body)
    await stream.block()
    await test.flowstate.keys.revoke(key.id)
    expect(await stream.next()).toBeNull()
    const { token } = await test.flowstate.embedTokens.create({ subject: 'x', role: 'viewer', ttl: 5 })
    const brief = reading((await open('', {}, token)).body)
    expect(await brief.next()).toBeNull()
  })

  it('begins anew where its place was trimmed away, or never was', async () => {
    for (let n = 0; n < 3; n++) await test.flowstate.companies.create({ name: `Company ${n}` })
    const { ledger, database: { reader, tables: { workspaces } } } = test.services
    settled(await ledger.run({ workspaceId: test.workspace.id, statements: [statementOf(reader.update(workspaces).set({ trimmedSeq: 2 }).where(sql`${workspaces.id} = ${test.workspace.id}`))] }))
    await expect(test.flowstate.changes.list({ since: 1 })).rejects.toThrow(ResyncError)
    expect((await test.flowstate.changes.list({ since: 2 })).items.map(({ seq }) => seq)).toEqual([3])
    const stream = reading((await open('?since=1')).body)
    expect(await stream.next()).toEqual({ event: 'resync', id: 3, data: { seq: 3 } })
    const next = stream.next()
    const { id } = await test.flowstate.tags.create({ name: 'New' })
    expect(await next).toMatchObject({ event: 'change', id: 4, data: { id } })
    await stream.close()
    const beyond = reading((await open('?since=99')).body)
    expect(await beyond.next()).toMatchObject({ event: 'resync', id: 4 })
    await beyond.close()
  })

  it('is followed by the SDK over restarts, none missed and none twice', async () => {
    let { url, stop } = await test.listen()
    const flowstate = new Flowstate({ baseUrl: 'http://crm.test', key: test.secret, fetch: (to, init) => fetch(to.replace('http://crm.test', url), init), maxRetries: 0 })
    const write = (round: number) => test.flowstate.companies.batch({ items: Array.from({ length: 5 }, (_, n) => ({ op: 'create' as const, data: { name: `Company ${round}.${n}` } })) })
    const ending = new AbortController()
    const seqs: number[] = []
    await write(0)
    for await (const event of flowstate.changes.stream({ signal: ending.signal })) {
      if (event.type === 'change') seqs.push(event.change.seq)
      if (seqs.length === 20) ending.abort()
      if (seqs.length % 5 !== 0 || ending.signal.aborted) continue
      await stop()
      await write(seqs.length)
      ;({ url, stop } = await test.listen())
    }
    expect(seqs).toEqual(Array.from({ length: 20 }, (_, index) => index + 1))
    await stop()
  })

  it('ends the SDK\'s following for what no new connection can mend', async () => {
    const following = test.clientFor(`${test.secret.slice(0, -1)}x`).changes.stream()
    await expect(following.next()).rejects.toMatchObject({ code: 'unauthenticated' })
  })
})

describe('a stream of changes [sqlite]', () => {
  let home: FreshDatabase
  let test: TestServer
  beforeEach(async () => {
    home = await freshDatabase('sqlite')
    test = await createTestServer(home)
  })
  afterEach(async () => {
    await test.close()
    await home.dispose()
  })

  it('says that it is there while nothing happens', async () => {
    const { tail, scoped, log } = test.services
    const streams = createChangeStreams({ tail, scoped, log, heartbeatMs: 1, checkMs: 1 })
    const { stream } = streams.open(systemCaller(test.workspace.id, 'Test', 'x'), { since: 0, signal: new AbortController().signal })
    const read = reading(stream)
    expect([await read.block(), await read.block(), await read.block()]).toEqual([': ok', ':', ':'])
    streams.close()
    while (await read.block() !== null) continue
  })

  it('reads no more for a reader than it takes, and closes one that takes nothing', async () => {
    const { tail, scoped, log } = test.services
    await test.flowstate.companies.createMany(Array.from({ length: 1_000 }, (_, n) => ({ name: `Company ${n}`, description: 'x'.repeat(2_000) })))
    let read = 0
    const counted = { ...tail, since: async (...args: Parameters<typeof tail.since>): Promise<Change[]> => { const page = await tail.since(...args); read += page.length; return page } }
    const streams = createChangeStreams({ tail: counted, scoped, log, checkMs: 1, stalledMs: 50 })
    const { stream } = streams.open(systemCaller(test.workspace.id, 'Test', 'x'), { since: 0, signal: new AbortController().signal })
    const reader = stream.getReader()
    let bytes = 0
    // Nothing is taken until the stream has ended of itself; what it held back is then all there is.
    await new Promise<void>((resolve) => { const look = setInterval(() => { if (streams.count() === 0) { clearInterval(look); resolve() } }, 5) })
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      bytes += value.byteLength
    }
    expect(read).toBe(200)
    expect(bytes).toBeGreaterThan(UNREAD_BYTES)
    expect(bytes).toBeLessThan(UNREAD_BYTES + 600_000)
  })

  it('is let go of when its reader goes', async () => {
    const { url, stop } = await test.listen()
    const going = new AbortController()
    const response = await fetch(`${url}/api/v1/changes`, { headers: { accept: 'text/event-stream', authorization: `Bearer ${test.secret}` }, signal: going.signal })
    const read = reading(response.body)
    await read.block()
    expect(test.services.changeStreams.count()).toBe(1)
    going.abort()
    await read.close().catch(() => undefined)
    await new Promise<void>((resolve) => { const look = setInterval(() => { if (test.services.changeStreams.count() === 0) { clearInterval(look); resolve() } }, 5) })
    await stop()
  })
})
