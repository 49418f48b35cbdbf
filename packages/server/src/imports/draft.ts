import type { DecimalSign, DateOrder, ImportMapping, ImportNoun, ImportReject } from '@flowstate-ai/sdk/contract'
import { type Definition, faultOf } from '../fields/rules.ts'
import { plainCell } from '../csv/cells.ts'
import type { Fields } from '../ledger/ledger.ts'
import { domainKey } from '../records/match-keys.ts'
import type { SourceRow } from './csv.ts'
import { finishDraft } from './finish.ts'
import { type ColumnType, NOUNS } from './nouns.ts'
import { emailOf, endOf, type Parsed, parseBoolean, parseDate, parseInstant, parseMoney, parseNumber, parseWhole, phoneOf, severalOf, short } from './values.ts'

/** A row understood: the record's own fields, and the names by which it points to others. */
export interface Draft { line: number; cells: string[]; fields: Fields; links: Links }
export interface Links {
  /** Ids of records here, as our own exports carry them; one that is not here any more says nothing. */
  id?: string
  companyId?: string
  customerId?: string
  dealId?: string
  company?: string
  companyDomain?: string
  /** The customer's id where it came from. */
  customerKey?: string
  /** The company's id where it came from. */
  companyKey?: string
  /** The customer's e-mail address. */
  customer?: string
  /** The deal's id, where it came from or here. */
  deal?: string
  tags?: string[]
  stage?: ImportStage
}
export interface ImportStage { id: string; pipelineId: string; name: string; kind: string }

/** What has to be known to understand a row; plain data, for it crosses to the reader's thread. */
export interface DraftContext {
  noun: ImportNoun
  /** In CSV what begins like a formula may stand behind an apostrophe. */
  format: 'csv' | 'jsonl'
  header: string[]
  mapping: ImportMapping
  dateOrders: Record<string, DateOrder>
  decimals: Record<string, DecimalSign>
  currency: string
  country?: string | undefined
  definitions: Definition[]
  /** Ids of members by their address and, where it is one member's alone, by name; in lower case. */
  members: Record<string, string>
  /** By name in lower case. */
  stages: Record<string, ImportStage>
  stagesById: Record<string, ImportStage>
  /** By pipeline and stage, both in lower case, a line break between them. */
  pipelineStages: Record<string, ImportStage>
  /** The file has ids of its own: a row without one could not be known again. */
  needsId: boolean
}

const CUSTOM = 'customFields.'
const MOST_TAGS = 50
/** What an interaction can be about. */
const POINTERS = ['company', 'companyKey', 'companyDomain', 'companyId', 'customer', 'customerKey', 'customerId', 'deal', 'dealId'] as const

/** What a maker of drafts works with. */
export interface RowReader {
  context: DraftContext
  custom: Fields
  links: Links
  textOf(field: string): string | null
  take<Value>(field: string, parse: (text: string) => Parsed<Value>): Value | null
  reject(field: string, reason: string): void
  dateOrderOf(field: string): DateOrder
}

