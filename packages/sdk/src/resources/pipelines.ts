import type { Pipeline, PIPELINE_LIST, PipelinePatch, NewPipeline } from '../contract/pipelines.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { Records } from './records.ts'

export type PipelineQuery = ListQuery<typeof PIPELINE_LIST>

export class Pipelines extends Records<Pipeline, NewPipeline, PipelinePatch, PipelineQuery> {
  constructor(transport: Transport) {
    super(transport, 'pipelines')
  }
}
