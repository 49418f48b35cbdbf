import { cellText } from '../csv/cells.ts'
import { majorUnits } from '../csv/money.ts'
import type { SourceRow } from './csv.ts'
import { lines, LONGEST_LINE } from './lines.ts'

const MOST_COLUMNS = 1_000

/**
 * Reads JSONL as rows: one object a line, its properties as columns, nested ones by `a.b`. The header grows as new properties come up; a
 * row has cells for the columns known by then.
 */
export async function* readJsonl(texts: AsyncIterable<string>, header: string[]): AsyncGenerator<SourceRow> {
  const indexes = new Map(header.map((column, index) => [column, index]))
  for await (const { line, text, tooLong } of lines(texts)) {
    if (tooLong) {
      yield faulty(line, `is longer than ${LONGEST_LINE.toLocaleString('en')} characters`)
      continue
    }
    if (text.trim() === '') continue
    const object = objectOf(text)
    if (!object) {
      yield faulty(line, 'is not a JSON object on a line of its own')
      continue
    }
    const cells: string[] = []
    const values: unknown[] = []
    let fault: string | null = null
    for (const [name, value] of flattened(object)) {
      let index = indexes.get(name)
      if (index === undefined) {
        if (header.length >= MOST_COLUMNS) {
          fault = `has more than ${MOST_COLUMNS} different properties, with the rows before it`
          break
        }
        index = header.push(name) - 1
        indexes.set(name, index)
      }
      cells[index] = textOf(value)
      values[index] = value
    }
    yield { line, cells: Array.from(header, (_, index) => cells[index] ?? ''), values, fault }
  }
}

const faulty = (line: number, fault: string): SourceRow => ({ line, cells: [], fault, faultAt: null })

const objectOf = (text: string): Record<string, unknown> | null => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

const flattened = (object: Record<string, unknown>, prefix = '', depth = 0): [string, unknown][] => Object.entries(object).flatMap(([key, value]): [string, unknown][] => {
  const name = prefix === '' ? key : `${prefix}.${key}`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[name, value]]
  const money = moneyOf(value as Record<string, unknown>)
  if (money !== null) return [[name, money]]
  return depth < 3 ? flattened(value as Record<string, unknown>, name, depth + 1) : [[name, JSON.stringify(value)]]
})

/** `{"amount": 120000, "currency": "EUR"}`, as this interface itself writes money, in minor units. */
const moneyOf = ({ amount, currency, ...others }: Record<string, unknown>): string | null => {
  if (typeof amount !== 'number' || !Number.isInteger(amount) || typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency) || Object.keys(others).length > 0) return null
  return `${majorUnits(amount, currency)} ${currency}`
}

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : cellText(Array.isArray(value) ? value.map((item) => (typeof item === 'object' && item !== null ? item : textOf(item))) : value)
}
