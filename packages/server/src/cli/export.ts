import { once } from 'node:events'
import { createWriteStream, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { EXPORT_NOUNS, ExportFormat } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, textOf, UsageError, type Values } from './command.ts'
import { nounOf } from './nouns.ts'
import { bytesText, createProgress, type Progress } from './progress.ts'
import { reach } from './reach.ts'

const usage = 'flowstate export <noun> [--format csv|jsonl] [--view ID] [--columns a,b] [--filter field=value]… [--output FILE]'

export const exportCommand: Command = {
  summary: 'Writes all records of a noun, or of a saved view, as CSV or JSONL.',
  usage,
  help: `Nouns: ${EXPORT_NOUNS.join(', ')}.
In a CSV, money stands in major units with its currency beside it, tags and owners stand by name, and a cell that a spreadsheet would run as a formula begins with an apostrophe; flowstate import takes all of that back. JSONL is for programs: one record as its JSON a line, with the names of what it points to behind it.
With --output the file appears when it is whole, and not before.`,
  most: 1,
  options: {
    format: { type: 'string', value: 'csv|jsonl', says: 'default csv, or what the name of --output ends with' },
    view: { type: 'string', value: 'ID', says: 'a saved view: its filter, its order and its columns' },
    columns: { type: 'string', value: 'a,b', says: 'columns of a CSV in their order: fields, value.currency, company, owner, customFields.x; default the view\'s, or all' },
    filter: { type: 'string', value: 'TERM', multiple: true, says: 'field=value or field[gte]=value as in a list\'s query, or a tree of conditions as JSON; may stand several times' },
    sort: { type: 'string', value: '-value,title', says: 'default: in the order in which records were made' },
    q: { type: 'string', value: 'WORDS', says: 'only what a search for these finds' },
    archived: { type: 'string', value: 'true|any', says: 'only archived records, or all; default: live ones' },
    bom: { type: 'boolean', says: 'begin a CSV with a byte order mark, by which some spreadsheets know UTF-8' },
    output: { type: 'string', value: 'FILE', short: 'o', says: 'write it here instead of to stdout' },
    workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' },
  },
  examples: [
    ['flowstate export deals --filter status=open --columns title,value,value.currency,stage', 'open deals, four columns, to the screen'],
    ['flowstate export customers --output customers.csv', 'all customers into a file'],
    ['flowstate export interactions --format jsonl | gzip > interactions.jsonl.gz', 'for a program, packed on the way'],
  ],
  async run({ positionals, values, lists, json, out }) {
    const noun = nounOf(required(positionals[0], 'What to export', usage), EXPORT_NOUNS, 'export')
    const output = textOf(values, 'output')
    if (json && output === undefined) throw new UsageError('With --json stdout is for the result; say with --output where the export goes.')
    if (output !== undefined) refuseUnwritable(output)
    const query = { ...filtersOf(lists.filter ?? []), ...optionsOf(values, output) }
    const env = readEnv(process.env, { data: textOf(values, 'data') })
    const { flowstate, close } = await reach(env, textOf(values, 'workspace'), { worker: false })
    const stopping = new AbortController()
    const stop = () => stopping.abort(new Error('Stopped; nothing was kept.'))
    process.once('SIGINT', stop)
    try {
      const file = await flowstate.exports.stream(noun, query, { signal: stopping.signal })
      if (output === undefined) {
        await pour(file, process.stdout)
        return
      }
      const progress = createProgress({ json })
      const bytes = await pourInto(resolve(output), file, progress)
      progress.end(bytesText(bytes))
      out.result({ noun, file: resolve(output), format: query.format ?? 'csv', bytes }, `Exported ${noun} to ${output} (${bytesText(bytes)}).`)
    } finally {
      process.off('SIGINT', stop)
      await close()
    }
  },
}

/** Before a record is read. */
const refuseUnwritable = (output: string): void => {
  if (statSync(output, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`--output ${output} is a directory: name a file in it.`)
  if (!statSync(dirname(resolve(output)), { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`--output: there is no directory ${dirname(resolve(output))}; make it first.`)
}

const optionsOf = (values: Values, output: string | undefined): Record<string, string> => {
  const format = textOf(values, 'format') ?? (output?.endsWith('.jsonl') || output?.endsWith('.ndjson') ? 'jsonl' : undefined)
  if (format !== undefined && !ExportFormat.safeParse(format).success) throw new UsageError(`--format takes csv or jsonl, not ${format}.`)
  return Object.fromEntries(Object.entries({
    format, view: textOf(values, 'view'), columns: textOf(values, 'columns'), sort: textOf(values, 'sort'), q: textOf(values, 'q'), archived: textOf(values, 'archived'), bom: values.bom === true ? 'true' : undefined, names: format === 'jsonl' ? 'true' : undefined,
  }).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

/** `status=open` and `value[gte]=100` as a list's query takes them; JSON goes into `filter`. */
const filtersOf = (terms: readonly string[]): Record<string, string> => {
  const query: Record<string, string> = {}
  for (const term of terms) {
    const at = term.indexOf('=')
    const [name, value] = term.startsWith('{') ? ['filter', term] : [term.slice(0, at), term.slice(at + 1)]
    if (at < 1 && name !== 'filter') throw new UsageError(`--filter takes field=value, field[gte]=value or JSON, not ${term}.`)
    if (Object.hasOwn(query, name)) throw new UsageError(`--filter names ${name} twice; say both in one tree: --filter '{"and":[…]}'.`)
    query[name] = value
  }
  return query
}

/** A reader that has had enough, such as `head`, is no mistake. */
const pour = async (parts: AsyncIterable<Uint8Array>, to: Writable): Promise<void> => {
  let gone: NodeJS.ErrnoException | null = null
  to.on('error', (error: NodeJS.ErrnoException) => { gone = error })
  for await (const part of parts) {
    if (gone) break
    if (!to.write(part)) await Promise.race([once(to, 'drain'), once(to, 'close')]).catch(() => undefined)
  }
  if (gone && (gone as NodeJS.ErrnoException).code !== 'EPIPE') throw gone
}

const pourInto = async (file: string, parts: AsyncIterable<Uint8Array>, progress: Progress): Promise<number> => {
  const partial = `${file}.partial`
  const to = createWriteStream(partial, { flags: 'w' })
  let bytes = 0
  try {
    await once(to, 'open').catch((error: Error) => { throw new UsageError(`${file} cannot be written: ${error.message}.`) })
    for await (const part of parts) {
      bytes += part.byteLength
      if (!to.write(part)) await once(to, 'drain')
      progress.at(null, bytesText(bytes))
    }
    to.end()
    await once(to, 'close')
    await synced(partial)
    await rename(partial, file)
    await synced(dirname(file))
    return bytes
  } catch (error) {
    to.destroy()
    await rm(partial, { force: true })
    throw error
  }
}

/** On the disk, not only in the system's memory. */
export const synced = async (path: string): Promise<void> => {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
