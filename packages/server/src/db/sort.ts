import type { ListSpec } from '@flowstate-ai/sdk/contract'
import { Invalid } from '../errors.ts'

export interface SortKey { field: string; descending: boolean }
const MOST_KEYS = 4

/** `-value,title`: what a list is sorted by, first key first. */
export const sortOf = (spec: ListSpec, text: string, pointer: string): SortKey[] => {
  const keys = text.split(',').map((part) => (part.startsWith('-') ? { field: part.slice(1), descending: true } : { field: part, descending: false }))
  const refuse = (detail: string) => new Invalid([{ pointer, code: 'invalid_value', detail }])
  if (keys.length > MOST_KEYS) throw refuse(`takes at most ${MOST_KEYS} fields`)
  const twice = keys.find(({ field }, index) => keys.findIndex((key) => key.field === field) !== index)
  if (twice) throw refuse(`names ${twice.field} twice`)
  const unknown = keys.find(({ field }) => !spec.sorts.includes(field) && !/^customFields\.[a-zA-Z]\w{0,62}$/.test(field))
  if (unknown) throw refuse(`cannot sort by ${unknown.field || 'nothing'}; there is ${spec.sorts.join(', ')}, or customFields.x`)
  return keys
}
