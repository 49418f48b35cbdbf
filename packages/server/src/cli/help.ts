import { COMMON_OPTIONS, type Command, type OptionOf } from './command.ts'
import { nearest } from '../nearest.ts'

const WIDTH = 100

/** All there is to know of a command, in the order in which one asks. */
export const helpOf = (name: string, command: Command): string => {
  const { summary, usage, help, options = {}, examples = [], exits = {} } = command
  return [
    summary, '',
    `Usage: ${usage}`, '',
    ...(help === undefined ? [] : [...help.split('\n').flatMap((line) => wrapped(line, '')), '']),
    ...(Object.keys(options).length === 0 ? [] : ['Options:', ...optionLines(options), '']),
    'Everywhere:', ...optionLines(COMMON_OPTIONS), '',
    ...(examples.length === 0 ? [] : ['Examples:', ...examples.flatMap(([line, does]) => [`  # ${does}`, `  ${line}`]), '']),
    `Exits with 0 when it is done, 1 when it could not be, 2 when ${name} was called wrongly, 78 when a setting cannot stand${Object.entries(exits).map(([code, says]) => `, ${code} ${says}`).join('')}.`, '',
  ].join('\n')
}

const optionLines = (options: Record<string, OptionOf>): string[] => {
  const heads = Object.entries(options).map(([name, { short, value, type, says = '' }]) => ({ head: `--${name}${type === 'string' ? ` ${value ?? 'TEXT'}` : ''}${short === undefined ? '' : `, -${short}`}`, says }))
  const column = Math.max(...heads.map(({ head }) => head.length)) + 4
  return heads.flatMap(({ head, says }) => {
    const [first = '', ...rest] = wrapped(says, ' '.repeat(column))
    return [`  ${head.padEnd(column - 2)}${first.trimStart()}`, ...rest]
  })
}

const wrapped = (text: string, indent: string): string[] => {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(' ')) {
    if (line.trim() !== '' && line.length + word.length + 1 > WIDTH) {
      lines.push(line)
      line = indent
    }
    line += line.trim() === '' ? word : ` ${word}`
  }
  return [...lines, line]
}

/** The commands by what one wants to do. */
export const overview = (groups: Readonly<Record<string, Readonly<Record<string, Command>>>>): string => {
  const shown = Object.entries(groups).map(([title, commands]) => [title, Object.entries(commands).filter(([, { hidden }]) => hidden !== true)] as const)
  const column = Math.max(...shown.flatMap(([, commands]) => commands.map(([name]) => name.length))) + 4
  return [
    'Flowstate-AI, the CRM that lives inside other people\'s software.', '',
    'Usage: flowstate <command> [--data DIR] [--json] [--help]', '',
    ...shown.flatMap(([title, commands]) => [title, ...commands.flatMap(([name, { summary }]) => {
      const [first = '', ...rest] = wrapped(summary, ' '.repeat(column))
      return [`  ${name.padEnd(column - 2)}${first.trimStart()}`, ...rest]
    }), '']),
    'A command that is given the data directory of a running server goes through that server.',
    'flowstate <command> --help tells its options, with examples. flowstate --version tells the version.', '',
  ].join('\n')
}

export const unknownCommand = (given: string, names: readonly string[]): string => {
  const meant = nearest(given, names) ?? nearest(given.split(' ')[0] ?? '', names)
  return `There is no command ${given}. ${meant === null ? 'flowstate --help lists them.' : `Did you mean flowstate ${meant}?`}\n`
}
