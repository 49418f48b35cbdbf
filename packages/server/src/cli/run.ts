import { ConfigError } from '../env.ts'
import { versionOf } from '../version.ts'
import { agentsList, agentsRevoke } from './agents.ts'
import { agentsCreate } from './agents-create.ts'
import { auditVerify } from './audit-verify.ts'
import { backup } from './backup.ts'
import { changeSetsList, changeSetsShow } from './changesets.ts'
import { type Command, createOutput, parseCommand, UsageError } from './command.ts'
import { compact } from './compact.ts'
import { demo } from './demo.ts'
import { demoAgents } from './demo-agents.ts'
import { doctor } from './doctor.ts'
import { exportCommand } from './export.ts'
import { helpOf, overview, unknownCommand } from './help.ts'
import { importCommand } from './import.ts'
import { keysList, keysRevoke, keysRotate } from './keys.ts'
import { keysCreate } from './keys-create.ts'
import { membersAdd } from './members-add.ts'
import { migrate } from './migrate.ts'
import { restore } from './restore.ts'
import { search } from './search.ts'
import { secretsRotate } from './secrets-rotate.ts'
import { sentenceOf } from './sentence.ts'
import { serve } from './serve.ts'
import { undo } from './undo.ts'
import { worker } from './worker.ts'
import { workspaceCreate } from './workspace-create.ts'

const GROUPS = {
  'Run it': { serve, worker, demo, 'demo-agents': demoAgents, migrate, doctor },
  'Who may enter': { 'workspace create': workspaceCreate, 'members add': membersAdd, 'keys create': keysCreate, 'keys list': keysList, 'keys rotate': keysRotate, 'keys revoke': keysRevoke, 'agents create': agentsCreate, 'agents list': agentsList, 'agents revoke': agentsRevoke, 'secrets rotate': secretsRotate },
  'Data in and out': { import: importCommand, export: exportCommand, search },
  'Look back': { 'changesets list': changeSetsList, 'changesets show': changeSetsShow, undo, 'audit verify': auditVerify },
  'Keep it': { backup, restore, compact },
} satisfies Record<string, Record<string, Command>>

/** Every command by its name. */
export const COMMANDS: Readonly<Record<string, Command>> = Object.assign({}, ...Object.values(GROUPS)) as Record<string, Command>
const EX_CONFIG = 78
const HELP = [undefined, '--help', '-h', 'help']

/** Runs a command; answers the exit code. Errors are one sentence on stderr that says the mend. */
export const run = async (args: string[]): Promise<number> => {
  const [first, second] = args
  if (first === '--version' || first === '-v') {
    process.stdout.write(`${versionOf()}\n`)
    return 0
  }
  // `flowstate help undo` is `flowstate undo --help`.
  if (first === 'help' && second !== undefined) return run([...args.slice(1), '--help'])
  const name = [args.slice(0, 2).join(' '), first ?? ''].find((candidate) => Object.hasOwn(COMMANDS, candidate))
  const command = name === undefined ? undefined : COMMANDS[name]
  if (!command || name === undefined) {
    if (HELP.includes(first)) {
      process.stdout.write(overview(GROUPS))
      return 0
    }
    process.stderr.write(unknownCommand(args.filter((arg) => !arg.startsWith('-')).slice(0, 2).join(' ') || String(first), Object.keys(COMMANDS)))
    return 2
  }
  try {
    const { positionals, values, lists } = parseCommand(command, args.slice(name.split(' ').length))
    if (values.help) {
      process.stdout.write(helpOf(name, command))
      return 0
    }
    const json = values.json === true
    return (await command.run({ positionals, values, lists, json, out: createOutput(json) })) ?? 0
  } catch (error) {
    process.stderr.write(`${sentenceOf(error)}\n`)
    return error instanceof ConfigError ? EX_CONFIG : error instanceof UsageError ? 2 : 1
  }
}
