import { createReadStream, existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import type { Flowstate } from '@flowstate-ai/sdk'
import { type Import, ImportNoun, ImportQuery } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, UsageError, type Values } from './command.ts'
import { reach } from './reach.ts'

const usage = `flowstate import <${ImportNoun.options.join('|')}> <file.csv|file.jsonl> [--rehearse] [--map JSON] [--workspace SLUG]`
const LOOK_EVERY_MS = 250
const SHOWN = 10
const BAR = 30
const SETTINGS = ['mapping', 'encoding', 'delimiter', 'date-order', 'decimal', 'country', 'currency'] as const

export const importCommand: Command = {
  summary: 'Imports a CSV or JSONL file: columns are guessed from their headers, what does not fit is rejected with row and column.',
  usage,
  help: `Beside a running server the file goes to it, and Godmode shows how far it is; otherwise it is imported here.
Records are known again by externalId, e-mail, domain or phone: the same file again changes nothing. The whole import is undone by: flowstate undo <changeSetId>.`,
  options: {
    rehearse: { type: 'boolean', says: 'what each row would do; nothing is changed, and the import waits at the server to be run' },
    map: { type: 'string', value: 'JSON', says: 'which field each column fills, where the guess is wrong; null leaves a column out' },
    mapping: { type: 'string', value: 'NAME', says: 'a saved mapping' },
    encoding: { type: 'string', value: 'NAME', says: 'utf-8, utf-16le, utf-16be or windows-1252' },
    delimiter: { type: 'string', value: 'SIGN', says: 'between cells: , ; | or \\t' },
    'date-order': { type: 'string', value: 'ORDER', says: 'of the parts of dates: ymd, dmy or mdy' },
    decimal: { type: 'string', value: 'SIGN', says: 'before decimals: . or ,' },
    country: { type: 'string', value: 'CODE', says: 'of phone numbers without a country code, such as DE' },
    currency: { type: 'string', value: 'CODE', says: 'of amounts that name none, such as EUR' },
    workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' },
  },
  examples: [
    ['flowstate import customers people.csv', 'columns are guessed from their headers'], ['flowstate import customers people.csv --rehearse', 'says what it would do'],
    ['flowstate import deals deals.csv --map \'{"deal_stage":"stage","Owner":null}\'', 'overrules the guesses'],
  ],
  async run({ positionals, values, json, out }) {
    const noun = required(positionals[0], 'What to import', usage)
    const file = required(positionals[1], 'The file', usage)
    if (!(ImportNoun.options as string[]).includes(noun)) throw new UsageError(`There is no import of ${noun}; there is ${ImportNoun.options.join(', ')}.`)
    if (!existsSync(file) || !statSync(file).isFile()) throw new UsageError(`There is no file ${file}.`)
    const query = queryOf(noun, file, values)
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const { flowstate, close } = await reach(env, values.workspace as string | undefined)
    try {
      const stream = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>
      const { map, ...said } = query
      const started = await flowstate.imports.upload(stream, { ...said, format: /\.(jsonl|ndjson)$/i.test(file) ? 'jsonl' : 'csv', ...(map === undefined ? {} : { map: JSON.parse(map) as Record<string, string | null> }) })
      if (!json) out.note(detected(started))
      const done = await follow(flowstate, started, !json && process.stderr.isTTY)
      out.result(done, words(done))
      return done.state === 'failed' || done.state === 'cancelled' ? 1 : 0
    } finally {
      await close()
    }
  },
}

