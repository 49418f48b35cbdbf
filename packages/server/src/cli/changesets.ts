import type { ChangeSet } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, textOf, UsageError } from './command.ts'
import { reach } from './reach.ts'

const WORKSPACE = { workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' } } as const
const LONGEST_VALUE = 60

export const changeSetsList: Command = {
  summary: 'Lists what was done last: who, how much, and the id by which it is undone.',
  usage: 'flowstate changesets list [--state STATE] [--limit 20]',
  most: 0,
  options: {
    state: { type: 'string', value: 'STATE', says: 'proposed, applying, applied, reverting, reverted or rejected' },
    limit: { type: 'string', value: 'N', says: 'how many, 1 to 200; default 20' },
    ...WORKSPACE,
  },
  examples: [['flowstate changesets list --state proposed', 'what waits for a decision']],
  async run({ values, out }) {
    const limit = Number(textOf(values, 'limit') ?? 20)
    if (!Number.isInteger(limit) || limit < 1 || limit > 200) throw new UsageError(`--limit takes a whole number from 1 to 200, not ${textOf(values, 'limit')}.`)
    const { flowstate, close } = await reach(readEnv(process.env, { data: textOf(values, 'data') }), textOf(values, 'workspace'), { worker: false })
    try {
      const { items } = await flowstate.changesets.list({ limit, ...(textOf(values, 'state') === undefined ? {} : { state: textOf(values, 'state') as ChangeSet['state'] }) })
      out.result({ items }, items.length === 0 ? 'Nothing was done here yet.' : items.map(line).join('\n'))
    } finally {
      await close()
    }
  },
}

export const changeSetsShow: Command = {
  summary: 'Shows what a change set changed, field by field.',
  usage: 'flowstate changesets show <changeSetId>',
  most: 1,
  options: WORKSPACE,
  examples: [['flowstate changesets show chg_01jd3w7k5r8e4n2v6y9q0x1z3b --json', 'the same as a document']],
  async run({ positionals, values, out }) {
    const id = required(positionals[0], 'The change set', this.usage)
    const { flowstate, close } = await reach(readEnv(process.env, { data: textOf(values, 'data') }), textOf(values, 'workspace'), { worker: false })
    try {
      const set = await flowstate.changesets.retrieve(id)
      const changes = set.changes.flatMap(({ noun, id: record, op, fields }) => [`  ${op} ${noun} ${record}`, ...Object.entries(fields).map(([field, { from, to }]) => `    ${field}: ${from === undefined ? '' : `${short(from)} → `}${short(to)}`)])
      out.result(set, [line(set), ...changes, ...(set.changeCount > set.changes.length ? [`  … ${set.changeCount - set.changes.length} more`] : [])].join('\n'))
    } finally {
      await close()
    }
  },
}

const line = ({ id, state, createdAt, actor, source, changeCount }: ChangeSet): string => `${id}  ${createdAt.slice(0, 16).replace('T', ' ')}  ${state.padEnd(9)}  ${source.kind.padEnd(7)}  ${changeCount} ${changeCount === 1 ? 'change' : 'changes'} by ${actor.name}`
const short = (value: unknown): string => {
  const text = JSON.stringify(value)
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text
}
