import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Flowstate, ValidationError } from '@flowstate-ai/sdk'
import { sniffDelimiter } from '../imports/detect.ts'
import { dataRows } from '../imports/survey.ts'
import { command, serving } from '../testing/serving.ts'

const MB = 1_048_576
const MOST_MEMORY_MB = 150
const encoder = new TextEncoder()
const GOOD = 'name,email\n'

/** What each file must come to: rows taken in, rows rejected; or refused as a whole, with a word of the sentence. */
const FILES: { name: string; body: () => Iterable<Uint8Array | string>; created?: number; rejected?: number; refused?: string }[] = [
  { name: 'a quote never closed', body: () => [GOOD, 'A,a@h.example\n', '"B,b@h.example\n', ...Array.from({ length: 5_000 }, (_, row) => `C${row},c${row}@h.example\n`)], created: 5_001, rejected: 1 },
  { name: 'a line of 100 MB', body: function* () { yield `${GOOD}A,a2@h.example\n`; for (let part = 0; part < 100; part++) yield 'x'.repeat(MB); yield '\nB,b2@h.example\n' }, created: 2, rejected: 1 },
  { name: 'a quoted cell of 100 MB', body: function* () { yield `${GOOD}A,a3@h.example\n"`; for (let part = 0; part < 100; part++) yield 'x'.repeat(MB); yield '"\nB,b3@h.example\n' }, created: 2, rejected: 1 },
  { name: 'NUL in a cell', body: () => [GOOD, 'A\u0000,a4@h.example\n', 'B,b4@h.example\n'], created: 1, rejected: 1 },
  { name: 'binary', body: () => [Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7_919 + (at >> 3)) % 256)], refused: 'NUL' },
  { name: '10,000 columns', body: () => [`${Array.from({ length: 10_000 }, (_, column) => `c${column}`).join(',')}\n`, '1\n'], refused: '10,000 columns' },
  { name: 'wrong counts of cells', body: () => [GOOD, 'A\n', 'B,b5@h.example,extra\n', 'C,other@h.example,,\n'], created: 1, rejected: 2 },
  { name: 'a bomb of 200,000 rejected rows', body: function* () { yield GOOD; for (let row = 0; row < 200_000; row++) yield `X${row},no address\n` }, created: 0, rejected: 200_000 },
  { name: 'formulas, which rejects must not run', body: () => [GOOD, '=cmd|x,no address\n'], created: 0, rejected: 1 },
]

