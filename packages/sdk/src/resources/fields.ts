import type { Field, FIELD_LIST, FieldPatch, NewField } from '../contract/fields.ts'
import type { ListQuery } from '../core/query.ts'
import type { Transport } from '../core/transport.ts'
import { Records } from './records.ts'

export type FieldQuery = ListQuery<typeof FIELD_LIST>

export class Fields extends Records<Field, NewField, FieldPatch, FieldQuery> {
  constructor(transport: Transport) {
    super(transport, 'fields')
  }
}
