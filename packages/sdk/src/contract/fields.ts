import { z } from 'zod'
import { idOf, line, type ListSpec, notEmpty, recordFields, text } from './common.ts'
import { crud } from './crud.ts'

/** The nouns that take custom fields of a workspace's own. */
export const CustomNoun = z.enum(['companies', 'customers', 'deals', 'interactions', 'reminders'])
export type CustomNoun = z.infer<typeof CustomNoun>
export const FieldType = z.enum(['text', 'number', 'boolean', 'date', 'instant', 'select', 'multiselect', 'url', 'email'])
export type FieldType = z.infer<typeof FieldType>

/** Of a custom field: what `customFields` names it by. */
export const FieldKey = z.string().regex(/^[a-zA-Z][a-zA-Z0-9_]{0,62}$/, 'must begin with a letter and hold letters, digits and _ alone, at most 63')

const fields = {
  label: line(100).describe('What people see.'),
  description: text(1_000).nullable(),
  options: z.array(line(100)).min(1).max(200).nullable().describe('What a select or multiselect may hold.'),
  required: z.boolean().describe('A new record must hold it; records from before need not. Default false.'),
  indexed: z.boolean().describe('Keeps filters and sorting by it fast on large tables, at some cost to every write. Default false.'),
}
/** The definition of a custom field: from then on `customFields.<key>` of that noun is checked. Keys without a definition stay free. */
export const Field = z.strictObject({ id: idOf('fields'), noun: CustomNoun, key: FieldKey, type: FieldType, ...fields, ...recordFields }).meta({ id: 'Field' })
export type Field = z.infer<typeof Field>
export const NewField = z.strictObject({ noun: CustomNoun, key: FieldKey, type: FieldType, ...fields }).partial({ description: true, options: true, required: true, indexed: true, label: true })
  .refine(({ type, options }) => (type === 'select' || type === 'multiselect') === (options != null), { message: 'are for select and multiselect, which need them', path: ['options'] })
  .describe('`label` defaults to the key.').meta({ id: 'NewField' })
export type NewField = z.input<typeof NewField>
export const FieldPatch = notEmpty(z.strictObject({ type: FieldType, ...fields }).partial()).describe('A changed type or changed options are refused while records hold what would not fit.').meta({ id: 'FieldPatch' })
export type FieldPatch = z.input<typeof FieldPatch>

export const FIELD_LIST = { filters: { id: 'id', noun: 'enum', key: 'text', type: 'enum', createdAt: 'instant' }, sorts: ['createdAt', 'key'], sort: 'createdAt' } as const satisfies ListSpec
export const customFieldOperations = crud({ noun: 'fields', one: 'a custom field', item: Field, create: NewField, update: FieldPatch, list: FIELD_LIST })
