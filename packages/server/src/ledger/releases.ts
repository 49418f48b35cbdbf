import type { Dialect } from '../db/columns.ts'
import { rowOf } from './rows.ts'
import type { Change, PlannedSet } from './ledger.ts'

/** Columns of unique keys that may be empty. */
const RELEASABLE: readonly string[] = ['email_key', 'external_id', 'domain']
export interface Release { table: string; column: string; ids: string[] }

/**
 * Unique keys that move between records of one change set: they are let go of first, for a database checks each row as it is written.
 * What archives a record lets go by its place in the order.
 */
export const releasesOf = (dialect: Dialect, set: Pick<PlannedSet, 'workspaceId' | 'at' | 'changes'>): Release[] => {
  if (set.changes.length < 2) return []
  const taken = new Map<string, string>()
  const holds: { table: string; column: string; value: unknown; id: string }[] = []
  for (const change of set.changes) {
    if (!mayHoldKeys(change)) continue
    const { table, names, values } = rowOf(dialect, set, change)
    names.forEach((column, index) => {
      const value = values[index]
      if (RELEASABLE.includes(column) && typeof value === 'string') taken.set(`${table}.${column}=${value}`, change.id)
    })
    if (change.verb === 'create') continue
    const before = rowOf(dialect, set, { ...change, set: change.before })
    before.names.forEach((column, index) => {
      const value = before.values[index]
      if (RELEASABLE.includes(column) && typeof value === 'string') holds.push({ table, column, value, id: change.id })
    })
  }
  const releases = new Map<string, Release>()
  for (const { table, column, value, id } of holds) {
    const taker = taken.get(`${table}.${column}=${String(value)}`)
    if (taker === undefined || taker === id) continue
    const release = releases.get(`${table}.${column}`) ?? { table, column, ids: [] }
    release.ids.push(id)
    releases.set(`${table}.${column}`, release)
  }
  return [...releases.values()]
}

const mayHoldKeys = ({ set }: Change): boolean => Object.hasOwn(set, 'email') || Object.hasOwn(set, 'externalId') || Object.hasOwn(set, 'domain')
