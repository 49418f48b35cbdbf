import { createReadStream, existsSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import type { Import, ImportNoun } from '@flowstate-ai/sdk/contract'
import { ImportNoun as Nouns } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, UsageError } from './command.ts'
import { reach } from './reach.ts'

const usage = `flowstate import <${Nouns.options.join('|')}> <file.csv> [--map JSON] [--workspace SLUG]`
const LOOK_EVERY_MS = 250
const SHOWN_REJECTS = 10
const BAR = 30

export const importCommand: Command = {
  summary: 'Imports a CSV file: columns are guessed from their headers, what does not fit is rejected with row and column.',
  usage,
  help: 'Beside a running server the file goes to it, and Godmode shows how far it is; otherwise it is imported here.\n--map overrules the guesses: \'{"deal_stage":"stage","notes":null,"region":"customFields.region"}\'; null leaves a column out.\nThe same file again changes nothing; the whole import is undone by: flowstate undo <changeSetId>.',
  options: {
    map: { type: 'string', value: 'JSON', says: 'which field each column fills, where the guess is wrong' },
    workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' },
  },
  examples: [['flowstate import customers people.csv', 'columns are guessed from their headers'], ['flowstate import deals deals.csv --map \'{"Owner":null}\'', 'leaves a column out']],
  async run({ positionals, values, json, out }) {
    const noun = required(positionals[0], 'What to import', usage)
    const file = required(positionals[1], 'The file', usage)
    if (!(Nouns.options as string[]).includes(noun)) throw new UsageError(`There is no import of ${noun}; there is ${Nouns.options.join(', ')}.`)
    if (!existsSync(file) || !statSync(file).isFile()) throw new UsageError(`There is no file ${file}.`)
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const { flowstate, close } = await reach(env, values.workspace as string | undefined)
    try {
      const stream = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>
      const started = await flowstate.imports.create(stream, { noun: noun as ImportNoun, name: basename(file), ...(typeof values.map === 'string' ? { map: mapOf(values.map) } : {}) })
      const done = await follow(() => flowstate.imports.retrieve(started.id), async () => (await flowstate.tasks.retrieve(started.taskId)).progress, !json && process.stderr.isTTY)
      out.result(done, words(done))
      return done.state === 'failed' ? 1 : 0
    } finally {
      await close()
    }
  },
}

const mapOf = (text: string): Record<string, string | null> => {
  try { return JSON.parse(text) as Record<string, string | null> } catch { throw new UsageError('--map takes a JSON object from column to field, such as {"deal_stage":"stage"}.') }
}

const follow = async (look: () => Promise<Import>, progress: () => Promise<number | null>, draw: boolean): Promise<Import> => {
  for (;;) {
    const item = await look()
    if (draw) {
      const share = item.state === 'succeeded' ? 1 : ((await progress()) ?? 0)
      process.stderr.write(`\r[${'█'.repeat(Math.round(share * BAR)).padEnd(BAR, '░')}] ${Math.round(share * 100)} %  ${item.counts.rows} rows${item.state === 'succeeded' || item.state === 'failed' ? '\n' : ''}`)
    }
    if (item.state === 'succeeded' || item.state === 'failed') return item
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

const words = ({ state, counts, rejects, error, changeSetId, id }: Import): string => {
  if (state === 'failed') return `The import failed: ${error}`
  const lines = [`${counts.rows} rows: ${counts.created} created, ${counts.updated} updated, ${counts.unchanged} unchanged, ${counts.rejected} rejected.`]
  for (const { row, column, reason } of rejects.slice(0, SHOWN_REJECTS)) lines.push(`  row ${row}${column ? `, column ${column}` : ''}: ${reason}`)
  if (counts.rejected > SHOWN_REJECTS) lines.push(`  … all of them: GET /api/v1/imports/${id}/rejects`)
  lines.push(`Undo it with: flowstate undo ${changeSetId}`)
  return lines.join('\n')
}
