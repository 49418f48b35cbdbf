import { Invalid } from '../errors.ts'
import type { SortKey } from './keyset.ts'

export type KeyValue = string | number | boolean | null

/** Where a page ended: the order, the values of its keys there, and the record. */
export const encodeCursor = (sort: string, values: readonly KeyValue[], id: string): string => Buffer.from(JSON.stringify([sort, ...values, id])).toString('base64url')

export const decodeCursor = (cursor: string, sort: string, keys: readonly SortKey[]): { values: KeyValue[]; id: string } => {
  const refuse = (detail: string) => new Invalid([{ pointer: '?cursor', code: 'invalid_cursor', detail }])
  let parts: unknown
  try { parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) } catch { throw refuse('is not one that this list gave') }
  if (!Array.isArray(parts) || typeof parts[0] !== 'string') throw refuse('is not one that this list gave')
  if (parts[0] !== sort) throw refuse(`belongs to the order ${parts[0].slice(0, 50)}; keep the sort while paging`)
  const values = parts.slice(1, -1) as unknown[]
  const id: unknown = parts.at(-1)
  // A custom field may hold a list.
  const fits = (value: unknown, place: number) => (value === null ? keys[place]?.nullable : keys[place]?.custom || ['string', 'number', 'boolean'].includes(typeof value))
  if (values.length !== keys.length || typeof id !== 'string' || !values.every(fits)) throw refuse('is not one that this list gave')
  return { values: values as KeyValue[], id }
}
