import type { SearchedNoun } from '@flowstate-ai/sdk/contract'
import type { Fields } from '../ledger/ledger.ts'

const LONGEST_BODY = 8_000

/** What a record is found by: its title, and whatever else of it people would type. */
export const documentOf = (noun: SearchedNoun, fields: Fields): { title: string; body: string } => {
  const { title, body } = SHAPES[noun]
  const texts = [...body.map((name) => fields[name]), ...Object.values((fields.customFields ?? {}) as Fields).flat()]
  return { title: String(fields[title] ?? ''), body: texts.filter((value) => typeof value === 'string' || typeof value === 'number').join(' · ').slice(0, LONGEST_BODY) }
}

const SHAPES: Record<SearchedNoun, { title: string; body: string[] }> = {
  companies: { title: 'name', body: ['domain', 'industry', 'country', 'description', 'externalId'] },
  customers: { title: 'name', body: ['email', 'phone', 'title', 'description', 'externalId'] },
  deals: { title: 'title', body: ['description', 'wonReason', 'lostReason', 'externalId'] },
  interactions: { title: 'subject', body: ['kind', 'body', 'externalId'] },
  pipelines: { title: 'name', body: [] },
  tags: { title: 'name', body: [] },
  views: { title: 'name', body: [] },
}

/** Whether a change of these fields, named as in the feed, changes what a record is found by. */
export const isFoundBy = (noun: SearchedNoun, names: readonly string[]): boolean =>
  names.some((name) => name === SHAPES[noun].title || SHAPES[noun].body.includes(name) || name.startsWith('customFields.') || (noun === 'views' && name === 'shared'))
