import type { DateOrder, DecimalSign, ImportEncoding, ImportMapping, ImportNoun, ImportSettings } from '@flowstate-ai/sdk/contract'
import type { Definition } from '../fields/rules.ts'
import { plainCell } from '../csv/cells.ts'
import { readCsv, type SourceRow } from './csv.ts'
import { decoded } from './decode.ts'
import { readJsonl } from './jsonl.ts'
import { mappingFor } from './mapping.ts'
import { NOUNS } from './nouns.ts'
import { countDate, countDecimal, dateOrderOf, decimalOf, type End, endOf } from './values.ts'

/** How a file is to be read; plain data, for it crosses to the reader's thread. */
export interface ReadSettings {
  noun: ImportNoun
  format: 'csv' | 'jsonl'
  encoding: ImportEncoding
  delimiter: string
  /** Every column, as it was resolved from the beginning of the file; columns that come up later are guessed. */
  mapping: ImportMapping
  dateOrder: ImportSettings['dateOrder']
  decimal: ImportSettings['decimal']
  definitions: Definition[]
}

/** What has to be known of a whole file before its first row can be understood. */
export interface Survey {
  header: string[]
  mapping: ImportMapping
  rows: number
  /** By column. */
  dateOrders: Record<string, DateOrder>
  decimals: Record<string, DecimalSign>
  /** The stages that the file names, and how often. */
  stages: StageInFile[]
  /** Some row has an id of its own. */
  hasIds: boolean
  /** Some row has no match key. */
  keyless: boolean
}

/** A stage as rows name it: by its id here, its name, the pipeline's name, its kind and how the deals ended, where they stand beside it. */
export interface StageInFile { id: string; pipeline: string; name: string; kind: string; end: End; count: number }

export const MOST_COLUMNS = 1_000
const MOST_STAGES = 200
const TELL_EVERY = 20_000

/** What is wrong with a file as a whole; nothing of it can be imported. */
export class UnreadableFile extends Error {}

export type DataRow = SourceRow
/** Data rows of a file; `header` fills with its first. */
export async function* dataRows(parts: AsyncIterable<Uint8Array>, { format, encoding, delimiter }: Pick<ReadSettings, 'format' | 'encoding' | 'delimiter'>, header: string[]): AsyncGenerator<DataRow> {
  const texts = withoutMark(decoded(parts, encoding))
  if (format === 'jsonl') {
    yield* readJsonl(texts, header)
    return
  }
  for await (const row of readCsv(texts, delimiter)) {
    if (header.length > 0) {
      yield row
      continue
    }
    if (row.fault !== null) throw new UnreadableFile(`The header on line ${row.line} ${row.fault}${typeof row.faultAt === 'number' ? `, in column ${row.faultAt + 1}` : ''}.`)
    if (row.cells.length > MOST_COLUMNS) throw new UnreadableFile(`The header on line ${row.line} has ${row.cells.length.toLocaleString('en')} columns; an import takes ${MOST_COLUMNS.toLocaleString('en')}.`)
    header.push(...headerOf(row.cells))
    if (header.some((column) => column.includes('\u0000'))) throw new UnreadableFile(`The header on line ${row.line} holds NUL, in column ${header.findIndex((column) => column.includes('\u0000')) + 1}: this is no text file, or its encoding is another one.`)
  }
}

/** Columns by names of their own: what has none is called by its place, what comes twice gets a number. */
export const headerOf = (cells: readonly string[]): string[] => {
  const seen = new Map<string, number>()
  return cells.map((cell, index) => {
    const name = cell.trim().slice(0, 200) || `column ${index + 1}`
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return count === 1 ? name : `${name} (${count})`
  })
}

