import type { FieldDiff, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import { and, asc, eq, getTableColumns, inArray, or, type SQL, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { TableName } from '../db/schema.ts'
import type { Fields, Statement } from '../ledger/ledger.ts'

const NEEDLES_A_STATEMENT = 40
/** Nouns whose records are the workspace's own, and may name a person. */
export type Mentioning = 'deals' | 'reminders' | 'interactions'

/** Finds what speaks of a person, wherever it is kept, and writes it anew. */
export const createErasureStore = ({ dialect, reader, tables }: Database) => {
  const { changes, snapshots, duplicates, customers, interactions, deals, reminders, imports } = tables
  const tableOf = (name: TableName) => tables[name] as unknown as typeof tables.tasks
  const columnsOf = (name: TableName) => getTableColumns(tables[name]) as unknown as Record<string, PgColumn>

  return {
    /** Records that were merged into these people are these people. */
    async mergedInto(workspaceId: string, id: string): Promise<string[]> {
      const found = new Set([id])
      for (let into = [id]; into.length > 0;) {
        const rows = await reader.select({ id: customers.id }).from(customers).where(and(eq(customers.workspaceId, workspaceId), inArray(customers.mergedIntoId, into)))
        into = rows.map((row) => row.id).filter((each) => !found.has(each))
        for (const each of into) found.add(each)
      }
      return [...found]
    },

    interactionsOf: async (workspaceId: string, customerIds: readonly string[]): Promise<string[]> =>
      (await reader.select({ id: interactions.id }).from(interactions).where(and(eq(interactions.workspaceId, workspaceId), inArray(interactions.customerId, [...customerIds]))).orderBy(asc(interactions.id))).map(({ id }) => id),
    /** What is not these people's own, and may name them. */
    async mentionsOf(workspaceId: string, noun: Mentioning, customerIds: readonly string[]): Promise<string[]> {
      const named = or(...customerIds.map((id) => holds(interactions.participants, id)))
      const rows = noun === 'deals' ? await reader.select({ id: deals.id }).from(deals).where(and(eq(deals.workspaceId, workspaceId), inArray(deals.customerId, [...customerIds])))
        : noun === 'reminders' ? await reader.select({ id: reminders.id }).from(reminders).where(and(eq(reminders.workspaceId, workspaceId), inArray(reminders.customerId, [...customerIds])))
          : await reader.select({ id: interactions.id }).from(interactions).where(and(eq(interactions.workspaceId, workspaceId), named))
      return rows.map(({ id }) => id)
    },

    /** Of these files, those that an interaction carries which is not among some. */
    async carriedElsewhere(workspaceId: string, fileIds: readonly string[], interactionIds: ReadonlySet<string>): Promise<Set<string>> {
      const found = new Set<string>()
      for (const fileId of fileIds) {
        const rows = await reader.select({ id: interactions.id }).from(interactions).where(and(eq(interactions.workspaceId, workspaceId), holds(interactions.attachments, fileId)))
        if (rows.some(({ id }) => !interactionIds.has(id))) found.add(fileId)
      }
      return found
    },

    async changesOf(workspaceId: string, recordIds: readonly string[]): Promise<{ seq: number; noun: LedgeredNoun; id: string; fields: Record<string, FieldDiff> }[]> {
      const rows = await reader.select({ seq: changes.seq, noun: changes.noun, id: changes.recordId, fields: changes.fields }).from(changes).where(and(eq(changes.workspaceId, workspaceId), inArray(changes.recordId, [...recordIds])))
      return rows.map(({ noun, fields, ...row }) => ({ ...row, noun: noun as LedgeredNoun, fields: fields as Record<string, FieldDiff> }))
    },
    rewriteChange: (workspaceId: string, seq: number, fields: Record<string, FieldDiff>): Statement =>
      statementOf(reader.update(changes).set({ fields }).where(and(eq(changes.workspaceId, workspaceId), eq(changes.seq, seq)))),

    async snapshotsOf(workspaceId: string, recordIds: readonly string[]): Promise<{ noun: LedgeredNoun; id: string; fields: Fields }[]> {
      const rows = await reader.select({ noun: snapshots.noun, id: snapshots.recordId, fields: snapshots.fields }).from(snapshots).where(and(eq(snapshots.workspaceId, workspaceId), inArray(snapshots.recordId, [...recordIds])))
      return rows.map(({ noun, id, fields }) => ({ noun: noun as LedgeredNoun, id, fields: fields as Fields }))
    },
    rewriteSnapshot: (workspaceId: string, id: string, fields: Fields): Statement =>
      statementOf(reader.update(snapshots).set({ fields }).where(and(eq(snapshots.workspaceId, workspaceId), eq(snapshots.recordId, id)))),

    forgetDuplicates: (workspaceId: string, ids: readonly string[]): Statement =>
      statementOf(reader.delete(duplicates).where(and(eq(duplicates.workspaceId, workspaceId), or(inArray(duplicates.leftId, [...ids]), inArray(duplicates.rightId, [...ids]))))),

    /** Imports of the workspace; of one that is not over the source lies there still. */
    imports: (workspaceId: string) => reader.select({ id: imports.id, state: imports.state }).from(imports).where(eq(imports.workspaceId, workspaceId)),

    /** Rows of a table in whose columns one of these words stands, each with its columns as they are. */
    async *speakingOf(workspaceId: string, name: TableName, scrubbed: readonly string[], needles: readonly string[]): AsyncGenerator<{ key: Record<string, unknown>; values: Record<string, unknown> }> {
      const columns = columnsOf(name)
      const keys = ['id', 'key', 'changeSetId', 'n', 'seq', 'recordId'].filter((key) => columns[key] && isKey(name, key))
      const searched = scrubbed.flatMap((column) => (columns[column] ? [columns[column]] : []))
      const workspace = columns.workspaceId
      if (!workspace || searched.length === 0) return
      const select = Object.fromEntries([...keys, ...scrubbed].flatMap((key) => (columns[key] ? [[key, columns[key]]] : [])))
      for (let start = 0; start < needles.length; start += NEEDLES_A_STATEMENT) {
        const some = needles.slice(start, start + NEEDLES_A_STATEMENT)
        const found = await reader.select(select).from(tableOf(name)).where(and(eq(workspace, workspaceId), or(...searched.flatMap((column) => some.map((needle) => holds(column, needle))))))
        for (const row of found as Record<string, unknown>[]) yield { key: Object.fromEntries(keys.map((key) => [key, row[key]])), values: Object.fromEntries(scrubbed.map((column) => [column, row[column]])) }
      }
    },

    rewrite(workspaceId: string, name: TableName, key: Record<string, unknown>, values: Record<string, unknown>): Statement {
      const columns = columnsOf(name)
      const where = Object.entries(key).flatMap(([column, value]) => (columns[column] ? [eq(columns[column], value)] : []))
      return statementOf(reader.update(tableOf(name)).set(values).where(and(columns.workspaceId ? eq(columns.workspaceId, workspaceId) : undefined, ...where)))
    },
  }

  /** Whether a text or JSON column holds a word, whatever the case of its letters; in JSON, as JSON writes it. */
  function holds(column: PgColumn, needle: string): SQL {
    const written = column.dataType === 'json' || column.name === 'body' ? JSON.stringify(needle).slice(1, -1) : needle
    return dialect === 'sqlite' ? sql`instr(lower(${column}), lower(${written})) > 0` : sql`position(lower(${written}) in lower(${column}::text)) > 0`
  }
}
export type ErasureStore = ReturnType<typeof createErasureStore>

/** Which columns name one row, besides the workspace. */
const KEYS: Partial<Record<TableName, readonly string[]>> = { idempotency: ['key'], proposedChanges: ['changeSetId', 'n'] }
const isKey = (name: TableName, key: string): boolean => (KEYS[name] ?? ['id']).includes(key)
