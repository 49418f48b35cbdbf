import { SEARCHED_NOUNS, type SearchedNoun } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import { followFeed } from '../ledger/follow-feed.ts'
import type { Fields, Ledger } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import type { Tail } from '../ledger/tail.ts'
import type { Log } from '../log.ts'
import { documentOf, isFoundBy } from './documents.ts'
import type { IndexedDoc, SearchStore } from './search.store.ts'

interface IndexerDeps { tail: Tail; scoped: Scoped; ledger: Ledger; store: SearchStore; log: Log }

const PART = 200
/** The index follows when the writing pauses; under unbroken load it takes a part now and then. */
const QUIET_MS = 100
const LOADED_MS = 500

/** Follows the feed into the search index: what is found is what is there, a moment later. It writes nothing but the index. */
export const createIndexer = ({ tail, scoped, ledger, store, log }: IndexerDeps) => {
  /** Indexes one part; answers whether there may be more. */
  const step = async (workspaceId: string): Promise<boolean> => {
    const from = await store.indexedSeq(workspaceId)
    const changes = await tail.since(workspaceId, from, PART)
    const last = changes.at(-1)
    if (!last) return false
    const touched = new Map<SearchedNoun, Set<string>>()
    for (const { noun, id, op, fields } of changes) if (isSearched(noun) && (op !== 'update' || isFoundBy(noun, Object.keys(fields)))) touched.set(noun, (touched.get(noun) ?? new Set()).add(id))
    const docs: IndexedDoc[] = []
    for (const [noun, ids] of touched) {
      for (const [id, { json, archivedAt }] of await scoped.findMany({ workspaceId, records: null }, noun, [...ids])) {
        const fields = JSON.parse(json) as Fields
        // A view that is not shared is its maker's alone.
        if (archivedAt === null && (noun !== 'views' || fields.shared === true)) docs.push({ noun, id, ...documentOf(noun, fields) })
      }
    }
    const outcome = await ledger.run({ workspaceId, statements: store.replace(workspaceId, [...touched.values()].flatMap((ids) => [...ids]), docs, from, last.seq) })
    // Another server has indexed this part: look again from where it stands now.
    if (outcome.state === 'refused' && outcome.refusal.reason !== 'expectation') throw refused(outcome.refusal)
    return changes.length === PART || outcome.state === 'refused'
  }

  return followFeed({ tail, log, quietMs: QUIET_MS, loadedMs: LOADED_MS, reached: store.indexedSeq, step, failed: 'The search index could not follow; it will try again' })
}
export type Indexer = ReturnType<typeof createIndexer>

const isSearched = (noun: string): noun is SearchedNoun => (SEARCHED_NOUNS as readonly string[]).includes(noun)
