import { parseArgs, type ParseArgsConfig } from 'node:util'
import { nearest } from '../nearest.ts'

/** An option: what `parseArgs` takes, and the line that help says of it. */
export interface OptionOf {
  type: 'string' | 'boolean'
  short?: string
  multiple?: boolean
  /** What stands for its value in help, such as `FILE`. */
  value?: string
  /** What it is for, its default included. */
  says?: string
}

/** A command of the line: its help is what people read first. */
export interface Command {
  /** One sentence, for the overview. */
  summary: string
  usage: string
  /** What one has to know besides: paragraphs of plain text. */
  help?: string
  options?: Record<string, OptionOf>
  /** Whole lines as one types them, each with what it does. */
  examples?: readonly (readonly [line: string, does: string])[]
  /** Exit codes beyond 0, 1 and 2. */
  exits?: Readonly<Record<number, string>>
  /** How many words it takes besides its options. */
  most?: number
  /** Not in the overview: for programs of ours. */
  hidden?: boolean
  run(input: CommandInput): Promise<number | void>
}
export type Values = Record<string, string | boolean | undefined>
/** `lists` are the values of options that may stand several times. */
export interface CommandInput { positionals: string[]; values: Values; lists: Record<string, string[]>; json: boolean; out: Output }

/** A mistake of the caller's, with the sentence that mends it. */
export class UsageError extends Error {}

export const COMMON_OPTIONS = {
  data: { type: 'string', value: 'DIR', says: 'where everything lives; default DATA_DIR or ./data' },
  json: { type: 'boolean', says: 'one JSON document on stdout, everything else on stderr' },
  help: { type: 'boolean', short: 'h', says: 'this text' },
} as const satisfies Record<string, OptionOf>

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

export const parseCommand = (command: Command, args: string[]): Pick<CommandInput, 'positionals' | 'values' | 'lists'> => {
  const options: Record<string, OptionOf> = { ...COMMON_OPTIONS, ...command.options }
  try {
    const { positionals, values } = parseArgs({ args, allowPositionals: true, options: options as NonNullable<ParseArgsConfig['options']> })
    const extra = values.help === true || command.most === undefined ? undefined : positionals[command.most]
    if (extra !== undefined) throw new Error(`${JSON.stringify(extra)} is one word too many.`)
    const entries = Object.entries(values)
    return {
      positionals,
      values: Object.fromEntries(entries.filter(([, value]) => !Array.isArray(value))) as Values,
      lists: Object.fromEntries(entries.filter(([, value]) => Array.isArray(value))) as Record<string, string[]>,
    }
  } catch (error) {
    throw new UsageError(`${sentenceOf(error, options)} Usage: ${command.usage}`)
  }
}

const sentenceOf = (error: unknown, options: Record<string, OptionOf>): string => {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
  const unknown = /^Unknown option '(-{1,2}[^']*)'/.exec(message)?.[1]
  if (unknown === undefined) return message
  const meant = nearest(unknown.replace(/^-+/, ''), Object.keys(options))
  return `There is no option ${unknown}${meant === null ? `; there is ${Object.keys(options).map((name) => `--${name}`).join(', ')}` : `; did you mean --${meant}?`}${meant === null ? '.' : ''}`
}

export const required = (value: string | boolean | undefined, what: string, usage: string): string => {
  if (typeof value === 'string' && value !== '') return value
  throw new UsageError(`${what} is missing. Usage: ${usage}`)
}

/** An option's text; undefined where it was not given. */
export const textOf = (values: Values, name: string): string | undefined => {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}
