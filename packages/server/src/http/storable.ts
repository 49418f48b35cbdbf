import type { FieldError } from '@flowstate-ai/sdk/contract'

/** NUL and lone surrogates: JSON can spell them by escapes alone, PostgreSQL stores neither, and UTF-8 has no lone surrogates. */
const ESCAPED = /\\u(?:0000|d[89a-f][0-9a-f]{2})/i

/** Whether a JSON text may hold what cannot be stored; only then is it worth a walk. */
export const maybeUnstorable = (json: string): boolean => ESCAPED.test(json)

export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000')

/** Each text in a JSON value that no database of ours could give back as it came, names of properties included. */
export const unstorable = (value: unknown, pointer = ''): FieldError[] => {
  const refuse = (at: string): FieldError => ({ pointer: at, code: 'invalid_format', detail: 'must be Unicode text without NUL and without lone surrogates' })
  if (typeof value === 'string') return isStorable(value) ? [] : [refuse(pointer)]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, child]) => (isStorable(name) ? unstorable(child, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`) : [refuse(pointer)]))
}
