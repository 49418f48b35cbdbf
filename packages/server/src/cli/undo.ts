import { ConflictError, type Flowstate } from '@flowstate-ai/sdk'
import type { ChangeSet, FieldError } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import { type Command, required, textOf } from './command.ts'
import { createProgress, type Progress } from './progress.ts'
import { reach } from './reach.ts'
import { sameData } from './shell.ts'

const usage = 'flowstate undo <changeSetId> [--partial]'
const LOOK_EVERY_MS = 250
const SHOWN_CONFLICTS = 10

export const undo: Command = {
  summary: 'Undoes a change set, whatever its size; names what has changed since when it cannot.',
  usage,
  help: 'All or nothing: where a field has been changed again since, nothing is undone and each such field is named. --partial undoes the rest and leaves those as they are. An undoing is a change set itself, and can be undone.\nA large one, such as an import, is undone in parts; when this command is ended on the way, the same command goes on where it stopped.',
  most: 1,
  options: {
    partial: { type: 'boolean', says: 'undo what can be undone, and list the rest' },
    workspace: { type: 'string', value: 'SLUG', says: 'which workspace, where there are several' },
  },
  examples: [
    ['flowstate undo chg_01jd3w7k5r8e4n2v6y9q0x1z3b', 'takes an import back; its id stood in what flowstate import said'],
    ['flowstate changesets list', 'finds the id of what was done last'],
  ],
  async run({ positionals, values, json, out }) {
    const id = required(positionals[0], 'The change set', usage)
    const env = readEnv(process.env, { data: textOf(values, 'data') })
    const { flowstate, close } = await reach(env, textOf(values, 'workspace'))
    const progress = createProgress({ json })
    try {
      const begun = await flowstate.changesets.revert(id, { partial: values.partial === true })
      const made = begun.state === 'applying' ? await follow(flowstate, id, begun.id, progress) : begun
      progress.end(`${made.changeCount} changes undone`)
      if (made.state !== 'applied') {
        out.note(listed(made.reason ?? 'Nothing was undone.', made.skipped))
        return 1
      }
      const left = made.skipped.length === 0 ? '' : `\n${listed(`Left as they are, for they changed since:`, made.skipped)}`
      out.result(made, `Undone by ${made.id}: ${made.changeCount} ${made.changeCount === 1 ? 'change' : 'changes'}.${left}\nTo do it again: flowstate undo ${made.id}${sameData(values)}`)
      return 0
    } catch (error) {
      if (!(error instanceof ConflictError) || error.code !== 'changed_since') throw error
      out.note(listed(`${error.message.replace('?partial=true', '--partial')}`, error.fieldErrors))
      return 1
    } finally {
      await close()
    }
  },
}

/** Until it is applied, or was given up because something had changed. */
const follow = async (flowstate: Flowstate, undone: string, undoing: string, progress: Progress): Promise<ChangeSet> => {
  const { changeCount: whole } = await flowstate.changesets.retrieve(undone)
  for (;;) {
    const made = await flowstate.changesets.retrieve(undoing)
    if (made.state !== 'applying') return made
    progress.at(whole === 0 ? null : made.changeCount / whole, `${made.changeCount} of ${whole} changes undone`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

const listed = (sentence: string, errors: readonly FieldError[]): string => [
  sentence, ...errors.slice(0, SHOWN_CONFLICTS).map(({ pointer, detail }) => `  ${pointer}: ${detail}`), ...(errors.length > SHOWN_CONFLICTS ? [`  … and ${errors.length - SHOWN_CONFLICTS} more`] : []),
].join('\n')
