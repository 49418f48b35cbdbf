import { z } from 'zod'
import { CURRENCY, idOf, line, type ListSpec, notEmpty, recordFields } from './common.ts'
import { crud } from './crud.ts'

export const StageKind = z.enum(['open', 'won', 'lost'])
export type StageKind = z.infer<typeof StageKind>

const stageFields = {
  name: line(),
  kind: StageKind.describe('A deal that enters a won or lost stage is closed by it.'),
  probability: z.number().min(0).max(1).describe('Of winning a deal in this stage, 0 to 1; weighs the pipeline\'s sum.'),
  wipLimit: z.int().min(1).max(1_000_000).nullable().describe('How many open deals should stand here at most; a board shows when there are more. A limit for people, never refused.'),
  rottingDays: z.int().min(1).max(3_650).nullable().describe('After how many days here an open deal is rotting.'),
}

/** A column of a pipeline. Stages stand in the order of `position`, a fractional index. */
export const Stage = z.strictObject({ id: idOf('stages'), pipelineId: idOf('pipelines'), ...stageFields, position: z.string(), ...recordFields }).meta({ id: 'Stage' })
export type Stage = z.infer<typeof Stage>

const placed = { afterId: idOf('stages').optional().describe('Puts it after this stage; alone, `null` is not allowed: use beforeId for the first place.'), beforeId: idOf('stages').optional() }
export const NewStage = z.strictObject({ pipelineId: idOf('pipelines'), ...stageFields, ...placed }).partial({ kind: true, probability: true, wipLimit: true, rottingDays: true }).meta({ id: 'NewStage' })
export type NewStage = z.input<typeof NewStage>
export const StagePatch = notEmpty(z.strictObject({ ...stageFields, ...placed }).partial()).meta({ id: 'StagePatch' })
export type StagePatch = z.input<typeof StagePatch>

const fields = {
  name: line(),
  currency: z.string().regex(CURRENCY, 'must be an ISO 4217 code such as EUR').describe('For deals created without one; default EUR.'),
}
/** A way that deals take. Its live stages come with it, in order. */
export const Pipeline = z.strictObject({ id: idOf('pipelines'), ...fields, stages: z.array(Stage), ...recordFields }).meta({ id: 'Pipeline' })
export type Pipeline = z.infer<typeof Pipeline>
export const NewPipeline = z.strictObject({ ...fields, stages: z.array(z.strictObject(stageFields).partial({ kind: true, probability: true, wipLimit: true, rottingDays: true })).min(1).max(50).describe('Default: Qualified, Contacted, Proposal, Negotiation, Won, Lost.') })
  .partial({ currency: true, stages: true }).meta({ id: 'NewPipeline' })
export type NewPipeline = z.input<typeof NewPipeline>
export const PipelinePatch = notEmpty(z.strictObject(fields).partial()).meta({ id: 'PipelinePatch' })
export type PipelinePatch = z.input<typeof PipelinePatch>

export const PIPELINE_LIST = { filters: { id: 'id', name: 'text', currency: 'enum', createdAt: 'instant', updatedAt: 'instant' }, sorts: ['createdAt', 'updatedAt', 'name'], sort: 'createdAt' } as const satisfies ListSpec
export const STAGE_LIST = { filters: { id: 'id', pipelineId: 'id', kind: 'enum', name: 'text', probability: 'number', createdAt: 'instant', updatedAt: 'instant' }, sorts: ['position', 'createdAt', 'name', 'probability'], sort: 'position' } as const satisfies ListSpec
export const pipelines = crud({ noun: 'pipelines', one: 'a pipeline', item: Pipeline, create: NewPipeline, update: PipelinePatch, list: PIPELINE_LIST })
export const stages = crud({ noun: 'stages', one: 'a stage', item: Stage, create: NewStage, update: StagePatch, list: STAGE_LIST })
