import { writeFileSync } from 'node:fs'

/** One line: ours, the limit, and what each costs the processors where that is counted, in µs. */
export interface Row { what: string; ours: number; limit: number; unit: string; goal: string; more?: string; cpu?: { ours: number; limit: number } }

export const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

const number = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2))

/** Prints rows with their ratios, and writes them as JSON where `--json FILE` asks. */
export const report = (title: string, rows: Row[], limit = 'limit'): void => {
  const lines = rows.map((row) => [row.what, `${number(row.ours)} ${row.unit}`, `${number(row.limit)} ${row.unit}`, (row.ours / row.limit).toFixed(2), row.goal, row.cpu ? `CPU ${row.cpu.ours.toFixed(0)} µs, ${row.cpu.limit.toFixed(0)} µs: ${(row.cpu.limit / row.cpu.ours).toFixed(2)}` : '', row.more ?? ''])
  const heads = ['', 'ours', limit, 'ratio', 'goal', '', '']
  const widths = heads.map((head, column) => Math.max(head.length, ...lines.map((line) => line[column]?.length ?? 0)))
  const print = (cells: string[]) => process.stdout.write(`${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()}\n`)
  process.stdout.write(`\n${title}\n`)
  print(heads)
  for (const line of lines) print(line)
  const at = process.argv.indexOf('--json')
  const file = at < 0 ? undefined : process.argv[at + 1]
  if (file) writeFileSync(file, JSON.stringify({ title, rows: rows.map((row) => ({ ...row, ratio: row.ours / row.limit })) }, null, 2))
}

export const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : Number(process.argv[at + 1])
}
export const word = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise)
}
export const flag = (name: string): boolean => process.argv.includes(`--${name}`)
