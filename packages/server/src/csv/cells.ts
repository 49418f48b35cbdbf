/** Spreadsheets run a cell that begins so as a formula; behind apostrophes, it may have been quoted already. */
const FORMULA = /^'*[=+\-@\t\r]/
const QUOTED = /^'+[=+\-@\t\r]/

/** Text that no spreadsheet runs: what begins like a formula gets an apostrophe. `plainCell` takes exactly that back. */
export const safeCell = (text: string): string => (FORMULA.test(text) ? `'${text}` : text)

/** The text of a cell as it was before it was made safe. */
export const plainCell = (cell: string): string => (QUOTED.test(cell) ? cell.slice(1) : cell)

/** A cell as it stands in the file, nothing of it made safe: for numbers, which may begin with a minus. */
export const rawCell = (text: string): string => (/[",\n\r;]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** A value as the text of a cell: a list as `north; south`, or as JSON where its words could not be told apart again. */
export const cellText = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? listText(value) : JSON.stringify(value)
}
const listText = (items: readonly string[]): string =>
  items.some((item) => /[;,|\n]/.test(item) || item.startsWith('[') || item.trim() !== item || item === '') ? JSON.stringify(items) : items.join('; ')

/** A text as a cell. */
export const csvCell = (text: string): string => rawCell(safeCell(text))
export const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`
