import type { SearchedNoun, SearchResults } from '../contract/search.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

export class Search extends Resource {
  /** Finds records by their words, best first; one wrong letter in a word is forgiven. */
  query({ nouns, ...query }: { q: string; nouns?: readonly SearchedNoun[]; limit?: number }, options?: RequestOptions): ApiPromise<SearchResults> {
    return this.get('/search', options, { ...query, nouns })
  }
}
