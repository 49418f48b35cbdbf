import { readEnv } from '../env.ts'
import { type Command, required } from './command.ts'
import { reach } from './reach.ts'

const usage = 'flowstate undo <changeSetId> [--workspace SLUG]'

export const undo: Command = {
  summary: 'Undoes a change set, whatever its size; names what has changed since when it cannot.',
  usage,
  options: { workspace: { type: 'string' } },
  async run({ positionals, values, out }) {
    const id = required(positionals[0], 'The change set', usage)
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const { flowstate, close } = await reach(env, values.workspace as string | undefined)
    try {
      const made = await flowstate.changesets.revert(id)
      out.result(made, `Undone by ${made.id}: ${made.changeCount} changes.`)
    } finally {
      await close()
    }
  },
}
