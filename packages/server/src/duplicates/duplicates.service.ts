import { type Duplicate, type DuplicateCandidates, type DuplicateNoun, type DuplicateSide, FindDuplicates, type ProposedMerges } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { ListPage, ListQuery } from '../db/list.ts'
import type { Scoped, Within } from '../db/scoped.ts'
import { AppError, Conflict, NotFound } from '../errors.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import type { Fields, Ledger, Statement } from '../ledger/ledger.ts'
import type { ProposalsStore } from '../ledger/proposals.store.ts'
import { refused, settled } from '../ledger/settled.ts'
import type { Writes, Written } from '../ledger/writes.ts'
import type { SearchService } from '../search/search.service.ts'
import { Hopeless, type TaskHandler } from '../worker/worker.ts'
import type { DuplicatesStore, KnownPair } from './duplicates.store.ts'
import type { Finder } from './finder.ts'
import type { Follower } from './follower.ts'
import { keysOf } from './keys.ts'
import type { MergeService } from './merge.service.ts'
import { LEAST_SCORE, scorePair } from './score.ts'

interface DuplicatesDeps { store: DuplicatesStore; proposals: ProposalsStore; finder: Finder; follower: Follower; merge: MergeService; search: SearchService; scoped: Scoped; ledger: Ledger; writes: Writes; clock: Clock }

/** How long a look waits for what was just written. */
const CATCH_UP_MS = 1_500
const WINDOW = 200
const MOST_CANDIDATES = 50
const SEARCHED = 100
const LONGEST_QUERY = 200

