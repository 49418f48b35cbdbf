import type { Within } from '../db/scoped.ts'
import type { Fields } from '../ledger/ledger.ts'
import type { NameOf } from './cells.ts'
import type { ExportColumn, RelatedName, RelatedNoun } from './columns.ts'
import type { ExportsStore } from './exports.store.ts'

const MOST_REMEMBERED = 20_000

/** Looks up, page by page, what the records are called that a page points to; remembers a bounded number of them. */
export const createNames = (store: ExportsStore, within: Within, columns: readonly ExportColumn[]) => {
  const known = new Map<string, string>()
  const keyOf = (show: RelatedName, id: string) => `${show}:${id}`
  const pointing = columns.flatMap((column) => (
    column.kind === 'related' ? [{ noun: column.noun as RelatedNoun | 'tags', show: column.show, field: column.field }]
      : column.kind === 'tags' ? [{ noun: 'tags' as const, show: 'name' as const, field: column.field }] : []))

  const learn = async (records: readonly Fields[]): Promise<void> => {
    if (known.size > MOST_REMEMBERED) known.clear()
    for (const { noun, show, field } of pointing) {
      const ids = new Set(records.flatMap((record) => record[field] as string | string[] | null ?? []).filter((id) => !known.has(keyOf(show, id))))
      if (ids.size === 0) continue
      const found = await store.names(within, noun, show, [...ids])
      for (const id of ids) known.set(keyOf(show, id), found.get(id) ?? '')
    }
  }
  const nameOf: NameOf = (show, id) => known.get(keyOf(show, id)) ?? ''
  return { learn, nameOf }
}
