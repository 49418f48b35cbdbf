import type { Database as Sqlite, Statement as Prepared } from 'better-sqlite3'
import { diffOf } from './diff.ts'
import { renderAnswer } from './answer.ts'
import { storageFaultOf } from '../storage-fault.ts'
import type { Batch, Change, Once, Outcome, PlannedSet, Refusal, Row, Statement, StorageRefusal } from './ledger.ts'
import { inWriteOrder } from './order.ts'
import { rowOf, UNIQUE_FIELDS } from './rows.ts'

/** One write as it crosses to the writer's thread. */
export type Unit = { kind: 'set'; set: PlannedSet } | { kind: 'batch'; batch: Batch } | { kind: 'forget' }
/** A fault of ours, not of the request or the storage: its caller is told by an exception. */
export interface Fault { state: 'fault'; message: string }
export interface GroupResult { outcomes: (Outcome | Fault)[]; grown: [workspaceId: string, seq: number][] }

class Refused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}

const MOST_STATEMENTS = 1_000
interface Latest { names: readonly string[]; statement: Prepared<unknown[]> }

/**
 * Writes groups: one transaction, one sync for all units that came together; a refused unit leaves nothing, not even a hole in `seq`, and
 * takes nothing with it: each has a SAVEPOINT, or is done again with one. The only code that writes to SQLite.
 */
