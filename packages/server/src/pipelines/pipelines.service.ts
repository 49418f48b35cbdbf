import { generateNKeysBetween } from 'fractional-indexing'
import type { Scoped } from '../db/scoped.ts'
import { Conflict } from '../errors.ts'
import { newId } from '../ids.ts'
import type { Change, Fields } from '../ledger/ledger.ts'
import { createRecordService, type RecordDeps } from '../records/record.service.ts'
import type { BoardStore } from '../deals/board.store.ts'

/** What a pipeline begins with when it names no stages of its own. */
export const DEFAULT_STAGES = [
  { name: 'Qualified', kind: 'open', probability: 0.1 },
  { name: 'Contacted', kind: 'open', probability: 0.25 },
  { name: 'Proposal', kind: 'open', probability: 0.5 },
  { name: 'Negotiation', kind: 'open', probability: 0.75 },
  { name: 'Won', kind: 'won', probability: 1 },
  { name: 'Lost', kind: 'lost', probability: 0 },
] as const

export const createPipelinesService = (deps: RecordDeps, board: BoardStore) => createRecordService(deps, {
  noun: 'pipelines',
  defaults: { currency: 'EUR' },
  references: {},
  parts: ({ stages = DEFAULT_STAGES, ...fields }, id) => ({ fields, changes: stageChanges(id, stages as readonly Fields[]) }),
  async embed(caller, { id }, parts) {
    const stages = parts ?? (await liveStages(deps.scoped, caller, String(id)))
    return { stages: stages.map((stage) => JSON.parse(deps.json('stages', stage)) as Fields) }
  },
  async beforeArchive(caller, { id }) {
    const live = await board.liveDealsIn(caller.workspaceId, { pipelineId: String(id) })
    if (live > 0) throw new Conflict('in_use', `The pipeline holds ${live} live deals; archive them first, or move them to another pipeline.`)
  },
})

const liveStages = async (scoped: Scoped, caller: Parameters<Scoped['list']>[0], pipelineId: string) =>
  (await scoped.list(caller, 'stages', { pipelineId, limit: 200 })).items.map((json) => JSON.parse(json) as Fields)

const stageChanges = (pipelineId: string, stages: readonly Fields[]): Change[] => {
  const positions = generateNKeysBetween(null, null, stages.length)
  return stages.map((stage, index) => {
    const kind = stage.kind ?? 'open'
    return { verb: 'create', noun: 'stages', id: newId('stages'), set: { pipelineId, name: stage.name, kind, probability: stage.probability ?? PROBABILITY_OF[String(kind)], wipLimit: stage.wipLimit ?? null, rottingDays: stage.rottingDays ?? null, position: positions[index] } }
  })
}

/** Of a stage that names none. */
export const PROBABILITY_OF: Record<string, number> = { open: 0.5, won: 1, lost: 0 }
