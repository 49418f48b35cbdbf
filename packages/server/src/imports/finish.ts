import type { ImportNoun } from '@flowstate-ai/sdk/contract'
import type { Fields } from '../ledger/ledger.ts'
import type { RowReader } from './draft.ts'

/** What a noun makes of a row besides its columns: fields that stand on several of them. */
export const finishDraft = (noun: ImportNoun, fields: Fields, row: RowReader): Fields => FINISH[noun]?.(fields, row) ?? {}

const FINISH: Partial<Record<ImportNoun, (fields: Fields, row: RowReader) => Fields>> = {
  customers(fields, { textOf }) {
    const name = textOf('name') ?? ([textOf('firstName'), textOf('lastName')].filter(Boolean).join(' ') || null)
    // Somebody known by an address alone is named by it, as mail programs do.
    return { name: name ?? (typeof fields.email === 'string' ? fields.email : null) }
  },

  deals(fields, { textOf, links, custom, reject }) {
    const { engageDate, closeDate, ...own } = fields as Record<string, unknown> & { engageDate?: string | null; closeDate?: string | null }
    const product = textOf('product')
    if (engageDate && closeDate && closeDate < engageDate) reject('closeDate', `${closeDate} lies before ${engageDate}, when the deal began`)
    if (engageDate) custom.engageDate = engageDate
    if (product !== null) custom.product = product
    const closed = links.stage !== undefined && links.stage.kind !== 'open'
    return {
      engageDate: null, closeDate: null, closedAt: closed ? own.closedAt : null,
      title: own.title ?? ([product, textOf('company')].filter(Boolean).join(' · ') || textOf('externalId')),
      ...(closeDate ? { expectedCloseDate: closeDate, ...(closed && !own.closedAt ? { closedAt: `${closeDate}T00:00:00.000Z` } : {}) } : {}),
    }
  },

  interactions: (fields) => ({ kind: fields.kind ?? 'note' }),
}
