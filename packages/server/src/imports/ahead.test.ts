import type { Flowstate } from '@flowstate-ai/sdk'
import type { Import } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemCaller } from '../http/caller.ts'
import type { Change, Refusal } from '../ledger/ledger.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { createAhead } from './ahead.ts'
import { type Checkpoint, FRESH, type ImportsStore } from './imports.store.ts'
import { PART_ROWS, type Running } from './part.ts'
import type { Met } from './plan.ts'
import type { StagedDraft } from './scratch.ts'
import { NO_COUNTS } from './states.ts'

const AT = '2026-03-01T12:00:00.000Z'
const draftOf = (row: number, links: StagedDraft['links'] = {}): StagedDraft =>
  ({ g: row, line: row + 1, fields: { name: `Person ${row}`, externalId: `x${row}`, email: `p${row}@x.example` }, links, cells: [], natural: null, phone: null, keys: {} })

interface Written { changes: Change[]; upon: Checkpoint; next: Checkpoint; answer(refusal: Refusal | null): void }

/** The quick path over rows of its own, whose writes are answered by the test. */
const flying = (rows: number, { links = {}, known = {}, taken = [] }: { links?: Record<number, StagedDraft['links']>; known?: Record<string, string>; taken?: number[] } = {}) => {
  const files = new Map<string, string>()
  const written: Written[] = []
  const names = new Map<string, string>()
  const looked: number[] = []
  const reader = {
    part: async (after: number, limit: number) => Array.from({ length: Math.max(0, Math.min(limit, rows - after)) }, (_, index) => draftOf(after + index + 1, links[after + index + 1])),
    learn: async (pairs: [string, string][]) => { for (const [key, id] of pairs) names.set(key, id) },
    forget: async (keys: string[]) => { for (const key of keys) names.delete(key) },
  }
  const state = {
    ...FRESH, noun: 'customers', item: { id: 'imp_1', changeSetId: 'chg_1', mapping: {} } as unknown as Import, caller: systemCaller('wsp_1', 'test', 'worker'), reader, tags: new Map<string, string>(), firstStage: null, lastPosition: new Map(),
    counts: { ...NO_COUNTS, rows }, rejects: [], checkpoint: FRESH, signal: new AbortController().signal, keyless: false, onPart: () => undefined,
  } as unknown as Running
  const ahead = createAhead({
    store: { update: (...args: unknown[]) => ({ sql: '', params: args }) } as unknown as ImportsStore, files: { put: async (name: string, text: string) => { files.set(name, text) }, remove: async (name: string) => { files.delete(name) } } as never, clock: () => Date.parse(AT),
    meet: async (_, drafts): Promise<Met> => {
      looked.push(drafts[0]?.g ?? 0)
      const byExternalId = new Map(drafts.flatMap(({ fields }) => (known[String(fields.externalId)] ? [[String(fields.externalId), known[String(fields.externalId)] ?? ''] as const] : [])))
      const byKey = new Map(drafts.filter(({ g }) => taken.includes(g)).map(({ g }) => [`p${g}@x.example`, 'cus_holder']))
      const named = (prefix: string) => new Map([...names].filter(([key]) => key.startsWith(prefix)).map(([key, id]) => [key.slice(prefix.length), id]))
      return {
        noun: 'customers', at: AT, byExternalId, byKey, byPhone: new Map(), byNatural: new Map(), here: new Set(), companies: named('companies:'), undomained: named('undomained:'), companiesByDomain: new Map(), companiesByExternalId: new Map(), customers: new Map(), customersByExternalId: new Map(), deals: new Map(), tags: new Map(state.tags), firstStage: null, lastPosition: state.lastPosition,
        current: new Map([...byExternalId.values()].map((id) => [id, { version: 1, fields: { name: 'Before', externalId: null } }])),
      }
    },
    settle: (_, changes, also) => new Promise((resolve) => {
      const [, , set, , upon] = (also[0]?.params ?? []) as unknown as [string, string, { checkpoint: Checkpoint }, string[], Checkpoint]
      written.push({ changes, upon, next: set.checkpoint, answer: resolve })
    }),
  })
  const until = async (count: number) => { while (written.length < count) await new Promise((resolve) => setImmediate(resolve)) }
  return { state, written, names, files, looked, until, done: ahead(state) }
}

