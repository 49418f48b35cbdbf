import { createReadStream, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable } from 'node:stream'
import { ConnectionError, type Flowstate, ValidationError } from '@flowstate-ai/sdk'
import { type Import, ImportNoun, ImportQuery } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, textOf, UsageError, type Values } from './command.ts'
import { detectedWords, importWords } from './import-words.ts'
import { nounOf } from './nouns.ts'
import { reach } from './reach.ts'
import { sameData, shellWord } from './shell.ts'

const usage = `flowstate import <${ImportNoun.options.join('|')}> <file.csv|file.jsonl> [--rehearse] [--map JSON] [--rejects FILE] [--workspace SLUG]`
const LOOK_EVERY_MS = 250
const BAR = 30
const SETTINGS = ['mapping', 'encoding', 'delimiter', 'date-order', 'decimal', 'country', 'currency'] as const

export const importCommand: Command = {
  summary: 'Imports a CSV or JSONL file: columns are guessed from their headers, what does not fit is rejected with row and column.',
  usage,
  help: `Beside a running server the file goes to it, and Godmode shows how far it is; otherwise it is imported here.
Records are known again by externalId, e-mail, domain or phone: the same file again changes nothing, and an export of ours changes what was edited in it. The whole import is undone by: flowstate undo <changeSetId>.`,
  options: {
    rehearse: { type: 'boolean', says: 'what each row would do; nothing is changed, and the import waits at the server to be run' },
    map: { type: 'string', value: 'JSON', says: 'which field each column fills, where the guess is wrong; null leaves a column out' },
    rejects: { type: 'string', value: 'FILE', says: 'write the rejected rows here as CSV, each with its reason: mend them there and import that file' },
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
    ['flowstate import customers people.csv --rejects people-rejects.csv', 'keeps what did not fit, to be mended'],
    ['flowstate import deals deals.csv --map \'{"deal_stage":"stage","Owner":null}\'', 'overrules the guesses'],
  ],
  async run({ positionals, values, json, out }) {
    const noun = nounOf(required(positionals[0], 'What to import', usage), ImportNoun.options, 'import')
    const file = required(positionals[1], 'The file', usage)
    const found = statSync(file, { throwIfNoEntry: false })
    if (found?.isDirectory()) throw new UsageError(`${file} is a directory: name a file in it, such as ${join(file, `${noun}.csv`)}.`)
    if (!found) throw new UsageError(`There is no file ${file}.`)
    const query = queryOf(noun, file, values)
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const { flowstate, close } = await reach(env, values.workspace as string | undefined)
    let started: Import | null = null
    try {
      const stream = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>
      const { map, ...said } = query
      started = await flowstate.imports.upload(stream, { ...said, format: /\.(jsonl|ndjson)$/i.test(file) ? 'jsonl' : 'csv', ...(map === undefined ? {} : { map: JSON.parse(map) as Record<string, string | null> }) })
      if (!json) out.note(detectedWords(started))
      const done = await follow(flowstate, started, !json && process.stderr.isTTY)
      const rejects = textOf(values, 'rejects')
      if (rejects !== undefined && done.counts.rejected > 0) await writeFile(rejects, await flowstate.imports.rejects(done.id)).catch((error: Error) => out.note(`The rejected rows cannot be written: ${error.message}.`))
      const same = sameData(values)
      out.result(done, importWords(done, { undo: `flowstate undo ${done.changeSetId}${same}`, run: `flowstate import ${noun} ${shellWord(file)}${saidAgain(values)}${same}`, rejects }))
      return done.state === 'failed' || done.state === 'cancelled' ? 1 : 0
    } catch (error) {
      if (error instanceof ValidationError) throw new UsageError(asOptions(error.message, basename(file)))
      if (error instanceof ConnectionError && started) throw new Error(`${error.message} The server has the whole file: when it serves again, import ${started.id} goes on where it was. The same command again changes nothing twice.`, { cause: error })
      throw error
    } finally {
      await close().catch((error: unknown) => { if (!(error instanceof ConnectionError)) throw error })
    }
  },
}

/** The interface's query is the command's options. */
const asOptions = (message: string, file: string): string => message.replaceAll(/\?map\/(\S+)/g, '--map: $1').replaceAll(/\?mapping\b/g, '--mapping').replace(/^The body /, `${file} `)

const saidAgain = (values: Values): string => ['map', ...SETTINGS].map((name) => (typeof values[name] === 'string' ? ` --${name} ${shellWord(values[name])}` : '')).join('')

const queryOf = (noun: string, file: string, values: Values) => {
  const given = Object.fromEntries(SETTINGS.flatMap((name) => (typeof values[name] === 'string' ? [[name === 'date-order' ? 'dateOrder' : name, values[name] === '\\t' ? '\t' : values[name]]] : [])))
  const parsed = ImportQuery.safeParse({ noun, name: basename(file), ...given, ...(typeof values.map === 'string' ? { map: mapOf(values.map) } : {}), ...(values.rehearse === true ? { mode: 'rehearse' } : {}) })
  if (parsed.success) return withoutNothing(parsed.data)
  const [issue] = parsed.error.issues
  const option = String(issue?.path[0] ?? '').replace('dateOrder', 'date-order')
  const takes = importCommand.options?.[option]?.says
  throw new UsageError(`--${option} ${issue?.code === 'invalid_value' && takes ? `does not take ${JSON.stringify(values[option])}; it is ${takes}` : (issue?.message ?? 'does not fit')}.`)
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