export const createExecutor = (db: Sqlite) => {
  const statements = new Map<string, Prepared<unknown[]>>()
  const prepare = (sql: string): Prepared<unknown[]> => {
    const known = statements.get(sql)
    if (known) return known
    if (statements.size >= MOST_STATEMENTS) statements.clear()
    const made = db.prepare<unknown[]>(sql)
    statements.set(sql, made)
    return made
  }

  /** Row after row has the same columns: the last statement of each table is at hand without its text. */
  const [inserts, updates] = [new Map<string, Latest>(), new Map<string, Latest>()]
  const prepareFor = (latest: Map<string, Latest>, table: string, names: readonly string[], text: () => string): Prepared<unknown[]> => {
    const last = latest.get(table)
    if (last && last.names.length === names.length && last.names.every((name, index) => name === names[index])) return last.statement
    const statement = prepare(text())
    latest.set(table, { names, statement })
    return statement
  }

  const seqs = new Map<string, number>()
  const seqOf = (workspaceId: string): number => {
    const known = seqs.get(workspaceId)
    if (known !== undefined) return known
    const row = prepare('select seq from workspaces where id = ?').get(workspaceId) as { seq: number } | undefined
    if (!row) throw new Refused({ reason: 'reference', noun: 'workspaces', id: workspaceId })
    return row.seq
  }

  const executeGroup = (units: Unit[]): GroupResult => {
    try {
      const outcomes = (units.some(isLarge) ? whole(units) : null) ?? transaction(units, executeUnit)
      return { outcomes: forgotten(units, outcomes), grown: [...seqs] }
    } catch (error) {
      rollBack()
      return { outcomes: units.map(() => unitRefused(error)), grown: [] }
    }
  }

  const transaction = (units: Unit[], run: (unit: Unit) => Outcome | Fault): (Outcome | Fault)[] => {
    seqs.clear()
    prepare('begin immediate').run()
    const outcomes = units.map(run)
    for (const [workspaceId, seq] of seqs) prepare('update workspaces set seq = ? where id = ?').run(seq, workspaceId)
    prepare('commit').run()
    return outcomes
  }

  /** All or nothing, without the copy that a savepoint makes of every page it sees written; null: one is refused, and each needs its own. */
  const whole = (units: Unit[]): Outcome[] | null => {
    try {
      return transaction(units, executePlainly) as Outcome[]
    } catch (error) {
      if (storageFaultOf(error)) throw error
      rollBack()
      return null
    }
  }

  /** SQLite has often rolled back by itself, where it met a full disk; a connection that cannot is of no more use to anybody. */
  const rollBack = () => {
    try {
      if (db.inTransaction) db.prepare('rollback').run()
    } catch (error) {
      throw new Error('A transaction could not be rolled back.', { cause: error })
    }
  }

  /** Once the group is committed, whatever comes of forgetting. */
  const forgotten = (units: Unit[], outcomes: (Outcome | Fault)[]): (Outcome | Fault)[] => {
    if (!units.some(({ kind }) => kind === 'forget')) return outcomes
    try {
      forget(db)
      return outcomes
    } catch (error) {
      return outcomes.map((outcome, index) => (units[index]?.kind === 'forget' ? unitRefused(error) : outcome))
    }
  }

  const unitRefused = (error: unknown): Outcome | Fault => {
    const refusal = storageRefusal(error)
    return refusal ? { state: 'refused', refusal } : { state: 'fault', message: error instanceof Error ? error.message : String(error) }
  }

  const executeUnit = (unit: Unit): Outcome | Fault => {
    if (unit.kind === 'forget') return executePlainly(unit)
    const workspaceId = unit.kind === 'set' ? unit.set.workspaceId : unit.batch.workspaceId
    const seq = workspaceId === null ? undefined : seqs.get(workspaceId)
    prepare('savepoint unit').run()
    try {
      const outcome = executePlainly(unit)
      prepare('release unit').run()
      return outcome
    } catch (error) {
      if (!db.inTransaction) throw error
      prepare('rollback to unit').run()
      prepare('release unit').run()
      if (workspaceId !== null) {
        if (seq === undefined) seqs.delete(workspaceId)
        else seqs.set(workspaceId, seq)
      }
      if (error instanceof Refused) return { state: 'refused', refusal: error.refusal }
      if (storageFaultOf(error)) throw error
      return { state: 'fault', message: error instanceof Error ? error.message : String(error) }
    }
  }

  const executePlainly = (unit: Unit): Outcome => {
    if (unit.kind === 'forget') return { state: 'committed', seq: null, rows: [] }
    return unit.kind === 'set' ? executeSet(unit.set) : executeBatch(unit.batch)
  }

  const executeSet = (set: PlannedSet): Outcome => {
    const replay = replayOf(set.workspaceId, set.once)
    if (replay) return replay
    const first = seqOf(set.workspaceId) + 1
    const moved: { noun: Change['noun']; id: string }[] = []
    writeSetRow(set, first)
    const written = inWriteOrder('sqlite', set.changes)
    for (const { table, column, id } of written.releases) prepare(`update ${table} set ${column} = id where workspace_id = ? and id = ?`).run(set.workspaceId, id)
    for (const change of written.changes) if (!writeChange(set, change)) moved.push({ noun: change.noun, id: change.id })
    let seq = first
    for (const change of set.changes) {
      const version = change.verb === 'create' ? 1 : change.expect + 1
      prepare('insert into changes (workspace_id, seq, change_set_id, noun, record_id, op, version, fields, at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(set.workspaceId, seq++, set.id, change.noun, change.id, change.verb, version, JSON.stringify(diffOf(change)), set.at)
    }
    if (moved.length > 0) throw new Refused({ reason: 'moved', records: moved })
    const rows = (set.also ?? []).map(execute)
    keepAnswer(set.workspaceId, set.once, rows)
    if (seq > first) seqs.set(set.workspaceId, seq - 1)
    return { state: 'committed', seq: seq > first ? { from: first, to: seq - 1 } : null, rows }
  }

  const executeBatch = ({ workspaceId, statements: list, once }: Batch): Outcome => {
    const replay = workspaceId === null ? null : replayOf(workspaceId, once)
    if (replay) return replay
    const rows = list.map(execute)
    if (workspaceId !== null) keepAnswer(workspaceId, once, rows)
    return { state: 'committed', seq: null, rows }
  }

  const writeSetRow = (set: PlannedSet, first: number) => {
    const { first: opens, last: closes } = set.part ?? { first: true, last: true }
    const state = closes ? 'applied' : 'applying'
    const count = set.changes.length
    const last = count > 0 ? first + count - 1 : null
    if (opens && set.decidedBy) {
      const { changes } = prepare("update change_sets set state = ?, change_count = ?, seq_from = ?, seq_to = ?, applied_at = ?, decided_by = ? where workspace_id = ? and id = ? and state = 'proposed'")
        .run(state, count, count > 0 ? first : null, last, closes ? set.at : null, JSON.stringify(set.decidedBy), set.workspaceId, set.id)
      if (changes === 0) throw new Refused({ reason: 'expectation', otherwise: 'not_proposed' })
    } else if (opens) {
      prepare('insert into change_sets (workspace_id, id, state, actor, source_kind, source_id, change_count, seq_from, seq_to, reverts, reverted_by, created_at, applied_at, run) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?, ?, ?)')
        .run(set.workspaceId, set.id, state, JSON.stringify(set.actor), set.source.kind, set.source.id, count, count > 0 ? first : null, last, set.reverts ?? null, set.at, closes ? set.at : null, set.run ? JSON.stringify(set.run) : null)
    } else {
      prepare('update change_sets set state = ?, change_count = change_count + ?, seq_from = coalesce(seq_from, ?), seq_to = coalesce(?, seq_to), applied_at = ? where workspace_id = ? and id = ?')
        .run(state, count, count > 0 ? first : null, last, closes ? set.at : null, set.workspaceId, set.id)
    }
    if (set.reverts !== undefined) markReverted(set, set.reverts, closes)
  }

  /** The reverted set names its reverter; reverting a reverter gives what it had undone its force back. */
  const markReverted = ({ workspaceId, id }: PlannedSet, reverts: string, closes: boolean) => {
    const { changes } = prepare('update change_sets set state = ?, reverted_by = ? where workspace_id = ? and id = ? and (reverted_by is null or reverted_by = ?)')
      .run(closes ? 'reverted' : 'reverting', id, workspaceId, reverts, id)
    if (changes === 0) throw new Refused({ reason: 'expectation', otherwise: 'already_reverted' })
    if (closes) prepare("update change_sets set state = 'applied', reverted_by = null where workspace_id = ? and reverted_by = ? and id <> ?").run(workspaceId, reverts, reverts)
  }

  const writeChange = (set: PlannedSet, change: Change): boolean => {
    const { table, names, values } = rowOf('sqlite', set, change)
    try {
      if (change.set.tags !== undefined) keepTagged(set.workspaceId, table, change)
      if (change.verb === 'create') {
        prepareFor(inserts, table, names, () => `insert into ${table} (${names.join(', ')}) values (${names.map(() => '?').join(', ')})`).run(values)
        return true
      }
      return prepareFor(updates, table, names, () => `update ${table} set ${names.map((name) => `${name} = ?`).join(', ')} where workspace_id = ? and id = ? and version = ?`)
        .run(...values, set.workspaceId, change.id, change.expect).changes === 1
    } catch (error) {
      throw constraintRefusal(error, set.workspaceId, table, change.noun, change.id, (column) => values[names.indexOf(column)])
    }
  }

  /** Who carries which tag, beside the lists in the records themselves, into which SQLite has no index. */
  const keepTagged = (workspaceId: string, table: string, { verb, id, set }: Change) => {
    if (verb !== 'create') {
      prepare(`delete from tagged where workspace_id = ? and noun = ? and record_id = ? and tag in (select json_each.value from ${table}, json_each(${table}.tags) where ${table}.workspace_id = ? and ${table}.id = ?)`)
        .run(workspaceId, table, id, workspaceId, id)
    }
    const tags = set.tags as readonly string[]
    if (tags.length > 0) prepare('insert or ignore into tagged (workspace_id, noun, tag, record_id) select ?, ?, value, ? from json_each(?)').run(workspaceId, table, id, JSON.stringify(tags))
  }

  const execute = ({ sql, params, expect }: Statement): Row[] => {
    const statement = prepare(sql)
    let rows: Row[] = []
    let touched: number
    try {
      if (statement.reader) {
        rows = statement.all(...params) as Row[]
        touched = rows.length
      } else {
        touched = statement.run(...params).changes
      }
    } catch (error) {
      if (expect && isCode(error, 'SQLITE_CONSTRAINT')) throw new Refused({ reason: 'expectation', otherwise: expect.otherwise })
      throw error
    }
    if (expect && (expect.rows === 'some' ? touched === 0 : touched !== expect.rows)) throw new Refused({ reason: 'expectation', otherwise: expect.otherwise })
    return rows
  }

  const replayOf = (workspaceId: string, once: Once | undefined): Outcome | null => {
    if (!once) return null
    const kept = prepare('select body_hash, status, headers, body, expires_at from idempotency where workspace_id = ? and key = ?').get(workspaceId, once.key) as { body_hash: string; status: number; headers: string; body: string } | undefined
    if (!kept) return null
    if (kept.body_hash !== once.bodyHash) throw new Refused({ reason: 'mismatch' })
    return { state: 'replayed', answer: { status: kept.status, headers: JSON.parse(kept.headers) as Record<string, string>, body: kept.body } }
  }

  const keepAnswer = (workspaceId: string, once: Once | undefined, rows: Row[][]) => {
    if (!once) return
    const { status, headers, body } = renderAnswer(once.answer, rows)
    prepare('insert into idempotency (workspace_id, key, body_hash, status, headers, body, expires_at) values (?, ?, ?, ?, ?, ?, ?)')
      .run(workspaceId, once.key, once.bodyHash, status, JSON.stringify(headers), body, once.expiresAt)
  }

  const constraintRefusal = (error: unknown, workspaceId: string, table: string, noun: Change['noun'], id: string, valueOf: (column: string) => unknown): unknown => {
    if (isCode(error, 'SQLITE_CONSTRAINT_FOREIGNKEY')) return new Refused({ reason: 'reference', noun, id })
    if (!isCode(error, 'SQLITE_CONSTRAINT_UNIQUE')) return error
    const column = /\.(\w+)$/.exec(error instanceof Error ? error.message : '')?.[1] ?? ''
    // A restored record brings its key along unchanged, so the value is not among what is set.
    const value = valueOf(column) ?? (prepare(`select ${column} as value from ${table} where workspace_id = ? and id = ?`).get(workspaceId, id) as { value: unknown } | undefined)?.value
    const holder = prepare(`select id from ${table} where workspace_id = ? and ${column} = ? and archived_at is null`).get(workspaceId, value) as { id: string } | undefined
    return new Refused({ reason: 'unique', noun, field: UNIQUE_FIELDS[column] ?? column, id: holder?.id ?? '' })
  }

  return { executeGroup }
}

/** So many changes are worth being done once more where one beside them is refused. */
const LARGE_CHANGES = 50
const isLarge = (unit: Unit): boolean => unit.kind === 'set' && unit.set.changes.length >= LARGE_CHANGES

const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && error.code.startsWith(code)

const storageRefusal = (error: unknown): StorageRefusal | null => {
  const fault = storageFaultOf(error)
  return fault && { reason: 'storage', ...fault, message: error instanceof Error ? error.message : String(error) }
}

/** Above this the file is not written anew: what was deleted is zeroed all the same, but for bytes that moved between pages. */
const REWRITTEN_BYTES = 512 * 1_048_576

/** Leaves nothing of what was overwritten, in the file or in its log. */
const forget = (db: Sqlite): void => {
  const [pages, size] = ['page_count', 'page_size'].map((name) => Number(db.pragma(name, { simple: true })))
  if ((pages ?? 0) * (size ?? 0) <= REWRITTEN_BYTES) db.exec('vacuum')
  db.pragma('wal_checkpoint(TRUNCATE)')
}