describe('parts on their way', () => {
  it('are planned while others are written, each upon the one before it', async () => {
    const { state, written, until, done } = flying(4 * PART_ROWS)
    await until(3)
    expect(written.map(({ upon }) => upon.token)).toEqual(['', written[0]?.next.token, written[1]?.next.token])
    // Whoever writes the same parts beside it, from the same checkpoint, writes another.
    const beside = flying(4 * PART_ROWS)
    await beside.until(3)
    expect(beside.written[0]?.next.g).toBe(written[0]?.next.g)
    expect(beside.written[0]?.next.token).not.toBe(written[0]?.next.token)
    expect(state.checkpoint.g).toBe(0)
    written[0]?.answer(null)
    await until(4)
    expect(state.checkpoint).toMatchObject({ g: PART_ROWS, parts: 1, opened: true })
    for (const { answer } of written) answer(null)
    expect(await done).toBe(true)
    expect(state.checkpoint).toMatchObject({ g: 4 * PART_ROWS, parts: 4 })
    expect(state.counts.created).toBe(4 * PART_ROWS)
  })

  it('leave nothing behind when one is refused: neither what came after it, nor names and tags of what is not there', async () => {
    const link = (company: string, tag: string) => ({ company, tags: [tag] })
    // A row whose id is one record's and whose address another's is rejected.
    const rejected = { known: { [`x${2 * PART_ROWS + 2}`]: 'cus_other' }, taken: [2 * PART_ROWS + 2] }
    const { state, written, names, files, until, done } = flying(3 * PART_ROWS, { ...rejected, links: { 1: link('First', 'one'), [PART_ROWS + 1]: link('Second', 'two'), [2 * PART_ROWS + 1]: link('Third', 'three') } })
    await until(3)
    expect([...names.keys()].filter((key) => key.startsWith('companies:'))).toEqual(['companies:first', 'companies:second', 'companies:third'])
    expect([...files.keys()]).toEqual(['imports:imp_1:rejects:b-000002'])
    written[0]?.answer(null)
    written[1]?.answer({ reason: 'unique', noun: 'customers', field: 'email', id: 'cus_other' })
    written[2]?.answer({ reason: 'expectation', otherwise: 'import_ended' })
    expect(await done).toBe(false)
    expect(state.checkpoint).toMatchObject({ g: PART_ROWS, parts: 1 })
    expect(state.counts.created).toBe(PART_ROWS)
    expect([...names.keys()].sort()).toEqual(['companies:first', 'undomained:first'])
    expect([...state.tags.keys()]).toEqual(['one'])
    expect([...files.keys()]).toEqual([])
  })

  it('know of each other which companies they bring, by name and by domain', async () => {
    const acme = { company: 'Acme', companyDomain: 'acme.example' }
    const { written, until, done } = flying(3 * PART_ROWS, { links: { 1: acme, [PART_ROWS + 1]: acme, [2 * PART_ROWS + 1]: { company: 'Acme' } } })
    await until(3)
    expect(written.map(({ changes }) => changes.filter(({ noun }) => noun === 'companies').length)).toEqual([1, 0, 0])
    for (const { answer } of written) answer(null)
    expect(await done).toBe(true)
  })

  it('wait where a part is about a record that one before it changes', async () => {
    const { written, looked, until, done } = flying(2 * PART_ROWS, { known: { x1: 'cus_same', [`x${PART_ROWS + 1}`]: 'cus_same' } })
    await until(1)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    expect(written).toHaveLength(1)
    written[0]?.answer(null)
    await until(2)
    // It was looked up anew once the other was written.
    expect(looked).toEqual([1, PART_ROWS + 1, PART_ROWS + 1])
    written[1]?.answer(null)
    expect(await done).toBe(true)
  })

  it('are made smaller where rows bring much along', async () => {
    const { state, written, until, done } = flying(PART_ROWS, { links: Object.fromEntries(Array.from({ length: PART_ROWS }, (_, index) => [index + 1, { company: `Company ${index}` }])) })
    await until(2)
    expect(written.map(({ changes }) => changes.length)).toEqual([PART_ROWS, PART_ROWS])
    for (const { answer } of written) answer(null)
    expect(await done).toBe(true)
    expect(state.counts.created).toBe(PART_ROWS)
  })
})