const queryOf = (noun: string, file: string, values: Values) => {
  const given = Object.fromEntries(SETTINGS.flatMap((name) => (typeof values[name] === 'string' ? [[name === 'date-order' ? 'dateOrder' : name, values[name] === '\\t' ? '\t' : values[name]]] : [])))
  const parsed = ImportQuery.safeParse({ noun, name: basename(file), ...given, ...(typeof values.map === 'string' ? { map: mapOf(values.map) } : {}), ...(values.rehearse === true ? { mode: 'rehearse' } : {}) })
  if (parsed.success) return withoutNothing(parsed.data)
  const [issue] = parsed.error.issues
  throw new UsageError(`--${String(issue?.path[0] ?? '').replace('dateOrder', 'date-order')} ${issue?.message ?? 'does not fit'}. Usage: ${usage}`)
}
type Query = { [Name in keyof ImportQueryShape]: Exclude<ImportQueryShape[Name], undefined> }
type ImportQueryShape = ReturnType<typeof ImportQuery.parse>
const withoutNothing = (query: ImportQueryShape): Query => Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as Query

const mapOf = (text: string): string => {
  try {
    JSON.parse(text)
    return text
  } catch {
    throw new UsageError('--map takes a JSON object from column to field, such as {"deal_stage":"stage"}.')
  }
}

/** What the file is taken for, said before it runs; nothing is asked. */
const detected = ({ detection }: Import): string => {
  if (!detection) return ''
  const { format, encoding, bom, delimiter, columns } = detection
  const widths = [Math.max(0, ...columns.map(({ column }) => column.length)), Math.max(0, ...columns.map(({ field }) => (field ?? '(left out)').length))] as const
  return [
    `${format.toUpperCase()}, ${encoding}${bom ? ' with a byte order mark' : ''}${delimiter === null ? '' : `, cells divided by ${delimiter === '\t' ? 'tabs' : delimiter}`}`,
    ...columns.map(({ column, field, why, dateOrder, decimal }) => `  ${column.padEnd(widths[0])} → ${(field ?? '(left out)').padEnd(widths[1])}  ${why}${dateOrder ? `; dates ${dateOrder}` : ''}${decimal ? `; decimals after ${decimal}` : ''}`),
  ].join('\n')
}

const follow = async (flowstate: Flowstate, started: Import, draw: boolean): Promise<Import> => {
  for (;;) {
    const item = await flowstate.imports.retrieve(started.id)
    const over = !['queued', 'running', 'rehearsing'].includes(item.state)
    if (draw) {
      const { progress, message } = over ? { progress: 1, message: null } : await flowstate.tasks.retrieve(item.taskId)
      const share = progress ?? 0
      process.stderr.write(`\r[${'█'.repeat(Math.round(share * BAR)).padEnd(BAR, '░')}] ${Math.round(share * 100)} %  ${(message ?? '').padEnd(50)}${over ? '\n' : ''}`)
    }
    if (over) return item
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

const words = ({ state, counts, rejects, preview, error, changeSetId, id }: Import): string => {
  if (state === 'failed') return `The import failed: ${error}`
  const rehearsed = state === 'rehearsed'
  const lines = [`${counts.rows} rows: ${counts.created} ${rehearsed ? 'to create' : 'created'}, ${counts.updated} ${rehearsed ? 'to update' : 'updated'}, ${counts.merged} ${rehearsed ? 'to merge' : 'merged'}, ${counts.unchanged} unchanged, ${counts.collapsed} said twice, ${counts.rejected} rejected.`]
  if (rehearsed) for (const { row, action, noun, fields } of preview.filter((entry) => entry.action !== 'reject').slice(0, SHOWN)) lines.push(`  row ${row}: ${action} in ${noun}: ${Object.entries(fields).map(([name, { from, to }]) => `${name} ${from === undefined || from === null ? '' : `${JSON.stringify(from)} → `}${JSON.stringify(to)}`).join(', ')}`)
  for (const { row, column, reason } of rejects.slice(0, SHOWN)) lines.push(`  row ${row}${column ? `, column ${column}` : ''}: ${reason}`)
  if (counts.rejected > SHOWN) lines.push(`  … all of them: GET /api/v1/imports/${id}/rejects`)
  if (rehearsed) lines.push(`Nothing was changed. All of it: GET /api/v1/imports/${id}/diff · run it: POST /api/v1/imports/${id}/run`)
  else lines.push(`Undo it with: flowstate undo ${changeSetId}`)
  return lines.join('\n')
}
