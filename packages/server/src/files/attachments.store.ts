import type { StoredFile } from '@flowstate-ai/sdk/contract'
import { and, eq, inArray, isNull, or, type SQL, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped } from '../db/scoped.ts'
import { jsonOf } from '../db/wire.ts'
import type { Caller } from '../http/caller.ts'
import type { Statement } from '../ledger/ledger.ts'

/** The SHA-256 of no bytes at all. */
const OF_NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

/** What is known of uploaded files. A limited caller sees those that it made, and those that an interaction carries which it may see. */
export const createAttachmentsStore = ({ dialect, reader, tables: { files, interactions } }: Database, scoped: Scoped) => {
  const visible = (caller: Caller): SQL | undefined => {
    if (!caller.records) return undefined
    const carries = dialect === 'sqlite'
      ? sql`exists (select 1 from json_each(${interactions.attachments}) where value = ${files.id})`
      : sql`jsonb_exists(${interactions.attachments}, ${files.id})`
    const carrier = reader.select({ one: sql`1` }).from(interactions).where(and(eq(interactions.workspaceId, caller.workspaceId), carries, scoped.visible(caller, 'interactions')))
    return or(eq(files.madeBy, caller.stableId), sql`exists ${carrier}`)
  }
  const one = (workspaceId: string, id: string) => and(eq(files.workspaceId, workspaceId), eq(files.id, id))

  return {
    list: (caller: Caller, query: ListQuery): Promise<ListPage> => scoped.list(caller, 'files', query, visible(caller)),

    async find(caller: Caller, id: string): Promise<StoredFile | null> {
      const [row] = await reader.select({ json: jsonOf(dialect, 'files') }).from(files).where(and(one(caller.workspaceId, id), visible(caller)))
      return row ? (JSON.parse(row.json) as StoredFile) : null
    },

    /** Of these, the live ones that the caller may see. */
    async known(caller: Caller, ids: readonly string[]): Promise<Set<string>> {
      if (ids.length === 0) return new Set()
      const rows = await reader.select({ id: files.id }).from(files).where(and(eq(files.workspaceId, caller.workspaceId), inArray(files.id, [...ids]), isNull(files.archivedAt), visible(caller)))
      return new Set(rows.map(({ id }) => id))
    },

    insert: (workspaceId: string, file: StoredFile, madeBy: string): Statement => statementOf(reader.insert(files).values({ ...file, workspaceId, madeBy })),

    blank: (workspaceId: string, id: string, at: string): Statement =>
      statementOf(reader.update(files).set({ name: 'erased', type: 'application/octet-stream', sniffedType: null, bytes: 0, sha256: OF_NOTHING, archivedAt: at, updatedAt: at, version: sql`${files.version} + 1` as unknown as number }).where(one(workspaceId, id))),

    archive: (workspaceId: string, id: string, archivedAt: string | null, at: string): Statement =>
      statementOf(reader.update(files).set({ archivedAt, updatedAt: at, version: sql`${files.version} + 1` as unknown as number }).where(one(workspaceId, id)).returning({ json: jsonOf(dialect, 'files').as('json') })),
  }
}
export type AttachmentsStore = ReturnType<typeof createAttachmentsStore>