/** Makes a reader of rows: each becomes a draft, or all that is wrong with it, by row, column and reason. Empty cells set nothing. */
export const createDrafter = (context: DraftContext) => {
  const { noun, header, mapping } = context
  const { fields: known, shape, required, columnOf, linked } = NOUNS[noun]
  const columns = header.map((column, index) => ({ column, index, field: mapping[column] ?? null }))
  const filled = new Map(columns.flatMap((each) => (each.field === null ? [] : [[each.field, each] as const])))
  const definitions = new Map(context.definitions.map((definition) => [definition.key, definition]))
  const requiredCustom = context.definitions.filter((definition) => definition.required)

  return ({ line, cells, values, fault, faultAt }: SourceRow): Draft | ImportReject[] => {
    if (fault !== null) return [{ row: line, column: nameAt(header, faultAt), reason: fault }]
    if (cells.length < header.length) return [{ row: line, column: header[cells.length] ?? null, reason: `has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'} where the header has ${header.length}` }]
    if (cells.length > header.length && cells.slice(header.length).some((cell) => cell.trim() !== '')) return [{ row: line, column: `column ${header.length + 1}`, reason: `has ${cells.length} ${cells.length === 1 ? 'cell' : 'cells'} where the header has ${header.length}` }]

    const rejects: ImportReject[] = []
    const texts = new Map<string, string>()
    const custom: Fields = {}
    for (const { column, index, field } of columns) {
      const cell = context.format === 'csv' ? plainCell(cells[index] ?? '') : (cells[index] ?? '')
      // Around what another program wrote, spaces mean nothing; in an export of ours they are part of the text.
      const text = filled.has('id') && isText(field) ? cell : cell.trim()
      if (text === '') continue
      if (text.includes('\u0000') || text.includes('\uFFFD')) rejects.push({ row: line, column, reason: 'holds bytes that are not text in the encoding of the file' })
      else if (field?.startsWith(CUSTOM)) readCustom(field.slice(CUSTOM.length), column, text, values?.[index])
      else if (field !== null) texts.set(field, text)
    }
    const columnFor = (field: string): string | null => (filled.get(field) ?? filled.get(columnOf[field] ?? ''))?.column ?? null
    const reader: RowReader = {
      context, custom, links: {},
      textOf: (field) => texts.get(field) ?? null,
      reject: (field, reason) => { rejects.push({ row: line, column: columnFor(field), reason }) },
      dateOrderOf: (field) => context.dateOrders[filled.get(field)?.column ?? ''] ?? 'ymd',
      take(field, parse) {
        const text = texts.get(field)
        if (text === undefined) return null
        const parsed = parse(text)
        if ('value' in parsed) return parsed.value
        reader.reject(field, parsed.fault)
        return null
      },
    }
    if (texts.has('archivedAt')) reader.reject('archivedAt', 'says that it was archived: an import makes live records, and leaves archived ones alone')
    if (context.needsId && !texts.has('externalId') && !texts.has('id')) reader.reject('externalId', 'is empty, so that the row could not be known again')
    const fields: Fields = {}
    for (const field of texts.keys()) readField(reader, field, known[field]?.type ?? 'text', fields)
    Object.assign(fields, finishDraft(noun, fields, reader))
    for (const { key } of requiredCustom) if (custom[key] === undefined) rejects.push({ row: line, column: filled.get(CUSTOM + key)?.column ?? key, reason: 'is empty, and required' })
    if (Object.keys(custom).length > 0) fields.customFields = custom
    for (const [name, value] of Object.entries(fields)) {
      if (value === null || value === undefined) {
        delete fields[name]
        continue
      }
      const parsed = shape[name]?.safeParse(value)
      if (parsed && !parsed.success) reader.reject(name, parsed.error?.issues[0]?.message ?? 'does not fit')
    }
    if (fields[required] === undefined && !rejects.some(({ column }) => column === columnFor(required))) reader.reject(required, columnFor(required) === null ? `no column fills ${required}: say which does, as in {"${header[0] ?? ''}":"${required}"}` : 'is empty')
    if (linked && !POINTERS.some((name) => reader.links[name] !== undefined)) reader.reject('customerId', 'is empty: a row must name a customer, a company or a deal')
    return rejects.length > 0 ? rejects : { line, cells, fields, links: reader.links }

    function isText(field: string | null): boolean {
      if (!field?.startsWith(CUSTOM)) return field === required || known[field ?? '']?.type === 'text'
      return ['text', 'select', undefined].includes(definitions.get(field.slice(CUSTOM.length))?.type)
    }

    function readCustom(key: string, column: string, text: string, value: unknown): void {
      const definition = definitions.get(key)
      if (!definition) {
        custom[key] = typeof value === 'number' || typeof value === 'boolean' ? value : text
        return
      }
      const parsed = customValue(definition, text, context, column)
      if ('fault' in parsed) rejects.push({ row: line, column, reason: parsed.fault })
      else custom[key] = parsed.value
    }
  }
}
export type Drafter = ReturnType<typeof createDrafter>

const nameAt = (header: readonly string[], index: number | null | undefined): string | null => (typeof index === 'number' ? (header[index] ?? `column ${index + 1}`) : null)

