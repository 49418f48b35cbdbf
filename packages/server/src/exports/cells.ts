import { cellText, csvCell, rawCell } from '../csv/cells.ts'
import { majorUnits } from '../csv/money.ts'
import type { Fields } from '../ledger/ledger.ts'
import type { ExportColumn, RelatedName } from './columns.ts'

/** What stands for a record of another noun, by its id; empty where the caller may not see it. */
export type NameOf = (show: RelatedName, id: string) => string

/** One record as a line of CSV. Text is made safe for spreadsheets; numbers are ours and stay numbers, `-5` among them. */
export const csvRecord = (columns: readonly ExportColumn[], record: Fields, nameOf: NameOf): string => `${columns.map((column) => cellOf(column, record, nameOf)).join(',')}\r\n`

const cellOf = (column: ExportColumn, record: Fields, nameOf: NameOf): string => {
  if (column.kind === 'custom') return valueCell((record.customFields as Fields | undefined)?.[column.key])
  const value = record[column.field]
  if (value === null || value === undefined) return ''
  if (column.kind === 'related') return csvCell(nameOf(column.show, String(value)))
  if (column.kind === 'tags') return csvCell(cellText((value as string[]).map((id) => nameOf('name', id)).filter((name) => name !== '')))
  if (column.kind === 'field') return valueCell(value)
  const { amount, currency } = value as { amount: number; currency: string }
  return column.kind === 'amount' ? rawCell(majorUnits(amount, currency)) : csvCell(currency)
}

const valueCell = (value: unknown): string => (typeof value === 'number' || typeof value === 'boolean' ? rawCell(String(value)) : csvCell(cellText(value)))
