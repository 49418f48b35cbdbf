import { Readable } from 'node:stream'
import { parse } from 'csv-parse'

export { csvCell, csvLine } from '../csv/cells.ts'

/** One record: where it begins, its cells, or why it cannot be read. The header is line 1. */
export interface CsvRow { line: number; cells: string[]; fault: string | null }

const DELIMITERS = [',', ';', '\t', '|']
const LONGEST_RECORD = 1_000_000

/** The delimiter that the first line has most of, outside quotes. */
export const sniffDelimiter = (start: string): string => {
  const [line = ''] = start.replaceAll(/"(?:[^"]|"")*"/g, '').split(/\r\n|\n|\r/, 1)
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length)
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ','
}

/** Reads records one by one, whatever the size of the file. A record that cannot be read is a row with a fault, not an end. */
export async function* readCsv(parts: AsyncIterable<Buffer>, delimiter: string): AsyncGenerator<CsvRow> {
  const faults: CsvRow[] = []
  const parser = parse({
    delimiter, bom: true, info: true, relax_column_count: true, skip_empty_lines: true, skip_records_with_error: true, max_record_size: LONGEST_RECORD,
    on_skip: (error) => {
      if (error) faults.push({ line: lineOf(error), cells: [], fault: `cannot be read: ${error.message.replaceAll(/\s+/g, ' ')}` })
      return undefined
    },
  })
  const source = Readable.from(parts)
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  for await (const { info, record } of parser as AsyncIterable<{ info: { lines: number }; record: string[] }>) {
    yield* faults.splice(0)
    const breaks = record.reduce((sum, cell) => sum + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0)
    yield { line: info.lines - breaks, cells: record, fault: null }
  }
  yield* faults.splice(0)
}

const lineOf = (error: object): number => ('lines' in error && typeof error.lines === 'number' ? error.lines : 0)
