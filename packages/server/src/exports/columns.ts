import { EXPORTS, type ExportNoun, Money } from '@flowstate-ai/sdk/contract'
import { Invalid } from '../errors.ts'

/** A column of a CSV: where its cell comes from. */
export type ExportColumn =
  | { kind: 'field'; header: string; field: string }
  | { kind: 'amount' | 'currency'; header: string; field: string }
  | { kind: 'related'; header: string; field: string; noun: RelatedNoun; show: RelatedName }
  | { kind: 'custom'; header: string; key: string }
  | { kind: 'tags'; header: string; field: string }

export type RelatedName = 'name' | 'title' | 'email' | 'domain'
export type RelatedNoun = 'companies' | 'customers' | 'deals' | 'pipelines' | 'stages' | 'members'

/** Fields that hold another record's id, and the columns by which people and imports know that record. */
const RELATED: Record<string, { header: string; noun: RelatedNoun; show: RelatedName }[]> = {
  companyId: [{ header: 'company', noun: 'companies', show: 'name' }, { header: 'companyDomain', noun: 'companies', show: 'domain' }],
  customerId: [{ header: 'customerEmail', noun: 'customers', show: 'email' }],
  dealId: [{ header: 'deal', noun: 'deals', show: 'title' }],
  pipelineId: [{ header: 'pipeline', noun: 'pipelines', show: 'name' }],
  stageId: [{ header: 'stage', noun: 'stages', show: 'name' }],
  ownerId: [{ header: 'owner', noun: 'members', show: 'email' }],
}
const ALL_CUSTOM = 'customFields'
const CUSTOM = `${ALL_CUSTOM}.`

/** Whether the noun's records carry custom fields. */
export const hasCustomFields = (noun: ExportNoun): boolean => ALL_CUSTOM in EXPORTS[noun].item.shape

/** The columns of one field: money brings its currency, an id the name that stands for it; custom fields have one each. */
const columnsOfField = (noun: ExportNoun, field: string, customKeys: readonly string[]): ExportColumn[] => {
  if (field === ALL_CUSTOM) return customKeys.map((key) => ({ kind: 'custom', header: `${CUSTOM}${key}`, key }))
  if (field === 'tags') return [{ kind: 'tags', header: field, field }]
  const schema = (EXPORTS[noun].item.shape as Record<string, object>)[field]
  const related = RELATED[field]
  if (related) return [{ kind: 'field', header: field, field }, ...related.map((each) => ({ kind: 'related' as const, field, ...each }))]
  if (schema !== undefined && moneyIn(schema)) return [{ kind: 'amount', header: field, field }, { kind: 'currency', header: `${field}.currency`, field }]
  return [{ kind: 'field', header: field, field }]
}

/**
 * The columns of a CSV: those that the request names, exactly; else those of the view, else all in the contract's order. A view's
 * field brings along what belongs to it.
 */
export const exportColumns = (noun: ExportNoun, { asked, viewed, customKeys }: { asked: string | undefined; viewed: readonly string[]; customKeys: readonly string[] }): ExportColumn[] => {
  const fields = Object.keys(EXPORTS[noun].item.shape)
  const every = fields.flatMap((field) => columnsOfField(noun, field, customKeys))
  if (asked === undefined && viewed.length === 0) return every
  const named = (header: string, pointer: string): ExportColumn[] => {
    if (header === ALL_CUSTOM && hasCustomFields(noun)) return columnsOfField(noun, header, customKeys)
    const known = every.find((column) => column.header === header)
    if (known) return pointer === '?view' && 'field' in known && known.header === known.field ? columnsOfField(noun, known.field, customKeys) : [known]
    if (header.startsWith(CUSTOM) && hasCustomFields(noun)) return [{ kind: 'custom', header, key: header.slice(CUSTOM.length) }]
    const headers = every.filter(({ kind }) => kind !== 'custom').map((column) => column.header)
    throw new Invalid([{ pointer, code: 'invalid_value', detail: `names the column ${header || '""'}; ${noun} have ${headers.join(', ')}${hasCustomFields(noun) ? ', customFields.x' : ''}` }])
  }
  const columns = asked === undefined ? viewed.flatMap((name) => named(name, '?view')) : asked.split(',').flatMap((name) => named(name.trim(), '?columns'))
  const seen = new Set<string>()
  return columns.filter(({ header }) => !seen.has(header) && seen.add(header))
}

/** What names the records that a noun's records point to: their columns of a CSV, which JSONL has beside the ids. */
export const namingColumns = (noun: ExportNoun): ExportColumn[] =>
  Object.keys(EXPORTS[noun].item.shape).flatMap((field) => columnsOfField(noun, field, [])).filter(({ kind }) => kind === 'related' || kind === 'tags')

/** Whether it has to be known which custom fields there are: not when the columns are named one by one. */
export const needsCustomKeys = (noun: ExportNoun, asked: string | undefined, viewed: readonly string[]): boolean => {
  const names = asked === undefined ? viewed : asked.split(',').map((name) => name.trim())
  return hasCustomFields(noun) && (names.length === 0 || names.includes(ALL_CUSTOM))
}

const moneyIn = (schema: object): boolean => schema === Money || ('unwrap' in schema && typeof schema.unwrap === 'function' && schema.unwrap() === Money)
