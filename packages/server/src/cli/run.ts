import { ConfigError } from '../env.ts'
import { type Command, createOutput, parseCommand, UsageError } from './command.ts'
import { compact } from './compact.ts'
import { demo } from './demo.ts'
import { demoAgents } from './demo-agents.ts'
import { importCommand } from './import.ts'
import { keysCreate } from './keys-create.ts'
import { migrate } from './migrate.ts'
import { serve } from './serve.ts'
import { undo } from './undo.ts'
import { workspaceCreate } from './workspace-create.ts'

const COMMANDS: Record<string, Command> = {
  serve, demo, 'demo-agents': demoAgents, migrate, 'workspace create': workspaceCreate, 'keys create': keysCreate, import: importCommand, undo, compact,
}
const EX_CONFIG = 78

/** Runs a command; answers the exit code. Errors are one sentence on stderr that says the mend. */
export const run = async (args: string[]): Promise<number> => {
  const name = [args.slice(0, 2).join(' '), args[0] ?? ''].find((candidate) => Object.hasOwn(COMMANDS, candidate))
  const command = name === undefined ? undefined : COMMANDS[name]
  if (!command || name === undefined) {
    process.stderr.write(overview(args[0]))
    return args[0] === undefined || args[0] === '--help' || args[0] === '-h' || args[0] === 'help' ? 0 : 2
  }
  try {
    const { positionals, values } = parseCommand(command, args.slice(name.split(' ').length))
    if (values.help) {
      process.stdout.write(`${command.summary}\n\n  ${command.usage}\n${command.help ? `\n${command.help}\n` : ''}\n  --data DIR   where everything lives, default ./data\n  --json       one JSON document on stdout\n`)
      return 0
    }
    const json = values.json === true
    return (await command.run({ positionals, values, json, out: createOutput(json) })) ?? 0
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return error instanceof ConfigError ? EX_CONFIG : error instanceof UsageError ? 2 : 1
  }
}

const overview = (unknown: string | undefined): string =>
  `${unknown === undefined || unknown.startsWith('-') || unknown === 'help' ? '' : `There is no command ${unknown}.\n\n`}Flowstate-AI, the CRM that lives inside other people's software.\n\n${Object.values(COMMANDS).map(({ usage, summary }) => `  ${usage}\n      ${summary}`).join('\n')}\n\nEach takes --help, --data DIR and --json.\n`
