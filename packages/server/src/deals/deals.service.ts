import type { DealMove, DealSummary, Money } from '@flowstate-ai/sdk/contract'
import type { ListQuery } from '../db/list.ts'
import { Conflict, Invalid } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'
import { positionBetween } from '../records/position.ts'
import type { Memory } from '../records/noun.ts'
import { createRecordService, type RecordDeps } from '../records/record.service.ts'
import type { BoardStore } from './board.store.ts'
import { derivedOf } from './derived.ts'

/** Deals: records that stand in a stage, at a place, and are open, won or lost by the stage's kind. */
export const createDealsService = (deps: RecordDeps, board: BoardStore) => {
  const records = createRecordService(deps, {
    noun: 'deals',
    defaults: { tags: [], customFields: {} },
    keys: { externalId: (id) => id },
    references: { companyId: 'companies', customerId: 'customers' },

    async complete(caller, fields, at, memory) {
      const stage = typeof fields.stageId === 'string'
        ? await liveStage(caller, fields.stageId, memory)
        : await once(memory, `first:${String(fields.pipelineId)}`, () => board.firstStage(caller.workspaceId, fields.pipelineId as string | undefined))
      if (!stage) throw fields.pipelineId ? invalid('/pipelineId', 'not_found', 'names no pipeline with a stage') : invalid('/stageId', 'required', 'is needed, for there is no pipeline yet: create one at POST /pipelines')
      if (fields.pipelineId !== undefined && fields.pipelineId !== stage.pipelineId) throw invalid('/stageId', 'not_allowed', 'belongs to another pipeline')
      if (fields.closedAt !== undefined && stage.kind === 'open') throw invalid('/closedAt', 'not_allowed', 'is for deals in a won or lost stage')
      const position = await lastPlace(caller.workspaceId, stage.id, memory)
      return { ...fields, pipelineId: stage.pipelineId, stageId: stage.id, position, status: stage.kind, closedAt: stage.kind === 'open' ? null : (fields.closedAt ?? at), stageEnteredAt: at }
    },

    async amend(caller, current, { stageId, ...patch }, at, memory) {
      if (stageId === undefined || stageId === current.stageId) return patch
      return { ...patch, ...(await moved(caller, current, { stageId: String(stageId) }, at, memory)) }
    },

    async beforeRestore(caller, { stageId }, memory) {
      const stage = await stageOf(caller, String(stageId), memory)
      if (stage?.archivedAt !== null) throw new Conflict('in_use', 'The stage that this deal stands in is archived. Restore the stage first, then the deal.')
    },
    async embed(caller, record, _parts, memory) {
      const stage = await stageOf(caller, String(record.stageId), memory)
      return derivedOf(record, stage, deps.clock())
    },
  })

  const stageOf = (caller: Caller, id: string, memory: Memory) => once(memory, `stage:${id}`, () => board.stage(caller.workspaceId, id))

  /** The end of a column; in a batch, the end that the items before left. */
  const lastPlace = async (workspaceId: string, stageId: string, memory: Memory): Promise<string> => {
    const last = await once(memory, `last:${stageId}`, () => board.lastPosition(workspaceId, stageId))
    const place = positionBetween(last, null)
    memory.set(`last:${stageId}`, place)
    return place
  }

  const liveStage = async (caller: Caller, id: string, memory: Memory) => {
    const stage = await stageOf(caller, id, memory)
    if (!stage || stage.archivedAt !== null) throw invalid('/stageId', 'not_found', 'names no live stage here')
    return stage
  }

  /** What a move changes: the place, and with the stage the pipeline, the status and the day it was closed. */
  const moved = async (caller: Caller, current: Fields, { stageId, afterId, beforeId }: DealMove, at: string, memory: Memory = new Map()): Promise<Fields> => {
    const stage = await liveStage(caller, stageId, memory)
    const position = await placeFor(caller, String(current.id), stageId, afterId ?? null, beforeId ?? null, memory)
    const closing = stage.kind !== current.status
    const entered = stageId === current.stageId ? {} : { stageEnteredAt: at }
    return { stageId, pipelineId: stage.pipelineId, position, ...entered, ...(closing ? { status: stage.kind, closedAt: stage.kind === 'open' ? null : at } : {}) }
  }

  const placeFor = async (caller: Caller, id: string, stageId: string, afterId: string | null, beforeId: string | null, memory: Memory): Promise<string> => {
    const { workspaceId } = caller
    const [after, before] = [await neighbour(caller, id, stageId, afterId, '/afterId'), await neighbour(caller, id, stageId, beforeId, '/beforeId')]
    // Others may have moved in between: the neighbour that the caller names first decides.
    if (after !== null && before !== null && after < before) return positionBetween(after, before)
    if (after !== null) return positionBetween(after, await board.nextPosition(workspaceId, stageId, after))
    if (before !== null) return positionBetween(await board.previousPosition(workspaceId, stageId, before), before)
    return lastPlace(workspaceId, stageId, memory)
  }

  const neighbour = async (caller: Caller, id: string, stageId: string, neighbourId: string | null, pointer: string): Promise<string | null> => {
    if (neighbourId === null) return null
    if (neighbourId === id) throw invalid(pointer, 'not_allowed', 'names the deal that is to move')
    const place = (await deps.scoped.visibleIds(caller, 'deals', [neighbourId])).has(neighbourId) ? await board.place(caller.workspaceId, neighbourId) : null
    if (!place) throw invalid(pointer, 'not_found', 'names no live deal here')
    if (place.stageId !== stageId) throw new Conflict('conflict', 'The deal next to which this one was put has left that stage; look at the board again and repeat the move.')
    return place.position
  }

  return {
    ...records,
    move: (caller: Caller, id: string, move: DealMove) => records.amend(caller, id, (current, at) => moved(caller, current, move, at)),

    async summary(caller: Caller, query: ListQuery): Promise<DealSummary> {
      const { query: asked, also } = await deps.resolve(caller, 'deals', query)
      const rows = await board.totals(caller, asked, also)
      const stages = [...new Set(rows.map(({ stageId }) => stageId))].map((stageId) => ({ stageId, ...summed(rows.filter((row) => row.stageId === stageId)) }))
      return { ...summed(rows), stages }
    },
  }
}
export type DealsService = ReturnType<typeof createDealsService>

const once = async <Value>(memory: Memory, key: string, look: () => Promise<Value>): Promise<Value> => {
  if (!memory.has(key)) memory.set(key, await look())
  return memory.get(key) as Value
}

const summed = (rows: { currency: string | null; count: number; amount: number; probability: number }[]) => ({
  count: rows.reduce((sum, { count }) => sum + count, 0),
  value: moneys(rows, ({ amount }) => amount),
  weighted: moneys(rows, ({ amount, probability }) => amount * probability),
})

const moneys = <Row extends { currency: string | null }>(rows: Row[], amountOf: (row: Row) => number): Money[] => {
  const sums = new Map<string, number>()
  for (const row of rows) if (row.currency !== null) sums.set(row.currency, (sums.get(row.currency) ?? 0) + amountOf(row))
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, amount]) => ({ amount: Math.round(amount), currency }))
}

const invalid = (pointer: string, code: string, detail: string) => new Invalid([{ pointer, code, detail }])
