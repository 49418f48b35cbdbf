import { Conflict, Invalid } from '../errors.ts'
import type { BoardStore } from '../deals/board.store.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields } from '../ledger/ledger.ts'
import { positionBetween } from '../records/position.ts'
import { createRecordService, type RecordDeps } from '../records/record.service.ts'
import { PROBABILITY_OF } from './pipelines.service.ts'

/** Columns of a pipeline, in the order of their positions. */
export const createStagesService = (deps: RecordDeps, board: BoardStore) => {
  const placed = async (caller: Caller, pipelineId: string, { afterId, beforeId, ...fields }: Fields, otherwise: 'end' | 'stay'): Promise<Fields> => {
    if (afterId === undefined && beforeId === undefined && otherwise === 'stay') return fields
    const items = (await deps.scoped.list(caller, 'stages', { pipelineId, limit: 200 })).items.map((json) => JSON.parse(json) as { id: string; position: string })
    const indexOf = (id: unknown, pointer: string) => {
      const index = items.findIndex((stage) => stage.id === id)
      if (index < 0) throw new Invalid([{ pointer, code: 'not_found', detail: 'names a stage that is not in this pipeline' }])
      return index
    }
    const gap = beforeId !== undefined ? indexOf(beforeId, '/beforeId') : afterId !== undefined ? indexOf(afterId, '/afterId') + 1 : items.length
    return { ...fields, position: positionBetween(items[gap - 1]?.position ?? null, items[gap]?.position ?? null) }
  }

  return createRecordService(deps, {
    noun: 'stages',
    defaults: { kind: 'open' },
    references: { pipelineId: 'pipelines' },
    async complete(caller, fields) {
      const { probability = PROBABILITY_OF[String(fields.kind)], ...rest } = fields
      return { probability, ...(await placed(caller, String(fields.pipelineId), rest, 'end')) }
    },
    async amend(caller, current, patch) {
      if (patch.kind !== undefined && patch.kind !== current.kind && (await board.liveDealsIn(caller.workspaceId, { stageId: String(current.id) })) > 0) {
        throw new Conflict('in_use', 'The kind of a stage that holds live deals cannot change, for it decides whether they are open, won or lost; move them first.')
      }
      return placed(caller, String(current.pipelineId), patch, 'stay')
    },
    async beforeRestore(caller, { pipelineId }) {
      const pipeline = await deps.scoped.find(caller, 'pipelines', String(pipelineId))
      if (pipeline?.archivedAt !== null) throw new Conflict('in_use', 'The pipeline that this stage belongs to is archived. Restore the pipeline first, then the stage.')
    },
    async beforeArchive(caller, { id }) {
      const live = await board.liveDealsIn(caller.workspaceId, { stageId: String(id) })
      if (live > 0) throw new Conflict('in_use', `The stage holds ${live} live deals; move them to another stage first.`)
    },
  })
}
