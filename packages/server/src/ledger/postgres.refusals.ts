import { getTableColumns } from 'drizzle-orm'
import { getTableConfig, type PgColumn } from 'drizzle-orm/pg-core'
import type { PoolClient } from 'pg'
import { tablesOf } from '../db/schema.ts'
import { databaseFaultOf, StorageError } from '../storage-fault.ts'
import type { PlannedSet, Refusal } from './ledger.ts'
import { rowOf, UNIQUE_FIELDS } from './rows.ts'

/** Asks something in a transaction of a workspace's. */
type Ask = <Result>(workspaceId: string, work: (client: PoolClient) => Promise<Result>) => Promise<Result>

/** What a statement did not find as its writer expected. */
export class Refused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.reason)
    this.refusal = refusal
  }
}

/** PostgreSQL names the key that was taken; under row-level security not its value, so whose it is, is asked of all that the set would write. */
export const named = async (ask: Ask, set: PlannedSet, refusal: Refusal, error: unknown): Promise<Refusal> => {
  const { constraint = '', table = '' } = error as { constraint?: string; table?: string }
  const columns = UNIQUE_KEYS.get(constraint)
  if (refusal.reason !== 'unique' || !columns) return refusal
  const written = set.changes.flatMap((change) => {
    const row = rowOf('postgres', set, change)
    const values = columns.map(({ name }) => row.values[row.names.indexOf(name)])
    return row.table === table && values.every((value) => value !== undefined && value !== null) ? [values] : []
  })
  const holder = `select id from ${table} where workspace_id = $1 and archived_at is null and not id = any($2) and (${columns.map(({ name }) => name).join(', ')}) in (select * from unnest(${columns.map(({ type }, index) => `$${index + 3}::${type}[]`).join(', ')})) limit 1`
  const id = await ask(set.workspaceId, async (client) => {
    const { rows: [found] } = await client.query<{ id: string }>(holder, [set.workspaceId, set.changes.map((change) => change.id), ...columns.map((_, index) => written.map((values) => values[index]))])
    return found?.id ?? ''
    // PostgreSQL went away between the refusal and the question; what was refused stays refused.
  }).catch(() => '')
  return { ...refusal, id }
}

/** Of each unique index, by its name, the columns besides the workspace. */
const UNIQUE_KEYS = new Map(Object.values(tablesOf('postgres')).flatMap((table) => {
  const columns = new Map((Object.values(getTableColumns(table)) as unknown as PgColumn[]).map((column) => [column.name, column.getSQLType().replace(' collate "C"', '')]))
  return getTableConfig(table).indexes.filter(({ config }) => config.unique).map(({ config }) => [
    config.name ?? '', config.columns.flatMap((column) => ('name' in column && column.name !== undefined && column.name !== 'workspace_id' ? [{ name: column.name, type: columns.get(column.name) ?? 'text' }] : [])),
  ] as const)
}))

export const UNIQUE = '23505'

/** PostgreSQL's words, where an error of ours stands before them; a refused connection to several addresses has none but its code. */
const messageOf = (error: unknown): string => (error instanceof StorageError && error.cause !== undefined ? messageOf(error.cause) : error instanceof Error && error.message !== '' ? error.message : codeOf(error) || String(error))
export const codeOf = (error: unknown): string => (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '')

/** What an error of PostgreSQL's, or of ours, refuses; null: it is neither. */
export const refusalOf = (error: unknown): Refusal | null => {
  if (error instanceof Refused) return error.refusal
  const code = codeOf(error)
  const { constraint = '', table = '' } = error as { constraint?: string; table?: string }
  if (code === '23503') return { reason: 'reference', noun: table, id: '' }
  if (code === UNIQUE) {
    const column = UNIQUE_KEYS.get(constraint)?.at(-1)?.name ?? ''
    return { reason: 'unique', noun: table, field: UNIQUE_FIELDS[column] ?? column, id: '' }
  }
  const fault = databaseFaultOf(error)
  return fault && { reason: 'storage', ...fault, message: messageOf(error) }
}
