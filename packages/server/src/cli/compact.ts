import type { Task } from '@flowstate-ai/sdk/contract'
import type { Compacted, Keep } from '../compaction/compaction.service.ts'
import { readEnv } from '../env.ts'
import { type Command, required, UsageError } from './command.ts'
import { askInstance, openHere, runningInstance } from './instance.ts'
import { onlyWorkspace } from './reach.ts'

const usage = 'flowstate compact --keep <seqs|days> [--workspace SLUG]'
const LOOK_EVERY_MS = 250

export const compact: Command = {
  summary: 'Folds older changes into snapshots, so that the ledger stays small; what is kept can still be undone.',
  usage,
  help: '--keep 90d keeps the changes of the last 90 days, --keep 100000 the newest 100,000. What is older can be neither undone nor read from the\nfeed any more; history still tells who set each field. A change set is never cut in half, and what is under way stays.',
  options: { keep: { type: 'string', value: 'SEQS|DAYS', says: 'what stays: 100000 for the newest 100,000 changes, 90d for those of 90 days' }, workspace: { type: 'string', value: 'SLUG', says: 'which workspace; needed when there are several' } },
  examples: [['flowstate compact --keep 90d', 'keeps what can be undone to 90 days']],
  async run({ values, json, out }) {
    const keep = keepOf(required(values.keep, '--keep', usage))
    const env = readEnv(process.env, { data: values.data as string | undefined })
    const slug = values.workspace as string | undefined
    const draw = (task: Task) => { if (!json && process.stderr.isTTY) process.stderr.write(`\r${task.message ?? ''}\u001b[K`) }
    const instance = await runningInstance(env.dataDir)
    if (instance) {
      const workspace = slug ?? (await askInstance<{ slug: string }>(instance, 'only-workspace', {})).slug
      let task = await askInstance<Task>(instance, 'compact', { workspace, keep })
      while (!OVER.includes(task.state)) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
        task = await askInstance<Task>(instance, 'task', { workspace, id: task.id })
        draw(task)
      }
      if (task.state !== 'succeeded') throw new Error(`The ledger was not compacted: ${task.error ?? task.state}. Repeat the command; it goes on where it was.`)
      return tell(task.result as unknown as Compacted)
    }
    const server = await openHere(env)
    try {
      const { id } = await onlyWorkspace(server.services.workspaces, slug)
      return tell(await server.services.compaction.compact(id, keep))
    } finally {
      await server.close()
    }

    function tell(done: Compacted): void {
      out.result(done, `The feed begins after seq ${done.trimmedSeq}; ${done.forgotten} changes were let go of.`)
    }
  },
}
const OVER: readonly string[] = ['succeeded', 'dead', 'cancelled']

const keepOf = (text: string): Keep => {
  const [, number, days] = /^(\d{1,12})(d|days)?$/.exec(text) ?? []
  if (number === undefined) throw new UsageError(`--keep takes a number of changes, such as 100000, or of days, such as 90d. Usage: ${usage}`)
  return days === undefined ? { seqs: Number(number) } : { days: Number(number) }
}
