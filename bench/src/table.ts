import { writeFileSync } from 'node:fs'

export interface Row { what: string; ours: number; limit: number; unit: string; goal: string; more?: string }

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const number = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2))

/** Prints rows with their ratios, and writes them as JSON where `--json FILE` asks. */
export const report = (title: string, rows: Row[]): void => {
  const lines = rows.map(({ what, ours, limit, unit, goal, more = '' }) => [what, `${number(ours)} ${unit}`, `${number(limit)} ${unit}`, (ours / limit).toFixed(2), goal, more])
  const widths = ['', 'ours', 'limit', 'ratio', 'goal', ''].map((head, column) => Math.max(head.length, ...lines.map((line) => line[column]?.length ?? 0)))
  const print = (cells: string[]) => process.stdout.write(`${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`)
  process.stdout.write(`\n${title}\n`)
  print(['', 'ours', 'limit', 'ratio', 'goal', ''])
  for (const line of lines) print(line)
  const at = process.argv.indexOf('--json')
  const file = at < 0 ? undefined : process.argv[at + 1]
  if (file) writeFileSync(file, JSON.stringify({ title, rows: rows.map((row) => ({ ...row, ratio: row.ours / row.limit })) }, null, 2))
}

export const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