/** Pairs that may be one: found by a task and by following the feed, decided about by people. */
export const createDuplicatesService = ({ store, proposals, finder, follower, merge, search, scoped, ledger, writes, clock }: DuplicatesDeps) => {
  const withSides = async (within: Within, pairs: Duplicate[]): Promise<Duplicate[]> => {
    const sides = new Map<string, DuplicateSide>()
    for (const noun of ['customers', 'companies'] as const) {
      const ids = pairs.filter((pair) => pair.noun === noun).flatMap(({ leftId, rightId }) => [leftId, rightId])
      for (const [id, { json }] of await scoped.findMany(within, noun, [...new Set(ids)])) sides.set(id, sideOf(JSON.parse(json) as Fields))
    }
    return pairs.map((pair) => ({ ...pair, left: sides.get(pair.leftId) ?? null, right: sides.get(pair.rightId) ?? null }))
  }

  const find = async (caller: Caller, id: string): Promise<KnownPair> => {
    requireWholeWorkspace(caller)
    await follower.catchUp(caller.workspaceId, CATCH_UP_MS)
    const pair = await store.find(caller.workspaceId, id)
    if (!pair) throw new NotFound('duplicates', id)
    return pair
  }

  const decide = async (caller: Caller, pair: KnownPair, set: { state: 'open' | 'dismissed'; changeSetId?: string | null }, also: Statement[]): Promise<Written> => {
    const [update, read] = store.update(caller.workspaceId, pair.id, { ...set, updatedAt: instant(clock()) })
    if (!update || !read) throw new Error('a pair is updated by one statement and read by another')
    // The sides are read before: they do not change with the pair.
    const [{ left, right } = { left: null, right: null }] = await withSides(caller, [pair as unknown as Duplicate])
    const tail = `,"left":${JSON.stringify(left)},"right":${JSON.stringify(right)}}`
    const outcome = await ledger.run({ workspaceId: caller.workspaceId, statements: [...also, update, read] })
    if (outcome.state === 'refused') throw outcome.refusal.reason === 'expectation' ? new Conflict('invalid_state', 'Somebody else decided about this pair just now; look at it again.') : refused(outcome.refusal)
    const json = outcome.state === 'committed' ? String(outcome.rows.at(-1)?.[0]?.json) : '{}'
    return writes.unchanged(caller, { status: 200, headers: {}, body: `${json.slice(0, -1)}${tail}` })
  }

  const retrieve = async (caller: Caller, id: string): Promise<Duplicate> => {
    await find(caller, id)
    const [json] = (await scoped.list(caller, 'duplicates', { limit: 1 }, store.is(id))).items
    const [pair] = json === undefined ? [] : await withSides(caller, [JSON.parse(json) as Duplicate])
    if (!pair) throw new NotFound('duplicates', id)
    return pair
  }

  return {
    retrieve,

    async list(caller: Caller, query: ListQuery): Promise<ListPage> {
      requireWholeWorkspace(caller)
      await follower.catchUp(caller.workspaceId, CATCH_UP_MS)
      const { items, nextCursor } = await store.list(caller, query)
      const pairs = await withSides(caller, items.map((json) => JSON.parse(json) as Duplicate))
      return { items: pairs.map((pair) => JSON.stringify(pair)), nextCursor }
    },

    /** What may be the same as one record, found just now: among what shares a key with it, and what the search finds by its name. */
    async candidates(caller: Caller, noun: DuplicateNoun, id: string): Promise<DuplicateCandidates> {
      const { workspaceId } = caller
      const found = await scoped.find(caller, noun, id)
      if (!found) throw new NotFound(noun, id)
      const fields = JSON.parse(found.json) as Fields
      await follower.catchUp(workspaceId, CATCH_UP_MS)
      const met = (await finder.meetings(workspaceId, new Map([[id, keysOf(noun, workspaceId, fields)]]))).get(id) ?? new Set<string>()
      const named = (await search.ids(caller, noun, String(fields.name).slice(0, LONGEST_QUERY))).slice(0, SEARCHED)
      const dismissed = new Set((await store.pairsOf(workspaceId, [id])).filter(({ state }) => state === 'dismissed').flatMap(({ leftId, rightId }) => [leftId, rightId]))
      const ids = [...new Set([...met, ...named])].filter((other) => other !== id && !dismissed.has(other))
      const scored = [...(await scoped.findMany(caller, noun, ids))].flatMap(([other, { json, archivedAt }]) => {
        const record = JSON.parse(json) as Fields
        const { score, reasons } = scorePair(noun, fields, record)
        return archivedAt === null && score >= LEAST_SCORE ? [{ id: other, score, reasons, record: sideOf(record) }] : []
      })
      return { items: scored.sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)).slice(0, MOST_CANDIDATES) }
    },

    async dismiss(caller: Caller, id: string): Promise<Written> {
      const pair = await find(caller, id)
      if (pair.state === 'merged') throw new Conflict('invalid_state', 'These two were merged. Undo the change set that did it first.')
      // The proposal to merge them is answered with it.
      const rejected = pair.setState === 'proposed' && pair.changeSetId !== null ? [proposals.reject(caller.workspaceId, pair.changeSetId, caller.actor, 'The two are not the same.')] : []
      return decide(caller, pair, { state: 'dismissed' }, rejected)
    },

    async reopen(caller: Caller, id: string): Promise<Written> {
      const pair = await find(caller, id)
      if (pair.state === 'merged') throw new Conflict('invalid_state', 'These two were merged. Undo the change set that did it, and the pair is open again.')
      return decide(caller, pair, { state: 'open', ...(pair.setState === 'rejected' ? { changeSetId: null } : {}) }, [])
    },

    /** Proposals to merge, the likeliest pairs first; of each record at most one at a time, for what it is merged into may be merged on. */
    async propose(caller: Caller, { noun, minScore, limit }: { noun: DuplicateNoun; minScore: number; limit: number }): Promise<Written> {
      requireWholeWorkspace(caller)
      const { workspaceId } = caller
      await follower.catchUp(workspaceId, CATCH_UP_MS)
      const busy = await store.underProposal(workspaceId, noun)
      const pairs = await store.proposable(workspaceId, noun, minScore, 4 * limit + 1)
      const items: ProposedMerges['items'] = []
      let more = pairs.length > 4 * limit
      for (const pair of pairs) {
        if (busy.has(pair.leftId) || busy.has(pair.rightId)) continue
        if (items.length >= limit) {
          more = true
          break
        }
        const chosen = await survivorOf(caller, pair)
        const changeSetId = chosen && (await proposed(caller, pair, chosen))
        if (!chosen || !changeSetId) continue
        items.push({ duplicateId: pair.id, changeSetId, ...chosen, score: pair.score })
        busy.add(pair.leftId).add(pair.rightId)
      }
      return writes.unchanged(caller, { status: 200, headers: {}, body: JSON.stringify({ items, more } satisfies ProposedMerges) })
    },

    /** The task `find-duplicates`: every record, or those changed since, window by window; a repetition finds the same. */
    handler: (async (task, { caller: { workspaceId }, progress, signal }) => {
      const parsed = FindDuplicates.safeParse(task.payload)
      if (!parsed.success) throw new Hopeless('This task wants {"noun": "customers" or "companies", "since"?: an instant}.')
      const { noun, since } = parsed.data
      const from = since === undefined ? null : instant(Date.parse(since))
      const total = await store.count(workspaceId, noun, from)
      let compared = 0
      for (let after = ''; ;) {
        signal.throwIfAborted()
        const rows = await store.page(workspaceId, noun, after, from, WINDOW)
        const statements = await finder.look(workspaceId, noun, rows.map(({ id, json }) => ({ id, fields: JSON.parse(json) as Fields })), instant(clock()))
        if (statements.length > 0) settled(await ledger.run({ workspaceId, statements }))
        compared += rows.length
        await progress(total === 0 ? 1 : Math.min(1, compared / total), `${compared} of ${total} ${noun} compared`)
        if (rows.length < WINDOW) return { noun, compared, open: await store.countOpen(workspaceId, noun) }
        after = rows.at(-1)?.id ?? after
      }
    }) satisfies TaskHandler,
  }

  /** The one of which more is known stays; of two alike the older. */
  async function survivorOf(caller: Caller, { noun, leftId, rightId }: KnownPair): Promise<{ keepId: string; mergeId: string } | null> {
    const found = await scoped.findMany(caller, noun, [leftId, rightId])
    const [left, right] = [found.get(leftId), found.get(rightId)]
    if (!left || !right || left.archivedAt !== null || right.archivedAt !== null) return null
    const [more, other] = [knownOf(JSON.parse(left.json) as Fields), knownOf(JSON.parse(right.json) as Fields)]
    return other > more ? { keepId: rightId, mergeId: leftId } : { keepId: leftId, mergeId: rightId }
  }

  async function proposed(caller: Caller, pair: KnownPair, { keepId, mergeId }: { keepId: string; mergeId: string }): Promise<string | null> {
    try {
      const { headers } = await merge.merge({ ...caller, mode: 'propose', once: null, ifMatch: null }, pair.noun, { keepId, mergeIds: [mergeId] }, { sourceId: pair.id, withProposal: (changeSetId) => [store.proposed(caller.workspaceId, pair, changeSetId, instant(clock()))] })
      return headers['flowstate-change-set'] ?? null
    } catch (error) {
      // Merged, archived or proposed by someone else just now; or not to be merged without a choice of a person's.
      if (error instanceof AppError && error.code !== 'unavailable' && error.code !== 'storage_full') return null
      throw error
    }
  }
}
export type DuplicatesService = ReturnType<typeof createDuplicatesService>

const sideOf = ({ id, name, email, phone, domain, archivedAt }: Fields): DuplicateSide => ({
  id: String(id), name: String(name), detail: [email, phone, domain].filter((value) => typeof value === 'string' && value !== '').join(' · ') || null, archivedAt: (archivedAt ?? null) as string | null,
})
const knownOf = (fields: Fields): number => Object.values(fields).filter((value) => value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)).length