const readField = (reader: RowReader, field: string, type: ColumnType, fields: Fields): void => {
  const { context, links, custom, textOf, take, reject } = reader
  const text = textOf(field) ?? ''
  const decimal = (): DecimalSign | null => {
    const column = context.header.find((each) => context.mapping[each] === field)
    return column === undefined ? null : (context.decimals[column] ?? null)
  }
  /** The first of several goes into the field; the others are kept beside it. */
  const first = () => {
    if (textOf('id') !== null) return text
    const [value = '', ...others] = severalOf(text)
    if (others.length > 0) custom[`${field}Others`] = others.join('; ')
    return value
  }
  switch (type) {
    case 'text': fields[field] = text; return
    case 'lower': fields[field] = text.toLowerCase(); return
    case 'email': fields[field] = emailOf(/<[^>]*[;,]/.test(text) ? text : first()); return
    case 'phone': fields[field] = phoneOf(first(), context.country); return
    case 'domain': fields[field] = domainKey(first()); return
    case 'whole': fields[field] = take(field, (cell) => parseWhole(cell, decimal())); return
    case 'money': fields[field] = take(field, (cell) => parseMoney(cell, (textOf('currency') ?? context.currency).toUpperCase(), decimal(), { owed: textOf('id') !== null })); return
    case 'date': fields[field] = take(field, (cell) => parseDate(cell, reader.dateOrderOf(field))); return
    case 'instant': fields[field] = take(field, (cell) => parseInstant(cell, reader.dateOrderOf(field))); return
    case 'company': links.company = text.slice(0, 200); return
    case 'companyKey': links.companyKey = severalOf(text)[0] ?? text; return
    case 'customerKey': links.customerKey = severalOf(text)[0] ?? text; return
    case 'companyDomain': links.companyDomain = domainKey(text); return
    case 'here': {
      const stage = context.stagesById[text]
      if (field !== 'stageId') links[field as 'id'] = text
      else if (stage) links.stage = stage
      return
    }
    case 'customer': links.customer = emailOf(severalOf(text)[0] ?? text); return
    case 'deal': links.deal = text; return
    case 'owner': {
      const member = context.members[text.toLowerCase()] ?? context.members[emailOf(text).toLowerCase()]
      // In an export of ours: somebody who has left since, or belongs to the workspace that it came from.
      if (member === undefined && textOf('id') !== null) return
      if (member === undefined) reject(field, `"${short(text)}" is the address or name of no member here`)
      else fields.ownerId = member
      return
    }
    case 'tags': {
      const names = [...new Map(severalOf(text).map((name) => [name.toLowerCase(), name])).values()]
      if (names.length > MOST_TAGS) reject(field, `names ${names.length} tags; a record carries at most ${MOST_TAGS}`)
      else if (names.some((name) => name.length > 60)) reject(field, 'names a tag that is longer than 60 characters')
      else links.tags = names
      return
    }
    case 'stage': {
      const pipeline = textOf('pipeline')
      const place = (name: string) => (pipeline === null ? context.stages[name.toLowerCase()] : context.pipelineStages[`${pipeline.toLowerCase()}\n${name.toLowerCase()}`])
      const end = endOf(textOf('status') ?? '') ?? 'open'
      const named = context.stagesById[textOf('stageId') ?? ''] ?? place(text)
      // What was won or lost stands here in a stage of that kind, however far it had come.
      const ended = end === 'open' || named?.kind === end.toLowerCase() ? undefined : place(end)
      if (ended) custom.stage = text
      const stage = ended ?? named
      if (stage) links.stage = stage
      else reject(field, `"${short(text)}" is not one of ${Object.values(context.stages).map(({ name }) => name).join(', ')}`)
      return
    }
    case 'part': case 'pipeline': case 'dealStatus': return
  }
}

/** A cell as its definition wants it. */
const customValue = (definition: Definition, text: string, { dateOrders, decimals }: DraftContext, column: string): Parsed<unknown> => {
  const { type, options } = definition
  const optionOf = (name: string) => options?.find((option) => option.toLowerCase() === name.toLowerCase()) ?? name
  const parsed: Parsed<unknown> = type === 'number' ? parseNumber(text, decimals[column] ?? null)
    : type === 'boolean' ? parseBoolean(text)
    : type === 'date' ? parseDate(text, dateOrders[column] ?? 'ymd')
    : type === 'instant' ? parseInstant(text, dateOrders[column] ?? 'ymd')
    : type === 'select' ? { value: optionOf(text) }
    : type === 'multiselect' ? { value: options?.includes(text) ? [text] : severalOf(text).map(optionOf) }
    : type === 'email' ? { value: emailOf(text) }
    : { value: text }
  if ('fault' in parsed) return parsed
  const fault = faultOf(definition, parsed.value)
  return fault === null ? parsed : { fault: `"${short(text)}" ${fault}` }
}

