import type { Key } from '@flowstate-ai/sdk/contract'
import { and, eq, sql } from 'drizzle-orm'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { toColumns } from '../db/wire.ts'
import { settled } from '../ledger/settled.ts'

export const createKeysStore = ({ dialect, reader, tables, ledger }: Database) => {
  const { keys } = tables
  const one = (workspaceId: string, id: string) => and(eq(keys.workspaceId, workspaceId), eq(keys.id, id))
  return {
    async create(workspaceId: string, key: Key, hash: string): Promise<void> {
      const row = { workspaceId, hash, ...toColumns(dialect, 'keys', { ...key }) } as typeof keys.$inferInsert
      settled(await ledger.run({ workspaceId, statements: [statementOf(reader.insert(keys).values(row))] }))
    },
    async revoke(workspaceId: string, id: string, at: string): Promise<void> {
      settled(await ledger.run({ workspaceId, statements: [statementOf(reader.update(keys).set({ revokedAt: at, updatedAt: at, version: 2 }).where(one(workspaceId, id)))] }))
    },
    async expire(workspaceId: string, id: string, expiresAt: string, at: string): Promise<void> {
      settled(await ledger.run({ workspaceId, statements: [statementOf(reader.update(keys).set({ expiresAt, updatedAt: at, version: sql`${keys.version} + 1` as unknown as number }).where(one(workspaceId, id)))] }))
    },
    /** Keeps the same secret in another way; somebody else may have done so. */
    async rehash(workspaceId: string, id: string, from: string, to: string): Promise<void> {
      settled(await ledger.run({ workspaceId, statements: [statementOf(reader.update(keys).set({ hash: to }).where(and(one(workspaceId, id), eq(keys.hash, from))))] }))
    },
    async touch(workspaceId: string, id: string, at: string): Promise<void> {
      settled(await ledger.run({ workspaceId, statements: [statementOf(reader.update(keys).set({ lastUsedAt: at }).where(one(workspaceId, id)))] }))
    },
  }
}
export type KeysStore = ReturnType<typeof createKeysStore>
