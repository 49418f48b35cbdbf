import { FieldKey } from '@flowstate-ai/sdk/contract'
import type { Dialect } from './columns.ts'

/**
 * A custom field's value as an SQL expression, written out: only then does an index on it serve. Numbers compare as numbers and text
 * as text on both databases; on PostgreSQL it is jsonb.
 */
export const customValue = (dialect: Dialect, key: string): string => {
  if (!FieldKey.safeParse(key).success) throw new Error(`${key} is no key of a custom field`)
  return dialect === 'sqlite' ? `json_extract(custom_fields, '$.${key}')` : `custom_fields -> '${key}'`
}

/** The name of the index that keeps filtering by a custom field fast; one serves the key in every workspace. */
export const customIndex = (noun: string, key: string): string => `cf_${noun}_${key.toLowerCase()}`