/** `npm run soak -- hostile-csv [--data DIR]`: what a file can do to a server, one after the other, into one process; and every file of `DIR/csv_torture` read as its JSON says. */
export const soak = async (args: readonly string[]): Promise<boolean> => {
  const problems: string[] = []
  const check = (what: string, good: boolean, saw: unknown) => {
    process.stdout.write(`  ${good ? '✓' : '✗'} ${what}: ${typeof saw === 'string' ? saw : JSON.stringify(saw)}\n`)
    if (!good) problems.push(what)
  }
  const data = args.includes('--data') ? args[args.indexOf('--data') + 1] : undefined
  if (data !== undefined) await torture(existsSync(join(data, 'csv_torture')) ? join(data, 'csv_torture') : data, check)

  const dir = mkdtempSync(join(tmpdir(), 'flowstate-hostile-'))
  try {
    await command(dir, 'workspace', 'create', 'acme')
    const { secret } = JSON.parse(await command(dir, 'keys', 'create', '--workspace', 'acme', '--scopes', 'crm:read,crm:write')) as { secret: string }
    const server = await serving(dir)
    const flowstate = new Flowstate({ baseUrl: server.url, key: secret, timeout: 600_000 })
    await flowstate.imports.wait((await flowstate.imports.upload(`${GOOD}Warm,warm@h.example\n`, { noun: 'customers' })).id)
    const idle = server.memory('VmRSS')
    let peak = 0
    const watch = setInterval(() => { peak = Math.max(peak, server.memory('VmRSS')) }, 50)
    for (const { name, body, created, rejected, refused } of FILES) {
      try {
        const { id } = await flowstate.imports.upload(bytesOf(body()), { noun: 'customers', name })
        const done = await flowstate.imports.wait(id, { every: 100 })
        const rejects = (await flowstate.imports.rejects(id)).split('\r\n')
        const located = done.rejects.every(({ row, reason }) => row > 1 && reason !== '')
        const safe = rejects.every((line) => !/,[=+@]/.test(line))
        check(name, done.state === 'succeeded' && done.counts.created === created && done.counts.rejected === rejected && located && safe && rejects.length >= (rejected ?? 0) + 2, refused ?? `${done.counts.created} created, ${done.counts.rejected} rejected; ${done.rejects[0] ? `row ${done.rejects[0].row}, column ${done.rejects[0].column}: ${done.rejects[0].reason}` : ''}`)
      } catch (error) {
        const detail = error instanceof ValidationError ? (error.fieldErrors[0]?.detail ?? '') : String(error)
        check(name, refused !== undefined && detail.includes(refused), detail)
      }
    }
    clearInterval(watch)
    check(`memory ≤ +${MOST_MEMORY_MB} MB`, peak - idle <= MOST_MEMORY_MB, `+${Math.round(peak - idle)} MB`)
    check('and it still serves', (await flowstate.customers.list({ limit: 1 })).items.length === 1, 'a list')
    await server.stop()
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
  return problems.length === 0
}

async function* bytesOf(body: Iterable<Uint8Array | string>): AsyncGenerator<Uint8Array> {
  for (const piece of body) yield typeof piece === 'string' ? encoder.encode(piece) : piece
}

/** Where the corpus itself disagrees: this column holds something else in the JSON than in the file. */
const OTHER_IN_JSON: Record<string, string> = { 'location_coordinates.csv': 'Contact Phone Number' }

/** Every file with a JSON beside it says the same; every other is read, or refused with row and column. */
const torture = async (folder: string, check: (what: string, good: boolean, saw: unknown) => void): Promise<void> => {
  const spectrum = join(folder, 'csv-spectrum')
  for (const file of readdirSync(join(spectrum, 'csvs')).sort()) {
    const { records } = await read(readFileSync(join(spectrum, 'csvs', file)))
    const bytes = readFileSync(join(spectrum, 'csvs', file), 'utf8')
    const json = readFileSync(join(spectrum, 'json', file.replace('.csv', '.json')), 'utf8')
    // A copy by git may have lost the carriage returns that the JSON still speaks of.
    const said = JSON.parse(bytes.includes('\r') ? json : json.replaceAll('\\r', '')) as Record<string, string> | Record<string, string>[]
    const expected = Array.isArray(said) ? said : [said]
    const other = OTHER_IN_JSON[file]
    const same = (left: Record<string, string>[]) => JSON.stringify(left.map((record) => (other === undefined ? record : { ...record, [other]: '' })))
    check(file, same(records) === same(expected), `${records.length} records`)
  }
  for (const file of readdirSync(join(folder, 'papaparse')).filter((name) => /\.(csv|tsv)$/.test(name)).sort()) {
    const { records, faults } = await read(readFileSync(join(folder, 'papaparse', file)))
    check(file, faults.every(({ line, fault }) => line > 1 && fault !== null), `${records.length} records, ${faults.length} refused${faults[0] ? `: line ${faults[0].line}, cell ${faults[0].faultAt}: ${faults[0].fault}` : ''}`)
  }
}

const read = async (bytes: Buffer) => {
  const header: string[] = []
  const records: Record<string, string>[] = []
  const faults: { line: number; fault: string | null; faultAt?: number | null }[] = []
  async function* once() { yield bytes }
  for await (const { cells, line, fault, faultAt } of dataRows(once(), { format: 'csv', encoding: 'utf-8', delimiter: sniffDelimiter(bytes.toString().replace(/^\uFEFF/, '')) }, header)) {
    if (fault === null) records.push(Object.fromEntries(header.map((column, index) => [column, cells[index] ?? ''])))
    else faults.push({ line, fault, ...(faultAt === undefined ? {} : { faultAt }) })
  }
  return { records, faults }
}
