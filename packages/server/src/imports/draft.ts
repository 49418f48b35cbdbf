import { Company, Customer, Deal, type ImportNoun, type ImportReject, Interaction } from '@flowstate-ai/sdk/contract'
import { plainCell } from '../csv/cells.ts'
import type { Fields } from '../ledger/ledger.ts'
import type { CsvRow } from './csv.ts'
import type { Survey } from './survey.ts'
import { type Parsed, parseDate, parseInstant, parseMoney, parseWhole } from './values.ts'

/** A row understood: the record's own fields, and the names by which it points to others. */
export interface Draft { line: number; cells: string[]; fields: Fields; company: string | null; customerEmail: string | null; stage: ImportStage | null }
export interface ImportStage { id: string; pipelineId: string; name: string; kind: string }
export interface DraftContext { noun: ImportNoun; survey: Survey; stages: Map<string, ImportStage>; currency: string }

const CUSTOM = 'customFields.'
const SHAPES = { companies: Company, customers: Customer, deals: Deal, interactions: Interaction }

/** Turns a row into a draft, or into all that is wrong with it: row, column and reason. Empty cells set nothing. */
export const draftOf = ({ line, cells, fault }: CsvRow, context: DraftContext): Draft | ImportReject[] => {
  const { survey: { header, mapping, dateOrders, lastLine } } = context
  if (fault !== null) return [{ row: line, column: null, reason: fault }]
  if (cells.length < header.length) return [{ row: line, column: header[cells.length] ?? null, reason: `has ${cells.length} cells where the header has ${header.length}` }]
  if (cells.length > header.length && cells.slice(header.length).some((cell) => cell.trim() !== '')) return [{ row: line, column: `column ${header.length + 1}`, reason: `has ${cells.length} cells where the header has ${header.length}` }]

  const rejects: ImportReject[] = []
  const byField = new Map<string, { column: string; text: string }>()
  header.forEach((column, index) => {
    const text = plainCell(cells[index] ?? '').trim()
    const field = mapping[column]
    if (text.includes('\u0000') || text.includes('\uFFFD')) rejects.push({ row: line, column, reason: 'holds bytes that are not UTF-8 text' })
    if (field && text !== '') byField.set(field, { column, text })
  })
  const columnOf = (field: string): string | null => header.find((column) => mapping[column] === field) ?? null
  const reject = (field: string, reason: string) => rejects.push({ row: line, column: byField.get(field)?.column ?? columnOf(field), reason })
  const textOf = (field: string): string | null => byField.get(field)?.text ?? null
  const take = <Value>(field: string, parse: (text: string) => Parsed<Value>): Value | null => {
    const text = textOf(field)
    if (text === null) return null
    const parsed = parse(text)
    if ('value' in parsed) return parsed.value
    reject(field, parsed.fault)
    return null
  }
  const dayOf = (field: string) => take(field, (text) => parseDate(text, dateOrders[field] ?? 'ymd'))

  if (columnOf('externalId') !== null && textOf('externalId') === null && lastLine.size > 0) reject('externalId', 'is empty, so that the row could not be known again')
  const custom: Fields = {}
  for (const [field, { text }] of byField) if (field.startsWith(CUSTOM)) custom[field.slice(CUSTOM.length)] = text

  const money = (field: string) => take(field, (text) => parseMoney(text, (textOf('currency') ?? context.currency).toUpperCase()))
  const made = MAKERS[context.noun]({ textOf, take, dayOf, money, reject, custom, context })
  const fields: Fields = { ...made.fields, ...(textOf('externalId') === null ? {} : { externalId: textOf('externalId') }), ...(Object.keys(custom).length > 0 ? { customFields: custom } : {}) }
  for (const [name, value] of Object.entries(fields)) if (value === null || value === undefined) delete fields[name]
  rejects.push(...shapeFaults(context.noun, fields).map(({ field, reason }) => ({ row: line, column: byField.get(field)?.column ?? columnOf(COLUMN_FIELD[field] ?? field), reason })))
  if (rejects.length > 0) return rejects
  return { line, cells, fields, company: textOf('company'), customerEmail: textOf('customerEmail'), stage: made.stage ?? null }
}
/** Where a record's field comes from a column known by another name. */
const COLUMN_FIELD: Record<string, string> = { title: 'product', name: 'lastName', closedAt: 'closeDate', expectedCloseDate: 'closeDate' }

