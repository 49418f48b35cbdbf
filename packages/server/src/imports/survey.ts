import type { ImportMapping } from '@flowstate-ai/sdk/contract'
import { type CsvRow, readCsv, sniffDelimiter } from './csv.ts'
import { countDate, type DateOrder, dateOrderOf } from './values.ts'

const DATE_FIELDS = ['closeDate', 'engageDate', 'occurredAt']
const MOST_STAGES = 200

/** What has to be known of a whole file before its first row can be understood. */
export interface Survey {
  delimiter: string
  header: string[]
  mapping: ImportMapping
  rows: number
  /** For each column of dates, the order of its parts. */
  dateOrders: Record<string, DateOrder>
  /** How often each stage stands in the file. */
  stages: Map<string, number>
  /** The last line on which each external id stands: the last row wins inside a file. */
  lastLine: Map<string, number>
}

export const surveyFile = async (read: () => AsyncIterable<Buffer>, mapping: (header: string[]) => ImportMapping): Promise<Survey> => {
  const delimiter = sniffDelimiter(await firstText(read()))
  const survey: Survey = { delimiter, header: [], mapping: {}, rows: 0, dateOrders: {}, stages: new Map(), lastLine: new Map() }
  const counts: Record<string, Record<DateOrder, number>> = {}
  let columns: Record<string, number> = {}
  for await (const { cells, line, fault } of readCsv(read(), delimiter)) {
    if (survey.header.length === 0) {
      survey.header = cells.map((cell) => cell.trim())
      survey.mapping = mapping(survey.header)
      columns = Object.fromEntries(survey.header.flatMap((column, index) => (survey.mapping[column] ? [[survey.mapping[column], index]] : [])))
      continue
    }
    survey.rows++
    if (fault !== null) continue
    const cellOf = (field: string) => (cells[columns[field] ?? -1] ?? '').trim()
    for (const field of DATE_FIELDS) if (cellOf(field) !== '') countDate((counts[field] ??= { ymd: 0, dmy: 0, mdy: 0 }), cellOf(field))
    const stage = cellOf('stage')
    if (stage !== '' && (survey.stages.has(stage) || survey.stages.size < MOST_STAGES)) survey.stages.set(stage, (survey.stages.get(stage) ?? 0) + 1)
    const key = cellOf('externalId')
    if (key !== '') survey.lastLine.set(key, line)
  }
  for (const [field, found] of Object.entries(counts)) survey.dateOrders[field] = dateOrderOf(found)
  return survey
}

/** Data rows, each with its cells by field. */
export async function* dataRows(read: () => AsyncIterable<Buffer>, { delimiter }: Survey): AsyncGenerator<CsvRow> {
  let header = true
  for await (const row of readCsv(read(), delimiter)) {
    if (!header) yield row
    header = false
  }
}

const firstText = async (parts: AsyncIterable<Buffer>): Promise<string> => {
  for await (const part of parts) return part.toString('utf8', 0, 65_536).replace(/^\uFEFF/, '')
  return ''
}
