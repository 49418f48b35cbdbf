import { type LedgeredNoun, SEARCHED_NOUNS, type SearchedNoun, type SearchResults } from '@flowstate-ai/sdk/contract'
import type { Scoped, Within } from '../db/scoped.ts'
import type { Indexer } from './indexer.ts'
import { rank, type Ranked, type SearchDoc } from './rank.ts'
import type { SearchStore } from './search.store.ts'
import { queryWords } from './words.ts'

/** How long a search waits for what was just written. */
const CATCH_UP_MS = 1_500
const DEFAULT_LIMIT = 50
/** A list's `q` filters by so many records at most, the best. */
const MOST_IDS = 500
/** Met at least so well, a record needs no forgiving. */
const GOOD = 0.72
const SHORTEST_LONG = 5

export const createSearchService = ({ store, indexer, scoped }: { store: SearchStore; indexer: Indexer; scoped: Scoped }) => {
  const visible = async (within: Within, docs: SearchDoc[]): Promise<SearchDoc[]> => {
    if (!within.records) return docs
    const seen = new Set<string>()
    for (const noun of new Set(docs.map((doc) => doc.noun))) for (const id of await scoped.visibleIds(within, noun as LedgeredNoun, docs.filter((doc) => doc.noun === noun).map(({ id: each }) => each))) seen.add(id)
    return docs.filter(({ id }) => seen.has(id))
  }

  /** The best first; what differs by a letter is only looked for where too little is met as it was asked. */
  const find = async (within: Within, q: string, nouns: readonly SearchedNoun[], limit: number): Promise<Ranked[]> => {
    const words = queryWords(q)
    if (words.length === 0) return []
    const found = new Map<string, SearchDoc>()
    const take = async (docs: Promise<SearchDoc[]>) => { for (const doc of await visible(within, await docs)) found.set(doc.id, doc) }
    const ranked = () => rank(words, [...found.values()], limit)
    await take(store.exact(within.workspaceId, nouns, words))
    if (ranked().filter(({ score }) => score >= GOOD).length >= Math.min(limit, 5)) return ranked()
    await take(store.fuzzy(within.workspaceId, nouns, words))
    if (ranked().some(({ score }) => score >= GOOD * 0.9)) return ranked()
    for (const word of words.filter(({ length }) => length < SHORTEST_LONG)) await take(store.short(within.workspaceId, nouns, word))
    return ranked()
  }

  return {
    async search(within: Within, { q, nouns, limit = DEFAULT_LIMIT }: { q: string; nouns?: string | undefined; limit?: number | undefined }): Promise<SearchResults> {
      const complete = await indexer.catchUp(within.workspaceId, CATCH_UP_MS)
      const asked = nouns === undefined ? SEARCHED_NOUNS.filter((noun) => noun !== 'views' || within.records === null) : (nouns.split(',') as SearchedNoun[])
      const items = (await find(within, q, asked, limit)).map(({ doc, score, snippet }) => ({ noun: doc.noun as SearchedNoun, id: doc.id, title: doc.title, snippet, score }))
      return { items, complete }
    },

    /** The records of a noun that a list's `q` keeps. */
    async ids(within: Within, noun: SearchedNoun, q: string): Promise<string[]> {
      await indexer.catchUp(within.workspaceId, CATCH_UP_MS)
      return (await find(within, q, [noun], MOST_IDS)).map(({ doc }) => doc.id)
    },
  }
}
export type SearchService = ReturnType<typeof createSearchService>
