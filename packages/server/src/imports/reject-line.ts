import { csvLine, plainCell } from '../csv/cells.ts'

/** A rejected row with its reason, as it stood in the file: what was made safe there is not made so twice. */
export const rejectLine = (format: 'csv' | 'jsonl', { row, column, reason, cells }: { row: number; column: string | null; reason: string; cells: readonly string[] }): string =>
  csvLine([String(row), column ?? '', reason, ...(format === 'csv' ? cells.map(plainCell) : cells)])
