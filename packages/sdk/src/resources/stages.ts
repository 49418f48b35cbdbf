import type { Stage, STAGE_LIST, StagePatch, NewStage } from '../contract/pipelines.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { Records } from './records.ts'

export type StageQuery = ListQuery<typeof STAGE_LIST>

export class Stages extends Records<Stage, NewStage, StagePatch, StageQuery> {
  constructor(transport: Transport) {
    super(transport, 'stages')
  }
}