describeEachDatabase('an import beside others who write the same people', (fresh) => {
  const ROWS = 4_000
  let home: FreshDatabase
  let test: TestServer
  let flowstate: Flowstate
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { workerConcurrency: 3, heartbeatMs: 1_000 })
    flowstate = test.flowstate
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  it('has each person once in the end, counts every row, and takes back its own alone', async () => {
    const text = `Id,Name,Email,Company\n${Array.from({ length: ROWS }, (_, row) => `${row},Person ${row},p${row}@race.example,Firm ${row % 40}`).join('\n')}\n`
    const theirs: Promise<unknown>[] = []
    // Whenever a part is written, somebody creates people of parts that are planned or under way by then.
    let next = 0
    const stop = test.services.ledger.onCommit(() => {
      for (let count = 0; count < 4 && next < ROWS; count++, next += 67) theirs.push(flowstate.customers.create({ name: `Theirs ${next}`, email: `p${next}@race.example` }).catch((error: { code?: string }) => { if (error.code !== 'unique_taken') throw error }))
    })
    const { id } = await flowstate.imports.upload(text, { noun: 'customers', name: 'race.csv' })
    const { state, counts, changeSetId } = await flowstate.imports.wait(id, { every: 20 })
    stop()
    await Promise.all(theirs)
    expect(state).toBe('succeeded')
    const { created, updated, merged, unchanged, rejected, rows } = counts
    expect(created + updated + merged + unchanged).toBe(rows)
    expect(rejected).toBe(0)
    const emails: string[] = []
    for await (const { email } of flowstate.customers.list({ limit: 200 })) emails.push(email ?? '')
    expect(emails).toHaveLength(ROWS)
    expect(new Set(emails).size).toBe(ROWS)
    expect((await flowstate.companies.list({ limit: 200 })).items).toHaveLength(40)
    await flowstate.changesets.revert(changeSetId)
    const left: string[] = []
    for await (const { name } of flowstate.customers.list({ limit: 200 })) left.push(name)
    expect(left.every((name) => name.startsWith('Theirs '))).toBe(true)
    expect(left).toHaveLength(ROWS - created)
  }, 120_000)

  it.each(['with keys', 'without'])('is finished whole, and counted once, though its task is taken over while it runs: rows %s', async (keys) => {
    const rows = 6_000
    const before = (await flowstate.stats.retrieve()).crm.customers
    const text = `Id,Name,Company\n${Array.from({ length: rows }, (_, row) => `${keys === 'without' ? '' : `taken-${row}`},Taken over ${keys} ${row},House ${row % 40}`).join('\n')}\n`
    const { id } = await flowstate.imports.upload(text, { noun: 'customers', name: 'taken-over.csv' })
    let takeovers = 0
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve))
      const { state, counts, taskId } = await flowstate.imports.retrieve(id)
      if (state !== 'queued' && state !== 'running') break
      if (counts.created <= takeovers * 1_500 || takeovers >= 3) continue
      takeovers++
      // As when the lease of a server that stands still is over, and it goes on writing when it moves again.
      await test.services.ledger.run({ workspaceId: test.workspace.id, statements: [{
        sql: test.services.database.dialect === 'sqlite' ? "update tasks set state = 'queued', lease_token = null, lease_until = null where id = ?" : "update tasks set state = 'queued', lease_token = null, lease_until = null where id = $1", params: [taskId],
      }] })
    }
    expect(takeovers).toBeGreaterThan(0)
    const done = await flowstate.imports.retrieve(id)
    expect([done.state, done.error, done.counts]).toEqual(['succeeded', null, { rows, created: rows, updated: 0, merged: 0, unchanged: 0, collapsed: 0, rejected: 0 }])
    expect((await flowstate.stats.retrieve()).crm.customers).toBe(before + rows)
    await expect.poll(async () => (await flowstate.tasks.retrieve(done.taskId)).state, { timeout: 20_000 }).toBe('succeeded')
  }, 120_000)
})
