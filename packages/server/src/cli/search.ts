import { SEARCHED_NOUNS, type SearchedNoun } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, textOf, UsageError } from './command.ts'
import { reach } from './reach.ts'

const usage = 'flowstate search <words…> [--nouns a,b] [--limit 10]'

export const search: Command = {
  summary: 'Finds records by their words, best first; one wrong letter in a word is forgiven.',
  usage,
  options: {
    nouns: { type: 'string', value: 'a,b', says: `some of ${SEARCHED_NOUNS.join(', ')}; default all` },
    limit: { type: 'string', value: 'N', says: 'how many, 1 to 200; default 10' },
    workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' },
  },
  examples: [['flowstate search fleet trakcing --nouns deals', 'finds Fleet tracking']],
  async run({ positionals, values, out }) {
    const q = required(positionals.join(' '), 'What to look for', usage)
    const limit = Number(textOf(values, 'limit') ?? 10)
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) throw new UsageError(`--limit takes a whole number from 1 to 200, not ${textOf(values, 'limit')}.`)
    const nouns = textOf(values, 'nouns')?.split(',').map((noun) => noun.trim())
    const unknown = nouns?.filter((noun) => !(SEARCHED_NOUNS as readonly string[]).includes(noun)) ?? []
    if (unknown.length > 0) throw new UsageError(`There is no search of ${unknown.join(', ')}; there is ${SEARCHED_NOUNS.join(', ')}.`)
    const { flowstate, close } = await reach(readEnv(process.env, { data: textOf(values, 'data') }), textOf(values, 'workspace'), { worker: false })
    try {
      const found = await flowstate.search.query({ q, limit, ...(nouns ? { nouns: nouns as SearchedNoun[] } : {}) })
      out.result(found, found.items.length === 0 ? `Nothing is found by ${q}.` : found.items.map(({ noun, id, title, snippet }) => `${noun.padEnd(12)} ${id}  ${title}${snippet === '' || snippet === title ? '' : `  · ${snippet}`}`).join('\n'))
    } finally {
      await close()
    }
  },
}
