import type { Import } from '@flowstate-ai/sdk/contract'
import { majorUnits } from '../csv/money.ts'

const SHOWN = 10

/** What the file is taken for, said before it runs; nothing is asked. */
export const detectedWords = ({ detection }: Import): string => {
  if (!detection) return ''
  const { format, encoding, bom, delimiter, columns } = detection
  const widths = [Math.max(0, ...columns.map(({ column }) => column.length)), Math.max(0, ...columns.map(({ field }) => (field ?? '(left out)').length))] as const
  return [
    `${format.toUpperCase()}, ${encoding}${bom ? ' with a byte order mark' : ''}${delimiter === null ? '' : `, cells divided by ${delimiter === '\t' ? 'tabs' : delimiter}`}`,
    ...columns.map(({ column, field, why, dateOrder, decimal }) => `  ${column.padEnd(widths[0])} → ${(field ?? '(left out)').padEnd(widths[1])}  ${why}${dateOrder ? `; dates ${dateOrder}` : ''}${decimal ? `; decimals after ${decimal}` : ''}`),
  ].join('\n')
}

/** What came of it, with the commands that come next. */
export const importWords = ({ state, counts, rejects, preview, error, id }: Import, next: { undo: string; run: string; rejects: string | undefined }): string => {
  if (state === 'failed') return `The import failed: ${error}`
  const rehearsed = state === 'rehearsed'
  const lines = [`${counts.rows} ${counts.rows === 1 ? 'row' : 'rows'}: ${counts.created} ${rehearsed ? 'to create' : 'created'}, ${counts.updated} ${rehearsed ? 'to update' : 'updated'}, ${counts.merged} ${rehearsed ? 'to merge' : 'merged'}, ${counts.unchanged} unchanged, ${counts.collapsed} said twice, ${counts.rejected} rejected.`]
  if (rehearsed) for (const { row, action, noun, fields } of preview.filter((entry) => entry.action !== 'reject').slice(0, SHOWN)) lines.push(`  row ${row}: ${action} in ${noun}: ${Object.entries(fields).map(([name, { from, to }]) => `${name} ${from === undefined || from === null ? '' : `${valueText(from)} → `}${valueText(to)}`).join(', ')}`)
  for (const { row, column, reason } of rejects.slice(0, SHOWN)) lines.push(`  row ${row}${column ? `, column ${column}` : ''}: ${reason}`)
  if (counts.rejected > 0 && next.rejects !== undefined) lines.push(`The rejected rows are in ${next.rejects}.`)
  else if (counts.rejected > SHOWN) lines.push(`  … all of them with --rejects FILE, or GET /api/v1/imports/${id}/rejects`)
  if (counts.rows === 0) lines.push('The file has a header and nothing below it.')
  if (rehearsed) lines.push(`Nothing was changed. All of it: GET /api/v1/imports/${id}/diff`, `Run it with: ${next.run}`)
  else if (counts.created + counts.updated + counts.merged === 0) lines.push('Nothing was changed.')
  else lines.push(`Undo it with: ${next.undo}`)
  return lines.join('\n')
}

/** Money in major units, as the file has it. */
const valueText = (value: unknown): string => {
  const { amount, currency } = (value ?? {}) as { amount?: unknown; currency?: unknown }
  return typeof amount === 'number' && typeof currency === 'string' ? `${majorUnits(amount, currency)} ${currency}` : JSON.stringify(value)
}
