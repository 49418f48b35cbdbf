import { UnreadableFile } from './survey.ts'

const SIGNATURES: readonly [hex: string, is: string][] = [
  ['504b0304', 'a workbook or another ZIP file: save it as CSV (UTF-8) first, or unpack it'],
  ['d0cf11e0', 'an old Excel workbook: save it as CSV (UTF-8) first'],
  ['1f8b', 'packed with gzip: unpack it first'],
  ['25504446', 'a PDF: export the list as CSV instead'],
]

/** Refuses what is taken for CSV and is something else, with what to do about it: its first bytes tell. */
export const refuseForeign = (sample: Buffer, format: 'csv' | 'jsonl'): void => {
  const start = sample.subarray(0, 4).toString('hex')
  const is = SIGNATURES.find(([hex]) => start.startsWith(hex))?.[1]
  if (is !== undefined) throw new UnreadableFile(`It is ${is}.`)
  const [first = ''] = sample.subarray(0, 1_000).toString('utf8').trimStart().split('\n', 1)
  if (/^\[\s*(?:\{|$)/.test(first)) throw new UnreadableFile('It is a JSON array, and an import takes JSONL, one object a line: jq -c \'.[]\' file.json > file.jsonl')
  if (format === 'csv' && /^\{\s*(?:"|$)/.test(first)) throw new UnreadableFile('It is JSON and came as CSV: name the file .jsonl, or send it as application/x-ndjson, one object a line.')
}
