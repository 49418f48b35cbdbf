import type { Interaction, INTERACTION_LIST, InteractionPatch, NewInteraction } from '../contract/interactions.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { UpsertingRecords } from './upserting.ts'

export type InteractionQuery = ListQuery<typeof INTERACTION_LIST>

export class Interactions extends UpsertingRecords<Interaction, NewInteraction, InteractionPatch, InteractionQuery, 'externalId'> {
  constructor(transport: Transport) {
    super(transport, 'interactions')
  }
}
