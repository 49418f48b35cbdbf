import type { View, VIEW_LIST, ViewPatch, NewView } from '../contract/views.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { Records } from './records.ts'

export type ViewQuery = ListQuery<typeof VIEW_LIST>

export class Views extends Records<View, NewView, ViewPatch, ViewQuery> {
  constructor(transport: Transport) {
    super(transport, 'views')
  }
}
