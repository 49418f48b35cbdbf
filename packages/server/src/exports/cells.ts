import { csvCell, rawCell } from '../csv/cells.ts'
import { majorUnits } from '../csv/money.ts'
import type { Fields } from '../ledger/ledger.ts'
import type { ExportColumn } from './columns.ts'

/** What stands for a record of another noun, by its id; empty where the caller may not see it. */
export type NameOf = (noun: string, id: string) => string

/** One record as a line of CSV. Text is made safe for spreadsheets; numbers are ours and stay numbers, `-5` among them. */
export const csvRecord = (columns: readonly ExportColumn[], record: Fields, nameOf: NameOf): string => `${columns.map((column) => cellOf(column, record, nameOf)).join(',')}\r\n`

const cellOf = (column: ExportColumn, record: Fields, nameOf: NameOf): string => {
  if (column.kind === 'custom') return valueCell((record.customFields as Fields | undefined)?.[column.key])
  const value = record[column.field]
  if (value === null || value === undefined) return ''
  if (column.kind === 'related') return csvCell(nameOf(column.noun, String(value)))
  if (column.kind === 'tags') return csvCell(listText((value as string[]).map((id) => nameOf('tags', id)).filter((name) => name !== '')))
  if (column.kind === 'field') return valueCell(value)
  const { amount, currency } = value as { amount: number; currency: string }
  return column.kind === 'amount' ? rawCell(majorUnits(amount, currency)) : csvCell(currency)
}

const valueCell = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return csvCell(value)
  if (typeof value === 'number' || typeof value === 'boolean') return rawCell(String(value))
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return csvCell(listText(value))
  return csvCell(JSON.stringify(value))
}

/** `north; south`; a list whose words could not be told apart again stands as JSON. */
const listText = (items: readonly string[]): string =>
  items.some((item) => item.includes(';') || item.startsWith('[') || item.trim() !== item || item === '') ? JSON.stringify(items) : items.join('; ')
