import { escapeLiteral, type Pool, type PoolClient } from 'pg'
import { APP_ROLE, WORKSPACE_SETTING } from '../db/isolation.ts'
import { databaseFaultOf, StorageError } from '../storage-fault.ts'
import type { Batch, Change, LedgerAdapter, Once, Outcome, PlannedSet, Row, Statement } from './ledger.ts'
import { diffOf } from './diff.ts'
import { renderAnswer } from './answer.ts'
import { inWriteOrder, WRITTEN_FIRST } from './order.ts'
import { codeOf, named, refusalOf, Refused, UNIQUE } from './postgres.refusals.ts'
import { rowOf, sqlTypeOf } from './rows.ts'

type Unit = { kind: 'set'; set: PlannedSet } | { kind: 'batch'; batch: Batch }
interface Waiting { unit: Unit; resolve: (outcome: Outcome) => void; reject: (error: Error) => void }
interface Lane { waiting: Waiting[]; flying: boolean }

const MOST_UNITS = 500
const POLL_MS = 500
/** A row that another holds is waited for so long; then the write is refused, and its caller comes again. */
const LOCK_WAIT = '5s'

/** Writes for a workspace go out in the application's role, which sees that workspace alone; those for none as the owner, who sees all. */
interface Pools { app: Pool; system: Pool }

/**
 * PostgreSQL's side of the port: one flight a workspace, whatever arrives meanwhile becomes the next. A group of change sets is
 * written by a few set-based statements; the workspace's counter is taken last and stays locked until the commit, so that `seq`
 * follows the order of commits with any number of servers. A group that meets a refusal is run again, one by one.
 */