interface Row {
  textOf(field: string): string | null
  take<Value>(field: string, parse: (text: string) => Parsed<Value>): Value | null
  dayOf(field: string): string | null
  money(field: string): { amount: number; currency: string } | null
  reject(field: string, reason: string): void
  custom: Fields
  context: DraftContext
}
interface Made { fields: Fields; stage?: ImportStage | null }

const MAKERS: Record<ImportNoun, (row: Row) => Made> = {
  companies: ({ textOf, take, money }) => ({
    fields: {
      name: textOf('name'), domain: textOf('domain')?.toLowerCase().replace(/^https?:\/\//, '').replace(/^www\./, '').replace(/\/.*$/, '') ?? null, industry: textOf('industry'), country: textOf('country'),
      employeeCount: take('employeeCount', parseWhole), annualRevenue: money('annualRevenue'), foundedYear: take('foundedYear', parseWhole), description: textOf('description'),
    },
  }),
  customers: ({ textOf }) => ({
    fields: { name: textOf('name') ?? ([textOf('firstName'), textOf('lastName')].filter(Boolean).join(' ') || null), email: textOf('email'), phone: textOf('phone'), title: textOf('title'), description: textOf('description') },
  }),
  deals: (row) => ({ fields: dealFields(row), stage: stageOf(row) }),
  interactions: ({ textOf, take, context }) => ({
    fields: {
      kind: textOf('kind')?.toLowerCase() ?? 'note', direction: textOf('direction')?.toLowerCase() ?? null, subject: textOf('subject'), body: textOf('body'),
      occurredAt: take('occurredAt', (text) => parseInstant(text, context.survey.dateOrders.occurredAt ?? 'ymd')), durationMinutes: take('durationMinutes', parseWhole),
    },
  }),
}

const stageOf = ({ textOf, reject, context }: Row): ImportStage | null => {
  const name = textOf('stage')
  if (name === null) return null
  const stage = context.stages.get(name.toLowerCase())
  if (!stage) reject('stage', `"${name.slice(0, 60)}" is not one of ${[...context.stages.values()].map((known) => known.name).join(', ')}`)
  return stage ?? null
}

const dealFields = (row: Row): Fields => {
  const { textOf, dayOf, money, reject, custom, context } = row
  const [opened, closes] = [dayOf('engageDate'), dayOf('closeDate')]
  if (opened !== null && closes !== null && closes < opened) reject('closeDate', `${closes} lies before ${opened}, when the deal began`)
  if (opened !== null) custom.engageDate = opened
  const product = textOf('product')
  if (product !== null) custom.product = product
  const stageName = textOf('stage')
  const kind = stageName === null ? 'open' : (context.stages.get(stageName.toLowerCase())?.kind ?? 'open')
  return {
    title: textOf('title') ?? ([product, textOf('company')].filter(Boolean).join(' · ') || textOf('externalId')), value: money('value'), lostReason: textOf('lostReason'), description: textOf('description'),
    ...(closes === null ? {} : kind === 'open' ? { expectedCloseDate: closes } : { closedAt: `${closes}T00:00:00.000Z`, expectedCloseDate: closes }),
  }
}

/** The contract's own limits, so that an import lets nothing in that the interface would refuse. */
const shapeFaults = (noun: ImportNoun, fields: Fields): { field: string; reason: string }[] => {
  const shape = SHAPES[noun].shape as Record<string, { safeParse(value: unknown): { success: boolean; error?: { issues: { message: string }[] } } }>
  const faults = Object.entries(fields).flatMap(([field, value]) => {
    const parsed = shape[field]?.safeParse(value)
    return parsed && !parsed.success ? [{ field, reason: parsed.error?.issues[0]?.message ?? 'does not fit' }] : []
  })
  const required = noun === 'deals' ? 'title' : noun === 'interactions' ? 'kind' : 'name'
  return fields[required] === undefined ? [...faults, { field: required, reason: 'is empty' }] : faults
}