export const surveyFile = async (parts: AsyncIterable<Uint8Array>, settings: ReadSettings, tell: (rows: number) => void = () => undefined): Promise<Survey> => {
  const { noun, definitions } = settings
  const { fields, keys } = NOUNS[noun]
  const header: string[] = []
  const survey: Survey = { header, mapping: {}, rows: 0, dateOrders: {}, decimals: {}, stages: [], hasIds: false, keyless: false }
  const stages = new Map<string, StageInFile>()
  const orders = new Map<number, Record<DateOrder, number>>()
  const signs = new Map<number, Record<DecimalSign, number>>()
  let place: Record<string, number> = {}
  let known = 0
  const understand = () => {
    survey.mapping = Object.fromEntries(mappingFor(noun, header, { said: within(settings.mapping, header), saved: {}, custom: definitions.map(({ key }) => key), fits: () => true }).map(({ column, field }) => [column, field]))
    place = {}
    header.forEach((column, index) => {
      const field = survey.mapping[column]
      if (!field) return
      place[field] ??= index
      const type = fields[field]?.type ?? definitions.find(({ key }) => `customFields.${key}` === field)?.type
      if ((type === 'date' || type === 'instant') && !orders.has(index)) orders.set(index, { ymd: 0, dmy: 0, mdy: 0 })
      if ((type === 'money' || type === 'whole' || type === 'number') && !signs.has(index)) signs.set(index, { '.': 0, ',': 0 })
    })
    known = header.length
  }
  for await (const { cells, fault } of dataRows(parts, settings, header)) {
    if (header.length !== known) understand()
    if (++survey.rows % TELL_EVERY === 0) tell(survey.rows)
    if (fault !== null) continue
    for (const [index, counts] of orders) if (cells[index]) countDate(counts, cells[index].trim())
    for (const [index, counts] of signs) if (cells[index]) countDecimal(counts, cells[index])
    const cellOf = (field: string) => (cells[place[field] ?? -1] ?? '').trim()
    const nameOf = (field: string) => (settings.format === 'csv' ? plainCell(cells[place[field] ?? -1] ?? '') : cellOf(field)).trim()
    const stage: StageInFile = { id: cellOf('stageId'), pipeline: nameOf('pipeline'), name: nameOf('stage'), end: endOf(nameOf('status')) ?? 'open', kind: cellOf('stageKind').toLowerCase(), count: 1 }
    const key = `${stage.id}\n${stage.pipeline.toLowerCase()}\n${stage.name}\n${stage.kind}\n${stage.end}`
    const before = stages.get(key)
    if (before) before.count++
    else if (stage.name !== '' && stages.size < MOST_STAGES) stages.set(key, stage)
    if (cellOf('externalId') !== '') survey.hasIds = true
    else if (!survey.keyless && keys.every((key) => cellOf(key) === '')) survey.keyless = true
  }
  if (header.length === 0) throw new UnreadableFile(settings.format === 'csv' ? 'The file has no header.' : 'The file holds no object.')
  if (header.length !== known) understand()
  for (const [index, counts] of orders) survey.dateOrders[header[index] ?? ''] = saidOf(settings.dateOrder, header[index] ?? '') ?? dateOrderOf(counts)
  for (const [index, counts] of signs) {
    const sign = saidOf(settings.decimal, header[index] ?? '') ?? decimalOf(counts)
    if (sign !== null) survey.decimals[header[index] ?? ''] = sign
  }
  return { ...survey, stages: [...stages.values()] }
}

/** What was said for a column, or for the whole file. */
export const saidOf = <Value extends string>(said: Value | Record<string, Value> | undefined, column: string): Value | null => (typeof said === 'object' ? (said[column] ?? null) : (said ?? null))

const within = (mapping: ImportMapping, header: readonly string[]): ImportMapping => Object.fromEntries(Object.entries(mapping).filter(([column]) => header.includes(column)))

async function* withoutMark(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let first = true
  for await (const text of texts) {
    yield first && text.startsWith('\uFEFF') ? text.slice(1) : text
    if (text !== '') first = false
  }
}

