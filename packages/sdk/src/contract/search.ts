import { z } from 'zod'
import { Limit, text } from './common.ts'
import type { LedgeredNoun } from './changes.ts'
import { operation } from './operation.ts'

export const SEARCHED_NOUNS = ['companies', 'customers', 'deals', 'interactions', 'pipelines', 'tags', 'views', 'reminders'] as const satisfies readonly LedgeredNoun[]
export const SearchedNoun = z.enum(SEARCHED_NOUNS)
export type SearchedNoun = z.infer<typeof SearchedNoun>

export const SearchHit = z.strictObject({
  noun: SearchedNoun,
  id: z.string(),
  title: z.string().describe('The record\'s name, title or subject.'),
  snippet: z.string().describe('The text around the first match.'),
  score: z.number().min(0).max(1).describe('1: every word stands in the title as it was asked for. Less where a word is only a part, stands elsewhere, or differs by a letter.'),
}).meta({ id: 'SearchHit' })
export type SearchHit = z.infer<typeof SearchHit>

export const SearchResults = z.strictObject({
  items: z.array(SearchHit),
  complete: z.boolean().describe('False while many new changes are still being indexed; what they changed may be missing.'),
}).meta({ id: 'SearchResults' })
export type SearchResults = z.infer<typeof SearchResults>

export const SearchQuery = z.strictObject({
  q: text(200, 1).describe('Words, in any order; one wrong letter in a word of four is forgiven.'),
  nouns: z.string().max(200).regex(new RegExp(`^(?:${SEARCHED_NOUNS.join('|')})(?:,(?:${SEARCHED_NOUNS.join('|')}))*$`), `must be some of ${SEARCHED_NOUNS.join(', ')}`).optional().describe('Separated by commas; default: all.'),
  limit: Limit.optional().describe('1 to 200, default 50.'),
})

export const search = {
  query: operation({ id: 'search.query', method: 'get', path: '/search', summary: 'Finds records by their words, best first', scope: 'crm:read', query: SearchQuery, status: 200, answer: SearchResults }),
}
