import { textOf, type Values } from './command.ts'

/** A word as a shell takes it. */
export const shellWord = (word: string): string => (/^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** The options by which another command reaches the same records, as this one was given them. */
export const sameData = (values: Values): string => ['workspace', 'data'].map((name) => {
  const value = textOf(values, name)
  return value === undefined ? '' : ` --${name} ${shellWord(value)}`
}).join('')
