import { and, asc, eq, gt, isNull, lt, type SQL, sql, desc } from 'drizzle-orm'
import type { Database } from '../db/database.ts'
import type { ListQuery } from '../db/list.ts'
import { prepareRead } from '../db/prepared.ts'
import type { Scoped, Within } from '../db/scoped.ts'

export interface Place { id: string; position: string; stageId: string }

/** What a board asks of deals besides lists: places in a stage, first stages, sums. */
export const createBoardStore = ({ dialect, reader, tables: { deals, stages, pipelines } }: Database, scoped: Scoped) => {
  const inStage = and(eq(deals.workspaceId, sql.placeholder('workspaceId')), eq(deals.stageId, sql.placeholder('stageId')), isNull(deals.archivedAt))
  const position = { position: deals.position }
  const last = prepareRead<[position: string]>(dialect, reader, reader.select(position).from(deals).where(inStage).orderBy(desc(deals.position)).limit(1), 'board_last')
  const next = reader.select(position).from(deals).where(and(inStage, gt(deals.position, sql.placeholder('than')))).orderBy(asc(deals.position)).limit(1).prepare('board_next')
  const previous = reader.select(position).from(deals).where(and(inStage, lt(deals.position, sql.placeholder('than')))).orderBy(desc(deals.position)).limit(1).prepare('board_previous')
  const place = reader.select({ id: deals.id, position: deals.position, stageId: deals.stageId }).from(deals)
    .where(and(eq(deals.workspaceId, sql.placeholder('workspaceId')), eq(deals.id, sql.placeholder('id')), isNull(deals.archivedAt))).prepare('board_place')
  /** A stage goes to the archive with its pipeline. */
  const gone = sql<string | null>`coalesce(${stages.archivedAt}, ${pipelines.archivedAt})`
  const ofPipeline = and(eq(pipelines.workspaceId, stages.workspaceId), eq(pipelines.id, stages.pipelineId))
  const stage = prepareRead<[id: string, pipelineId: string, kind: string, probability: number, rottingDays: number | null, archivedAt: string | null]>(dialect, reader, reader
    .select({ id: stages.id, pipelineId: stages.pipelineId, kind: stages.kind, probability: stages.probability, rottingDays: stages.rottingDays, archivedAt: gone }).from(stages).innerJoin(pipelines, ofPipeline)
    .where(and(eq(stages.workspaceId, sql.placeholder('workspaceId')), eq(stages.id, sql.placeholder('id')))), 'board_stage')

  return {
    async lastPosition(workspaceId: string, stageId: string): Promise<string | null> {
      return (await last({ workspaceId, stageId }))[0]?.[0] ?? null
    },
    async nextPosition(workspaceId: string, stageId: string, than: string): Promise<string | null> {
      return (await next.execute({ workspaceId, stageId, than }))[0]?.position ?? null
    },
    async previousPosition(workspaceId: string, stageId: string, than: string): Promise<string | null> {
      return (await previous.execute({ workspaceId, stageId, than }))[0]?.position ?? null
    },
    /** Where a live deal stands. */
    async place(workspaceId: string, id: string): Promise<Place | null> {
      return (await place.execute({ workspaceId, id }))[0] ?? null
    },
    async stage(workspaceId: string, id: string) {
      const [row] = await stage({ workspaceId, id })
      if (!row) return null
      const [stageId, pipelineId, kind, probability, rottingDays, archivedAt] = row
      return { id: stageId, pipelineId, kind, probability, rottingDays, archivedAt }
    },
    /** The first live stage of a pipeline; of the workspace's first pipeline when none is named. */
    async firstStage(workspaceId: string, pipelineId?: string) {
      const [row] = await reader.select({ id: stages.id, pipelineId: stages.pipelineId, kind: stages.kind, probability: stages.probability, rottingDays: stages.rottingDays, archivedAt: stages.archivedAt })
        .from(stages).innerJoin(pipelines, ofPipeline)
        .where(and(eq(stages.workspaceId, workspaceId), isNull(stages.archivedAt), isNull(pipelines.archivedAt), pipelineId === undefined ? undefined : eq(stages.pipelineId, pipelineId)))
        .orderBy(asc(pipelines.createdAt), asc(pipelines.id), asc(stages.position), asc(stages.id)).limit(1)
      return row ?? null
    },
    async liveDealsIn(workspaceId: string, within: { stageId: string } | { pipelineId: string }): Promise<number> {
      const [row] = await reader.select({ count: sql<number>`count(*)` }).from(deals)
        .where(and(eq(deals.workspaceId, workspaceId), isNull(deals.archivedAt), 'stageId' in within ? eq(deals.stageId, within.stageId) : eq(deals.pipelineId, within.pipelineId)))
      return Number(row?.count ?? 0)
    },
    /** Counts and sums by stage and currency, of what the caller may see and the query asks for. Grouped before it is joined, the index alone answers it. */
    async totals(within: Within, query: ListQuery, also?: SQL) {
      const rows = await reader.select({ stageId: deals.stageId, currency: deals.valueCurrency, count: sql<number>`count(*)`, amount: sql<number>`coalesce(sum(${deals.valueAmount}), 0)` })
        .from(deals).where(and(scoped.where(within, 'deals', query), also)).groupBy(deals.stageId, deals.valueCurrency)
      const weights = new Map((await reader.select({ id: stages.id, probability: stages.probability }).from(stages).where(eq(stages.workspaceId, within.workspaceId))).map(({ id, probability }) => [id, probability]))
      return rows.map((row) => ({ ...row, count: Number(row.count), amount: Number(row.amount), probability: weights.get(row.stageId) ?? 0 }))
    },
  }
}
export type BoardStore = ReturnType<typeof createBoardStore>
