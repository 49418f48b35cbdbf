import type { Change as FeedChange, DuplicateNoun } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Scoped } from '../db/scoped.ts'
import { followFeed } from '../ledger/follow-feed.ts'
import type { Fields, Ledger, Statement } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import type { Tail } from '../ledger/tail.ts'
import type { Log } from '../log.ts'
import type { DuplicatesStore } from './duplicates.store.ts'
import type { Finder } from './finder.ts'

interface FollowerDeps { tail: Tail; scoped: Scoped; ledger: Ledger; store: DuplicatesStore; finder: Finder; clock: Clock; log: Log }

const PART = 200
/** Parts in which nothing is to be compared are passed over, so many in one go. */
const MOST_PASSED = 25
const QUIET_MS = 150
const LOADED_MS = 1_000
/** A part a second beside an import would find nothing sooner, and slow all others down. */
const BULK = 500
/** Changes of other fields make two records neither more nor less alike. */
const COMPARED: ReadonlySet<string> = new Set(['name', 'email', 'phone', 'companyId', 'domain', 'country'])

/** Follows the feed: what was created or changed is compared with the rest a moment later. It writes nothing but pairs and their keys. */
export const createFollower = ({ tail, scoped, ledger, store, finder, clock, log }: FollowerDeps) => {
  /** Takes one part; answers whether there may be more. */
  const step = async (workspaceId: string): Promise<boolean> => {
    const from = await store.comparedSeq(workspaceId)
    let to = from
    let touched: FeedChange[] = []
    let full = true
    for (let part = 0; part < MOST_PASSED && full && touched.length === 0; part++) {
      const changes = await tail.since(workspaceId, to, PART)
      to = changes.at(-1)?.seq ?? to
      full = changes.length === PART
      touched = changes.filter(concerns)
    }
    if (to === from) return false
    const at = instant(clock())
    const statements: Statement[] = [store.follow(workspaceId, from, to)]
    for (const noun of ['customers', 'companies'] as const) {
      const ids = [...new Set(touched.filter((change) => change.noun === noun).map(({ id }) => id))]
      if (ids.length === 0) continue
      // What was merged is marked first: then it is no pair that vanishes.
      const merges = marked(workspaceId, touched.filter((change) => change.noun === noun), at)
      if (merges.length > 0) written(await ledger.run({ workspaceId, statements: merges }))
      const now = await scoped.findMany({ workspaceId, records: null }, noun, ids)
      const records = ids.map((id) => {
        const found = now.get(id)
        return { id, fields: found && found.archivedAt === null ? (JSON.parse(found.json) as Fields) : null }
      })
      statements.push(...(await finder.look(workspaceId, noun, records, at)))
    }
    // Another server has followed this part: look again from where it stands now.
    return !written(await ledger.run({ workspaceId, statements })) || full
  }

  const marked = (workspaceId: string, changes: readonly FeedChange[], at: string): Statement[] => {
    const statements: Statement[] = []
    for (const { id, op, fields, changeSetId } of changes) {
      const into = fields.mergedIntoId?.to
      if (op !== 'archive' || typeof into !== 'string') continue
      statements.push(store.merged(workspaceId, id < into ? id : into, id < into ? into : id, changeSetId, at))
    }
    return statements
  }

  return followFeed({ tail, log, quietMs: QUIET_MS, loadedMs: LOADED_MS, bulk: BULK, reached: store.comparedSeq, step, failed: 'The search for duplicates could not follow; it will try again' })
}
export type Follower = ReturnType<typeof createFollower>

const concerns = ({ noun, op, fields }: FeedChange): boolean =>
  isCompared(noun) && (op !== 'update' || Object.keys(fields).some((name) => COMPARED.has(name)))
const isCompared = (noun: string): noun is DuplicateNoun => noun === 'customers' || noun === 'companies'

const written = (outcome: Awaited<ReturnType<Ledger['run']>>): boolean => {
  if (outcome.state !== 'refused') return true
  if (outcome.refusal.reason !== 'expectation') throw refused(outcome.refusal)
  return false
}
