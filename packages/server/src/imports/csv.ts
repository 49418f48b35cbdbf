import { parse } from 'csv-parse/sync'
import { type Line, lines, LONGEST_LINE as LONGEST_RECORD } from './lines.ts'

/** One record: where it begins, its cells, or why it cannot be read and in which cell. The header is line 1. */
export interface SourceRow {
  line: number
  cells: string[]
  /** JSONL's own values, where they are no text. */
  values?: unknown[]
  fault: string | null
  /** The cell that the fault lies in, counted from 0. */
  faultAt?: number | null
}

/** A quoted cell that goes on for longer was never closed. */
const MOST_LINES = 2_000
/** Records that are handed to the grammar at once. */
const BATCH = 200
const NEVER_CLOSED = 'opens a quote that is never closed'

interface Raw { line: number; text: string; fault: string | null; quoted: boolean }

/**
 * Reads records one by one, whatever the size of the file. Where a record ends is found here, so that one that cannot be read (a quote
 * never closed, a line of a hundred megabytes) is one row with a fault, and the next is read again; its cells are csv-parse's.
 */
export async function* readCsv(texts: AsyncIterable<string>, delimiter: string): AsyncGenerator<SourceRow> {
  let batch: Raw[] = []
  for await (const raw of records(lines(texts), delimiter)) {
    if (raw.fault === null && raw.text === '') continue
    batch.push(raw)
    if (batch.length < BATCH) continue
    yield* parsed(batch, delimiter)
    batch = []
  }
  yield* parsed(batch, delimiter)
}

/** Lines joined to records where a quoted cell goes over several. */
async function* records(source: AsyncGenerator<Line>, delimiter: string): AsyncGenerator<Raw> {
  let open: Line[] = []
  let length = 0
  /** Lines that are read again after a quote turned out never to be closed. */
  const again: Line[] = []
  const next = async (): Promise<Line | null> => again.shift() ?? (await source.next()).value ?? null
  const giveUp = (): Raw => {
    const [first, ...others] = open
    again.unshift(...others)
    open = []
    length = 0
    return { line: first?.line ?? 0, text: first?.text ?? '', fault: NEVER_CLOSED, quoted: true }
  }
  for (;;) {
    const line = await next()
    if (!line) {
      if (open.length === 0) return
      yield giveUp()
      continue
    }
    if (line.tooLong) {
      if (open.length > 0) {
        again.unshift(line)
        yield giveUp()
        continue
      }
      yield { line: line.line, text: '', fault: `is longer than ${LONGEST_RECORD.toLocaleString('en')} characters`, quoted: false }
      continue
    }
    const before = open.length > 0
    const state = quotesOf(line.text, delimiter, before)
    if (!before && !state.open) {
      yield { line: line.line, text: line.text, fault: null, quoted: state.quoted }
      continue
    }
    open.push(line)
    length += line.text.length
    if (state.open) {
      if (open.length > MOST_LINES || length > LONGEST_RECORD) yield giveUp()
      continue
    }
    yield { line: open[0]?.line ?? 0, text: open.map(({ text, end }, index) => (index === open.length - 1 ? text : text + end)).join(''), fault: null, quoted: true }
    open = []
    length = 0
  }
}

/** Whether a line ends inside a quoted cell, and whether it has one. A quote opens at the beginning of a cell alone. */
const quotesOf = (text: string, delimiter: string, inside: boolean): { open: boolean; quoted: boolean } => {
  let quoted = inside
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    if (inside) {
      if (text[at + 1] === '"') at++
      else inside = false
    } else if (at === 0 || text[at - 1] === delimiter) {
      inside = true
      quoted = true
    }
  }
  return { open: inside, quoted }
}

const parsed = (batch: readonly Raw[], delimiter: string): SourceRow[] => {
  const quoted = batch.filter((raw) => raw.quoted && raw.fault === null)
  const cells = new Map<Raw, string[]>()
  const whole = tryParse(quoted.map(({ text }) => text).join('\n'), delimiter)
  if (Array.isArray(whole) && whole.length === quoted.length) quoted.forEach((raw, index) => cells.set(raw, whole[index] ?? []))
  return batch.map((raw) => {
    const { line, text, fault } = raw
    if (fault !== null) return { line, cells: [], fault, faultAt: fault === NEVER_CLOSED ? cellOfLastQuote(text, delimiter) : null }
    if (!raw.quoted) return { line, cells: text.split(delimiter), fault: null }
    const known = cells.get(raw)
    if (known) return { line, cells: known, fault: null }
    const alone = tryParse(text, delimiter)
    return Array.isArray(alone) ? { line, cells: alone[0] ?? [], fault: null } : { line, cells: [], ...alone }
  })
}

const tryParse = (text: string, delimiter: string): string[][] | { fault: string; faultAt: number | null } => {
  if (text === '') return []
  const options = { delimiter, relax_column_count: true, record_delimiter: '\n', skip_empty_lines: false }
  try {
    return parse(text, options)
  } catch (error) {
    try {
      // A quote inside a cell that has none around it is a character like others: `5" pipe`.
      if (codeOf(error) === 'INVALID_OPENING_QUOTE') return parse(text, { ...options, relax_quotes: true })
    } catch {
      // Told by the first error.
    }
    const column = typeof error === 'object' && error !== null && 'column' in error && typeof error.column === 'number' ? error.column : null
    return { fault: codeOf(error) === 'CSV_INVALID_CLOSING_QUOTE' ? 'has text after a closing quote; a quote inside a quoted cell is written twice' : 'cannot be read as CSV', faultAt: column }
  }
}
const codeOf = (error: unknown): string => (typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '')

const cellOfLastQuote = (text: string, delimiter: string): number => {
  const before = text.slice(0, Math.max(0, text.lastIndexOf('"')))
  return before.replaceAll(/"(?:[^"]|"")*"/g, '').split(delimiter).length - 1
}