export const createPostgresLedger = (pools: Pools): LedgerAdapter => {
  const lanes = new Map<string, Lane>()
  const listeners = new Set<(workspaceId: string, seq: number) => void>()
  const seqs = new Map<string, number>()
  let closing = false
  let polling: NodeJS.Timeout | undefined
  let looking = false

  const write = (workspaceId: string | null, unit: Unit): Promise<Outcome> => {
    if (closing) return Promise.reject(new Error('The ledger is closed.'))
    const name = workspaceId ?? ''
    const lane = lanes.get(name) ?? { waiting: [], flying: false }
    lanes.set(name, lane)
    return new Promise((resolve, reject) => {
      lane.waiting.push({ unit, resolve, reject })
      if (lane.flying) return
      lane.flying = true
      setImmediate(() => void fly(name, lane))
    })
  }

  const fly = async (workspaceId: string, lane: Lane): Promise<void> => {
    while (lane.waiting.length > 0) {
      const group = takeGroup(lane)
      const { outcomes, seq } = await executeGroup(pools, workspaceId, group.map(({ unit }) => unit))
      group.forEach(({ resolve, reject }, index) => {
        const outcome = outcomes[index]
        if (outcome instanceof Error || !outcome) reject(outcome ?? new Error('The write had no outcome.'))
        else resolve(outcome)
      })
      if (seq !== null) announce(workspaceId, seq)
    }
    lane.flying = false
    lanes.delete(workspaceId)
  }

  const announce = (workspaceId: string, seq: number) => {
    if ((seqs.get(workspaceId) ?? -1) >= seq) return
    seqs.set(workspaceId, seq)
    for (const listener of listeners) listener(workspaceId, seq)
  }

  /** Other processes commit too; their feed is found by looking. */
  const poll = async () => {
    if (looking) return
    looking = true
    try {
      const { rows } = await pools.system.query<{ id: string; seq: number }>('select id, seq from workspaces')
      for (const { id, seq } of rows) announce(id, seq)
    } catch {
      // PostgreSQL is away; the next look finds what was missed.
    } finally {
      looking = false
    }
  }

  return {
    commit: (set) => write(set.workspaceId, { kind: 'set', set }),
    run: (batch) => write(batch.workspaceId, { kind: 'batch', batch }),
    onCommit(listener) {
      listeners.add(listener)
      if (!polling) {
        polling = setInterval(() => void poll(), POLL_MS)
        polling.unref()
      }
      return () => listeners.delete(listener)
    },
    async seqOf(workspaceId) {
      try {
        const { rows } = await pools.system.query<{ seq: number }>({ name: 'ledger_seq', text: 'select seq from workspaces where id = $1', values: [workspaceId] })
        return rows[0]?.seq ?? 0
      } catch (error) {
        const fault = databaseFaultOf(error)
        throw fault ? new StorageError(fault, { cause: error }) : error
      }
    },
    forget: async () => undefined,
    async close() {
      closing = true
      clearInterval(polling)
      while (lanes.size > 0) await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

/** As many waiting units as can share statements: no record twice, and batches by themselves in their order. */
const takeGroup = (lane: Lane): Waiting[] => {
  const touched = new Set<string>()
  let count = 0
  for (const { unit } of lane.waiting) {
    const ids = unit.kind === 'set' ? unit.set.changes.map(({ noun, id }) => `${noun}/${id}`) : []
    const keys = unit.kind === 'set' && unit.set.once ? [`once/${unit.set.once.key}`] : unit.kind === 'batch' && unit.batch.once ? [`once/${unit.batch.once.key}`] : []
    if (count > 0 && (count >= MOST_UNITS || [...ids, ...keys].some((id) => touched.has(id)))) break
    for (const id of [...ids, ...keys]) touched.add(id)
    count++
  }
  return lane.waiting.splice(0, count)
}

/** An Error among the outcomes is a fault of ours: its caller is told by an exception. */
interface GroupResult { outcomes: (Outcome | Error)[]; seq: number | null }

/** Of two transactions that wait for each other PostgreSQL ends one, which has written nothing and is tried anew. */
const GAVE_WAY = ['40001', '40P01']
const MOST_TRIES = 10

const executeGroup = async (pools: Pools, workspaceId: string, units: Unit[], { again = true, tries = 1 } = {}): Promise<GroupResult> => {
  try {
    return await inTransaction(pools, workspaceId, (client) => executeUnits(client, units))
  } catch (error) {
    const refusal = refusalOf(error)
    const [only, ...others] = units
    // Its first try, whose answer was lost, may have been committed only now: then it is replayed.
    if (only && others.length === 0 && again && codeOf(error) === UNIQUE && onceIn(only)) return executeGroup(pools, workspaceId, units, { again: false })
    const gaveWay = GAVE_WAY.includes(codeOf(error))
    if (others.length === 0 && gaveWay && tries < MOST_TRIES) return executeGroup(pools, workspaceId, units, { again, tries: tries + 1 })
    if (only && others.length === 0) return { outcomes: [refusal ? { state: 'refused', refusal: only.kind === 'set' ? await named((of, work) => inTransaction(pools, of, work), only.set, refusal, error) : refusal } : error instanceof Error ? error : new Error(String(error))], seq: null }
    if (refusal?.reason === 'storage' && !gaveWay) return { outcomes: units.map(() => ({ state: 'refused', refusal })), seq: null }
  }
  const outcomes: (Outcome | Error)[] = []
  let last: number | null = null
  for (const unit of units) {
    const { outcomes: [outcome], seq } = await executeGroup(pools, workspaceId, [unit])
    if (outcome) outcomes.push(outcome)
    last = seq ?? last
  }
  return { outcomes, seq: last }
}

const inTransaction = async <Result>({ app, system }: Pools, workspaceId: string, work: (client: PoolClient) => Promise<Result>): Promise<Result> => {
  const client = await (workspaceId === '' ? system : app).connect()
  let broken = false
  let committing = false
  try {
    await client.query(`begin; set local lock_timeout = '${LOCK_WAIT}'; set local ${WORKSPACE_SETTING} = ${escapeLiteral(workspaceId)}`)
    const result = await work(client)
    committing = true
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback').catch(() => { broken = true })
    // PostgreSQL may have committed and been cut off before it could say so.
    const fault = committing ? databaseFaultOf(error) : null
    throw fault ? new StorageError({ ...fault, uncertain: true }, { cause: error }) : error
  } finally {
    client.release(broken)
  }
}

const executeUnits = async (client: PoolClient, units: Unit[]): Promise<GroupResult> => {
  const outcomes = new Array<Outcome>(units.length)
  const replays = await replaysOf(client, units)
  const live = units.map((unit, index) => ({ unit, index })).filter(({ index }) => {
    const replay = replays[index]
    if (replay) outcomes[index] = replay
    return !replay
  })
  const sets = live.flatMap(({ unit, index }) => (unit.kind === 'set' ? [{ set: unit.set, index }] : []))
  await writeRows(client, sets.map(({ set }) => set))

  for (const { unit, index } of live) {
    if (unit.kind !== 'batch') continue
    const rows = await executeAll(client, unit.batch.statements)
    if (unit.batch.workspaceId !== null && unit.batch.once) await keepAnswer(client, unit.batch.workspaceId, unit.batch.once, rows)
    outcomes[index] = { state: 'committed', seq: null, rows }
  }

  const seq = sets.length > 0 ? await writeFeed(client, sets.map(({ set }) => set)) : null
  let next = seq === null ? 0 : seq.from
  for (const { set, index } of sets) {
    const count = set.changes.length
    // After the feed, so that a statement can read what the change set became.
    const rows = await executeAll(client, set.also ?? [])
    if (set.once) await keepAnswer(client, set.workspaceId, set.once, rows)
    outcomes[index] = { state: 'committed', seq: count > 0 ? { from: next, to: next + count - 1 } : null, rows }
    next += count
  }
  return { outcomes, seq: seq && seq.to >= seq.from ? seq.to : null }
}

const replaysOf = async (client: PoolClient, units: Unit[]): Promise<(Outcome | null)[]> => {
  const onces = units.map((unit) => (unit.kind === 'set' ? { workspaceId: unit.set.workspaceId, once: unit.set.once } : { workspaceId: unit.batch.workspaceId, once: unit.batch.once }))
  const asked = onces.flatMap(({ workspaceId, once }) => (once && workspaceId !== null ? [{ workspaceId, key: once.key }] : []))
  const [first] = asked
  if (!first) return units.map(() => null)
  const { rows } = await client.query<{ key: string; body_hash: string; status: number; headers: Record<string, string>; body: string }>({
    name: 'ledger_replays', text: 'select key, body_hash, status, headers, body from idempotency where workspace_id = $1 and key = any($2)', values: [first.workspaceId, asked.map(({ key }) => key)],
  })
  const kept = new Map(rows.map((row) => [row.key, row]))
  return onces.map(({ once }) => {
    const row = once ? kept.get(once.key) : undefined
    if (!once || !row) return null
    if (row.body_hash !== once.bodyHash) return { state: 'refused', refusal: { reason: 'mismatch' } }
    return { state: 'replayed', answer: { status: row.status, headers: row.headers, body: row.body } }
  })
}

/** Rows of all sets, by shape: what is written to the same columns of the same table goes in one statement, in order of dependency. */
const writeRows = async (client: PoolClient, sets: PlannedSet[]): Promise<void> => {
  const moved: { noun: Change['noun']; id: string }[] = []
  for (const { workspaceId, changes } of sets) {
    for (const { table, column, id } of inWriteOrder('postgres', changes).releases) await client.query(`update ${table} set ${column} = id where workspace_id = $1 and id = $2`, [workspaceId, id])
  }
  for (const shape of shapesOf(sets)) {
    const { noun, table, names, verb, rows } = shape
    const types = names.map((name) => sqlTypeOf('postgres', noun, name))
    const columns = names.map((_, column) => rows.map(({ values }) => values[column]))
    if (verb === 'create') {
      const text = `insert into ${table} (${names.join(', ')}) select * from unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(', ')})`
      await client.query(text, columns)
      continue
    }
    const offset = names.length
    const text = `update ${table} as t set ${names.map((name) => `${name} = v.${name}`).join(', ')} from unnest(${types.map((type, index) => `$${index + 1}::${type}[]`).join(', ')}, $${offset + 1}::text[], $${offset + 2}::int[]) as v(${names.join(', ')}, of_id, of_version) where t.workspace_id = $${offset + 3} and t.id = v.of_id and t.version = v.of_version returning t.id`
    const { rows: done } = await client.query<{ id: string }>(text, [...columns, rows.map(({ change }) => change.id), rows.map(({ change }) => (change.verb === 'create' ? 0 : change.expect)), sets[0]?.workspaceId])
    if (done.length === rows.length) continue
    const written = new Set(done.map(({ id }) => id))
    moved.push(...rows.filter(({ change }) => !written.has(change.id)).map(({ change }) => ({ noun, id: change.id })))
  }
  if (moved.length > 0) throw new Refused({ reason: 'moved', records: moved })
}

interface Shape { noun: Change['noun']; table: string; names: string[]; verb: Change['verb']; rows: { change: Change; values: unknown[] }[] }

const shapesOf = (sets: PlannedSet[]): Shape[] => {
  const shapes: Shape[] = []
  for (const set of sets) {
    for (const change of set.changes) {
      const { table, names, values } = rowOf('postgres', set, change)
      const { verb } = change
      const known = shapes.find((shape) => shape.table === table && shape.verb === verb && shape.names.join() === names.join())
      if (known) known.rows.push({ change, values })
      else shapes.push({ noun: change.noun, table, names, verb, rows: [{ change, values }] })
    }
  }
  return shapes.sort((a, b) => WRITTEN_FIRST[a.verb] - WRITTEN_FIRST[b.verb] || ORDER.indexOf(a.noun) - ORDER.indexOf(b.noun))
}
/** What others point to comes first. */
const ORDER: Change['noun'][] = ['fields', 'tags', 'views', 'companies', 'pipelines', 'stages', 'customers', 'deals', 'interactions', 'reminders']

/** The counter last: its lock is held through the commit, so that lock order is commit order. */
const writeFeed = async (client: PoolClient, sets: PlannedSet[]): Promise<{ from: number; to: number }> => {
  const count = sets.reduce((sum, { changes }) => sum + changes.length, 0)
  const workspaceId = sets[0]?.workspaceId ?? ''
  const { rows: [row] } = await client.query<{ seq: number }>({ name: 'ledger_counter', text: 'update workspaces set seq = seq + $2 where id = $1 returning seq', values: [workspaceId, count] })
  if (!row) throw new Refused({ reason: 'reference', noun: 'workspaces', id: workspaceId })
  const from = row.seq - count + 1
  let next = from
  for (const set of sets) {
    await writeSetRow(client, set, next)
    next += set.changes.length
  }
  const feed = sets.flatMap((set) => set.changes.map((change) => ({ set, change })))
  if (feed.length > 0) {
    await client.query({
      name: 'ledger_feed',
      text: 'insert into changes (workspace_id, seq, change_set_id, noun, record_id, op, version, fields, at) select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::jsonb[], $9::timestamptz[])',
      values: [
        workspaceId, feed.map((_, index) => from + index), feed.map(({ set }) => set.id), feed.map(({ change }) => change.noun), feed.map(({ change }) => change.id),
        feed.map(({ change }) => change.verb), feed.map(({ change }) => (change.verb === 'create' ? 1 : change.expect + 1)), feed.map(({ change }) => JSON.stringify(diffOf(change))), feed.map(({ set }) => set.at),
      ],
    })
  }
  return { from, to: row.seq }
}

const writeSetRow = async (client: PoolClient, set: PlannedSet, first: number): Promise<void> => {
  const { first: opens, last: closes } = set.part ?? { first: true, last: true }
  const state = closes ? 'applied' : 'applying'
  const count = set.changes.length
  const [from, to] = count > 0 ? [first, first + count - 1] : [null, null]
  if (opens && set.decidedBy) {
    const { rowCount } = await client.query({
      name: 'ledger_set_decided',
      text: "update change_sets set state = $1, change_count = $2, seq_from = $3, seq_to = $4, applied_at = $5, decided_by = $6 where workspace_id = $7 and id = $8 and state = 'proposed'",
      values: [state, count, from, to, closes ? set.at : null, JSON.stringify(set.decidedBy), set.workspaceId, set.id],
    })
    if (rowCount === 0) throw new Refused({ reason: 'expectation', otherwise: 'not_proposed' })
  } else if (opens) {
    await client.query({
      name: 'ledger_set_open',
      text: 'insert into change_sets (workspace_id, id, state, actor, source_kind, source_id, change_count, seq_from, seq_to, reverts, reverted_by, created_at, applied_at, run) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, null, $11, $12, $13)',
      values: [set.workspaceId, set.id, state, JSON.stringify(set.actor), set.source.kind, set.source.id, count, from, to, set.reverts ?? null, set.at, closes ? set.at : null, set.run ? JSON.stringify(set.run) : null],
    })
  } else {
    await client.query({
      name: 'ledger_set_part',
      text: 'update change_sets set state = $1, change_count = change_count + $2, seq_from = coalesce(seq_from, $3), seq_to = coalesce($4, seq_to), applied_at = $5 where workspace_id = $6 and id = $7',
      values: [state, count, from, to, closes ? set.at : null, set.workspaceId, set.id],
    })
  }
  if (set.reverts === undefined) return
  const { rowCount } = await client.query('update change_sets set state = $1, reverted_by = $2 where workspace_id = $3 and id = $4 and (reverted_by is null or reverted_by = $2)', [closes ? 'reverted' : 'reverting', set.id, set.workspaceId, set.reverts])
  if (rowCount === 0) throw new Refused({ reason: 'expectation', otherwise: 'already_reverted' })
  if (closes) await client.query("update change_sets set state = 'applied', reverted_by = null where workspace_id = $1 and reverted_by = $2 and id <> $2", [set.workspaceId, set.reverts])
}

const executeAll = async (client: PoolClient, statements: Statement[]): Promise<Row[][]> => {
  const rows: Row[][] = []
  for (const statement of statements) rows.push(await execute(client, statement))
  return rows
}

const execute = async (client: PoolClient, { sql, params, expect, asOwner }: Statement): Promise<Row[]> => {
  try {
    const { rows, rowCount } = await (asOwner ? runAsOwner(client, sql, params) : client.query<Row>(sql, params))
    const touched = rowCount ?? rows.length
    if (expect && (expect.rows === 'some' ? touched === 0 : touched !== expect.rows)) throw new Refused({ reason: 'expectation', otherwise: expect.otherwise })
    return rows
  } catch (error) {
    if (expect && codeOf(error).startsWith('23')) throw new Refused({ reason: 'expectation', otherwise: expect.otherwise })
    throw error
  }
}

const runAsOwner = async (client: PoolClient, sql: string, params: unknown[]) => {
  const { rows: [before] } = await client.query<{ role: string }>("select current_setting('role') as role")
  await client.query('set local role none')
  const result = await client.query<Row>(sql, params)
  await client.query(`set local role ${before?.role ?? APP_ROLE}`)
  return result
}

const keepAnswer = async (client: PoolClient, workspaceId: string, once: Once, rows: Row[][]): Promise<void> => {
  const { status, headers, body } = renderAnswer(once.answer, rows)
  await client.query({
    name: 'ledger_keep',
    text: 'insert into idempotency (workspace_id, key, body_hash, status, headers, body, expires_at) values ($1, $2, $3, $4, $5, $6, $7)',
    values: [workspaceId, once.key, once.bodyHash, status, JSON.stringify(headers), body, once.expiresAt],
  })
}

const onceIn = (unit: Unit): Once | undefined => (unit.kind === 'set' ? unit.set.once : unit.batch.once)
