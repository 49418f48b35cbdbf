import type { Import, ImportNoun } from '@flowstate-ai/sdk/contract'
import { and, asc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import { statementOf } from '../db/compile.ts'
import type { Database } from '../db/database.ts'
import { toColumns } from '../db/wire.ts'
import type { Statement } from '../ledger/ledger.ts'
import type { ImportStage } from './draft.ts'

/** Where an import goes on after a kill: rows consumed, and whether its change set is open. */
export interface Checkpoint { rows: number; opened: boolean; parts: number; stageIds: Record<string, ImportStage> }

export const createImportsStore = ({ dialect, reader, tables }: Database) => {
  const { imports, stages, pipelines, companies, customers } = tables
  return {
    insert: (workspaceId: string, item: Import): Statement =>
      statementOf(reader.insert(imports).values({ workspaceId, checkpoint: { rows: 0, opened: false, parts: 0, stageIds: {} } satisfies Checkpoint, ...toColumns(dialect, 'imports', { ...item }) } as typeof imports.$inferInsert)),

    update: (workspaceId: string, id: string, set: Partial<Pick<Import, 'state' | 'mapping' | 'counts' | 'rejects' | 'error' | 'finishedAt'>> & { checkpoint?: Checkpoint; updatedAt: string }): Statement =>
      statementOf(reader.update(imports).set({ ...set, version: sql`${imports.version} + 1` as unknown as number }).where(and(eq(imports.workspaceId, workspaceId), eq(imports.id, id)))),

    async checkpoint(workspaceId: string, id: string): Promise<Checkpoint | null> {
      const [row] = await reader.select({ checkpoint: imports.checkpoint }).from(imports).where(and(eq(imports.workspaceId, workspaceId), eq(imports.id, id)))
      return row ? (row.checkpoint as Checkpoint) : null
    },

    /** Live stages of live pipelines, with the currency of the first. */
    async stages(workspaceId: string): Promise<(ImportStage & { pipelineName: string; currency: string })[]> {
      return reader.select({ id: stages.id, pipelineId: stages.pipelineId, name: stages.name, kind: stages.kind, pipelineName: pipelines.name, currency: pipelines.currency })
        .from(stages).innerJoin(pipelines, and(eq(pipelines.workspaceId, stages.workspaceId), eq(pipelines.id, stages.pipelineId)))
        .where(and(eq(stages.workspaceId, workspaceId), isNull(stages.archivedAt), isNull(pipelines.archivedAt))).orderBy(asc(pipelines.createdAt), asc(stages.position))
    },

    /** Live records by external id. */
    async byExternalId(workspaceId: string, noun: ImportNoun, keys: string[]): Promise<Map<string, string>> {
      const table = tables[noun] as unknown as { workspaceId: PgColumn; id: PgColumn; externalId: PgColumn; archivedAt: PgColumn }
      const rows = keys.length === 0 ? [] : await reader.select({ id: sql<string>`${table.id}`, key: sql<string>`${table.externalId}` }).from(tables[noun] as typeof tables.deals)
        .where(and(eq(table.workspaceId, workspaceId), inArray(table.externalId, keys), isNull(table.archivedAt), isNotNull(table.externalId)))
      return new Map(rows.map(({ key, id }) => [key, id]))
    },

    async byEmail(workspaceId: string, emails: string[]): Promise<Map<string, string>> {
      const rows = emails.length === 0 ? [] : await reader.select({ id: customers.id, key: customers.emailKey }).from(customers).where(and(eq(customers.workspaceId, workspaceId), inArray(customers.emailKey, emails), isNull(customers.archivedAt)))
      return new Map(rows.flatMap(({ key, id }) => (key === null ? [] : [[key, id] as const])))
    },

    /** Every live company by its name in lower case; the oldest where several share one. */
    async companiesByName(workspaceId: string): Promise<Map<string, string>> {
      const rows = await reader.select({ id: companies.id, name: companies.name }).from(companies).where(and(eq(companies.workspaceId, workspaceId), isNull(companies.archivedAt))).orderBy(asc(companies.createdAt), asc(companies.id))
      const names = new Map<string, string>()
      for (const { id, name } of rows) if (!names.has(nameKey(name))) names.set(nameKey(name), id)
      return names
    },
  }
}
export type ImportsStore = ReturnType<typeof createImportsStore>

export const nameKey = (name: string): string => name.toLowerCase().replaceAll(/\s+/g, ' ').trim()
