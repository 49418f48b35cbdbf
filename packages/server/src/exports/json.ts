import type { Fields } from '../ledger/ledger.ts'
import type { NameOf } from './cells.ts'
import type { ExportColumn } from './columns.ts'

/** What a record's tags are called in JSONL, where `tags` are their ids. */
const TAG_NAMES = 'tagNames'

/** A record's JSON as a line of JSONL: untouched, with the names of what it points to behind it, so that it can be read where those ids mean nothing. */
export const withNames = (json: string, columns: readonly ExportColumn[], record: Fields | undefined, nameOf: NameOf): string => {
  if (record === undefined) return json
  const names = Object.fromEntries(columns.flatMap((column): [string, string | string[] | null][] => {
    const value = 'field' in column ? record[column.field] : undefined
    if (column.kind === 'tags') return [[TAG_NAMES, ((value ?? []) as string[]).map((id) => nameOf('name', id)).filter((name) => name !== '')]]
    return column.kind === 'related' ? [[column.header, (typeof value === 'string' && nameOf(column.show, value)) || null]] : []
  }))
  return `${json.slice(0, -1)},${JSON.stringify(names).slice(1)}`
}
