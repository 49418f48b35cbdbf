import type { FilterOp, FilterTree } from '@flowstate-ai/sdk/contract'

const NAME = /^customFields\.([a-zA-Z]\w{0,62})(?:\[(\w+)\])?$/
const NUMBER = /^-?\d+(?:\.\d+)?$/

/**
 * The custom fields of a query string as conditions. A query string has no types: `5` finds the number and the text, and
 * `true` the boolean and the text; in quotes, `"5"`, it is text alone.
 */
export const customTree = (query: Record<string, string | number | undefined>): FilterTree[] =>
  Object.entries(query).flatMap(([name, given]) => {
    const [, key, op = 'eq'] = NAME.exec(name) ?? []
    return key === undefined || given === undefined ? [] : [conditionOf(`customFields.${key}`, op as FilterOp, String(given))]
  })

const conditionOf = (field: string, op: FilterOp, text: string): FilterTree => {
  if (text === 'null') return { field, op: 'empty', value: op !== 'ne' }
  if (op === 'contains' || op === 'startsWith') return { field, op, value: text }
  if (op === 'in') return { field, op, value: text.split(',').flatMap(readings).filter((value) => typeof value !== 'boolean') as (string | number)[] }
  const read = readings(text)
  if (op === 'ne') return { and: read.map((value) => ({ field, op, value })) }
  return { or: [...read.map((value) => ({ field, op, value })), ...(op === 'eq' ? [{ field, op: 'holds' as const, value: unquoted(text) }] : [])] }
}

const readings = (text: string): (string | number | boolean)[] => {
  if (/^".*"$/s.test(text)) return [unquoted(text)]
  if (NUMBER.test(text)) return [Number(text), text]
  if (text === 'true' || text === 'false') return [text === 'true', text]
  return [text]
}
const unquoted = (text: string): string => text.replace(/^"(.*)"$/s, '$1')
