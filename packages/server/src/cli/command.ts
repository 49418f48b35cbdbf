import { parseArgs, type ParseArgsConfig } from 'node:util'

/** A command of the line: its help is what people read first. */
export interface Command {
  summary: string
  usage: string
  help?: string
  options?: NonNullable<ParseArgsConfig['options']>
  run(input: CommandInput): Promise<number | void>
}
export interface CommandInput { positionals: string[]; values: Record<string, string | boolean | undefined>; json: boolean; out: Output }

/** A mistake of the caller's, with the sentence that mends it. */
export class UsageError extends Error {}

export const COMMON_OPTIONS = { data: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const satisfies NonNullable<ParseArgsConfig['options']>

/** One JSON document on stdout under `--json`, words otherwise; whatever else is said goes to stderr. */
export const createOutput = (json: boolean) => ({
  result(document: object, words: string): void {
    process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${words}\n`)
  },
  note(words: string): void {
    process.stderr.write(`${words}\n`)
  },
})
export type Output = ReturnType<typeof createOutput>

export const parseCommand = (command: Command, args: string[]): { positionals: string[]; values: Record<string, string | boolean | undefined> } => {
  try {
    const { positionals, values } = parseArgs({ args, allowPositionals: true, options: { ...COMMON_OPTIONS, ...command.options } })
    return { positionals, values: values as Record<string, string | boolean | undefined> }
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message.split('\n')[0] : String(error)} Usage: ${command.usage}`)
  }
}

export const required = (value: string | boolean | undefined, what: string, usage: string): string => {
  if (typeof value === 'string' && value !== '') return value
  throw new UsageError(`${what} is missing. Usage: ${usage}`)
}
