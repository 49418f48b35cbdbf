import type { FieldError } from '@flowstate-ai/sdk/contract'
import type { z } from 'zod'
import { AppError, Invalid } from '../errors.ts'
import { nearest } from '../nearest.ts'
import { words } from './words.ts'

export const validateBody = <Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> => {
  const parsed = schema.safeParse(value, { error: words, reportInput: true })
  if (parsed.success) return parsed.data
  throw new Invalid(parsed.error.issues.flatMap((issue) => fieldErrors(issue, (path) => path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''))))
}

/** A query string without its question mark, each name once; a name that the contract does not know is refused, so that a misspelt filter cannot pass unseen. */
export const validateQuery = <Schema extends z.ZodType>(schema: Schema | undefined, text: string): z.output<Schema> | undefined => {
  const known = schema && KNOWN.get(schema)?.get(text)
  if (known) return { ...known } as z.output<Schema>
  const parsed = parseQuery(schema, text)
  if (schema && typeof parsed === 'object' && parsed !== null && text.length <= LONGEST_KNOWN) remember(schema, text, parsed)
  return parsed
}

/** Pages ask for the same lists again and again: what a query came to is kept, for it follows from its text alone. */
const KNOWN = new WeakMap<z.ZodType, Map<string, object>>()
const MOST_KNOWN = 500
const LONGEST_KNOWN = 300
const remember = (schema: z.ZodType, text: string, parsed: object): void => {
  const queries = KNOWN.get(schema) ?? new Map<string, object>()
  KNOWN.set(schema, queries)
  if (queries.size >= MOST_KNOWN) queries.clear()
  queries.set(text, { ...parsed })
}

const parseQuery = <Schema extends z.ZodType>(schema: Schema | undefined, text: string): z.output<Schema> | undefined => {
  const entries = text === '' ? [] : [...new URLSearchParams(text)]
  const query: Record<string, string> = {}
  for (const [name, value] of entries) {
    if (Object.hasOwn(query, name)) throw new Invalid([{ pointer: `?${name}`, code: 'repeated', detail: 'is given twice' }])
    if (name.includes('\u0000') || value.includes('\u0000')) throw new Invalid([{ pointer: `?${name.replaceAll('\u0000', '')}`, code: 'invalid_format', detail: 'must not contain NUL' }])
    query[name] = value
  }
  if (!schema) {
    if (query.mode !== undefined) throw modeNotSupported()
    const [unknown] = Object.keys(query)
    if (unknown !== undefined) throw new Invalid([{ pointer: `?${unknown}`, code: 'unrecognized_keys', detail: 'is not a parameter of this route' }])
    return undefined
  }
  const parsed = schema.safeParse(query, { error: words, reportInput: true })
  if (parsed.success) return parsed.data
  if (parsed.error.issues.some((issue) => issue.code === 'unrecognized_keys' && issue.keys.includes('mode'))) throw modeNotSupported()
  throw new Invalid(parsed.error.issues.flatMap((issue) => fieldErrors(issue, ([name = '']) => `?${String(name)}`, knownTo(schema))))
}

const modeNotSupported = () => new AppError('mode_not_supported', 'Only writes of CRM records can be proposed or rehearsed; send this request without ?mode.')

/** The parameters of a query, for who misspelt one. */
const knownTo = (schema: z.ZodType): string[] => ('shape' in schema && typeof schema.shape === 'object' && schema.shape !== null ? Object.keys(schema.shape) : [])
const meaning = (key: string, known: readonly string[]): string => {
  const meant = nearest(key, known)
  return meant === null ? '' : `; did you mean ${meant}?`
}

const fieldErrors = (issue: z.core.$ZodIssue, pointerOf: (path: PropertyKey[]) => string, known: readonly string[] = []): FieldError[] => {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), code: issue.code, detail: `is not a property this route knows${meaning(key, known)}` }))
  }
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors.flat().at(-1)
    if (deepest) return fieldErrors({ ...deepest, path: [...issue.path, ...deepest.path] } as z.core.$ZodIssue, pointerOf)
  }
  return [{ pointer: pointerOf(issue.path), code: issue.code === 'invalid_type' && issue.input === undefined ? 'required' : issue.code, detail: issue.message }]
}
