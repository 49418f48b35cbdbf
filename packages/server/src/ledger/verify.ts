import type { LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { and, asc, eq, gt, type SQL, sql } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import { toColumns } from '../db/wire.ts'
import { within } from '../db/within.ts'
import { same } from './field-values.ts'
import { replay, type ReplayedRecord } from './replay.ts'
import { createTail } from './tail.ts'

const NOUNS: LedgeredNoun[] = ['companies', 'customers', 'pipelines', 'stages', 'deals', 'interactions', 'fields', 'tags', 'views']
const PAGE = 500
/** Where a replay begins: nothing, or what compaction left. */
export type Beginning = (workspaceId: string) => Promise<Map<string, ReplayedRecord>>

/**
 * Replays a workspace's ledger and compares it with the tables, column by column, match keys included, and who carries a tag with the
 * records' own tags. Answers what differs, one
 * sentence each; nothing when the ledger tells the whole truth. Holds all records in memory: for tests and soaks.
 */
export const differencesFromLedger = async (database: Database, workspaceId: string, beginning: Beginning = async () => new Map()): Promise<string[]> => within(workspaceId, async () => {
  const { dialect, reader, tables } = database
  const records = await beginning(workspaceId)
  const tail = createTail(database)
  const found: string[] = []
  let seq = await tail.trimmedOf(workspaceId)
  for (;;) {
    const changes = await tail.since(workspaceId, seq, PAGE)
    for (const change of changes) {
      if (change.seq !== ++seq) found.push(`the feed has a hole before seq ${change.seq}`)
      seq = change.seq
      records.set(change.id, replay(records.get(change.id) ?? null, change))
    }
    if (changes.length < PAGE) break
  }
  if (seq !== await tail.seqOf(workspaceId)) found.push(`the feed ends at seq ${seq}, not at ${await tail.seqOf(workspaceId)}`)

  for (const noun of NOUNS) {
    const table = tables[noun] as typeof tables.deals
    const expected = new Map([...records.values()].filter((record) => record.noun === noun).map((record) => [record.id, record]))
    for (let after = ''; ;) {
      const rows = await reader.select().from(table).where(and(eq(table.workspaceId, workspaceId), gt(table.id, after))).orderBy(asc(table.id)).limit(PAGE)
      for (const row of rows) {
        const record = expected.get(row.id)
        expected.delete(row.id)
        if (record) found.push(...differing(row, { ...toColumns(dialect, noun, record.fields), workspaceId, ...heads(record) }).map((key) => `${noun} ${row.id}: ${key} is not what the ledger says`))
        else found.push(`${noun} ${row.id} is not in the ledger`)
      }
      if (rows.length < PAGE) break
      after = rows.at(-1)?.id ?? ''
    }
    for (const id of expected.keys()) found.push(`${noun} ${id} is in the ledger alone`)
  }
  if (dialect === 'sqlite') found.push(...taggedOtherwise(database, workspaceId))
  return found
})

/** On SQLite a table of its own tells who carries a tag. */
const taggedOtherwise = ({ reader }: Database, workspaceId: string): string[] => {
  const carried = sql.join(['companies', 'customers', 'deals', 'interactions', 'reminders'].map((noun) => sql.raw(`select ${noun}.workspace_id, '${noun}' as noun, json_each.value as tag, ${noun}.id as record_id from ${noun}, json_each(${noun}.tags)`)), sql` union all `)
  const kept = sql`select workspace_id, noun, tag, record_id from tagged`
  const rows = (reader as unknown as { all(query: SQL): { noun: string; record_id: string; tag: string }[] })
    .all(sql`select * from (select * from (${carried}) except ${kept}) where workspace_id = ${workspaceId} union all select * from (select * from (${kept}) except select * from (${carried})) where workspace_id = ${workspaceId}`)
  return rows.map(({ noun, record_id: id, tag }) => `${noun} ${id}: whether it carries ${tag} is not what its tags say`)
}

const heads = ({ id, version, createdAt, updatedAt, archivedAt }: ReplayedRecord) => ({ id, version, createdAt, updatedAt, archivedAt })

const differing = (row: Record<string, unknown>, expected: Record<string, unknown>): string[] =>
  [...new Set([...Object.keys(row), ...Object.keys(expected)])].filter((key) => !same(row[key], expected[key]))
