import type { Tag, TAG_LIST, TagPatch, NewTag } from '../contract/tags.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { Records } from './records.ts'

export type TagQuery = ListQuery<typeof TAG_LIST>

export class Tags extends Records<Tag, NewTag, TagPatch, TagQuery> {
  constructor(transport: Transport) {
    super(transport, 'tags')
  }
}
