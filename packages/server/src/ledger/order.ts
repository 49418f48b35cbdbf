import type { LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { getTableColumns, getTableName } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { Dialect } from '../db/columns.ts'
import { tablesOf } from '../db/schema.ts'
import { toColumns } from '../db/wire.ts'
import type { Change } from './ledger.ts'

/** The fields by which a live record is known, and the column that holds each key. */
export const UNIQUE_KEYS: Partial<Record<LedgeredNoun, Record<string, string>>> = {
  companies: { domain: 'domain', externalId: 'externalId' }, customers: { email: 'emailKey', externalId: 'externalId' }, deals: { externalId: 'externalId' }, interactions: { externalId: 'externalId' }, reminders: { externalId: 'externalId' }, tags: { name: 'nameKey' },
}

/** A key that other records of the set are to have: its holder is known by its own id until its change is written. */
export interface Release { table: string; column: string; id: string }

/** See `inWriteOrder`. */
export const WRITTEN_FIRST: Record<Change['verb'], number> = { archive: 0, create: 1, update: 2, restore: 3 }

/**
 * The order in which a set's rows are written, which is not that of the feed: who lets go of a unique key comes before who takes it, so that
 * keys can move in a circle between records of one set. Archives let go of theirs, so they come first; restores take theirs, so they come last.
 */
export const inWriteOrder = (dialect: Dialect, changes: readonly Change[]): { releases: Release[]; changes: Change[] } => {
  // What only creates takes no key that another of the set lets go of.
  if (changes.every(({ verb }) => verb === 'create')) return { releases: [], changes: [...changes] }
  if (changes.length < 2) return { releases: [], changes: [...changes] }
  const taken = new Set(changes.flatMap((change) => keysOf(dialect, change, change.verb === 'archive' ? {} : change.set).map(({ name }) => name)))
  const releases = taken.size === 0 ? [] : changes.flatMap((change) => {
    if (change.verb !== 'update') return []
    return keysOf(dialect, change, change.before).flatMap(({ name, property }) => (taken.has(name) ? [{ ...columnOf(dialect, change.noun, property), id: change.id }] : []))
  })
  return { releases, changes: changes.toSorted((a, b) => WRITTEN_FIRST[a.verb] - WRITTEN_FIRST[b.verb]) }
}

const keysOf = (dialect: Dialect, { noun }: Change, fields: Record<string, unknown>): { name: string; property: string }[] =>
  Object.entries(UNIQUE_KEYS[noun] ?? {}).flatMap(([field, property]) => {
    if (typeof fields[field] !== 'string') return []
    const key = toColumns(dialect, noun, { [field]: fields[field] })[property]
    return [{ name: `${noun}/${field}/${String(key)}`, property }]
  })

const columnOf = (dialect: Dialect, noun: LedgeredNoun, property: string): { table: string; column: string } => {
  const table = tablesOf(dialect)[noun]
  const columns = getTableColumns(table) as unknown as Record<string, PgColumn>
  return { table: getTableName(table), column: columns[property]?.name ?? property }
}
