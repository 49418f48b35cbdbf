import type { DuplicateNoun } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import { newId } from '../ids.ts'
import { createBreath } from '../ledger/breath.ts'
import type { Fields, Statement } from '../ledger/ledger.ts'
import type { DuplicatesStore, FoundPair, KeyRow, KnownPair } from './duplicates.store.ts'
import { keysOf } from './keys.ts'
import { LEAST_SCORE, scorePair } from './score.ts'

/** A record as it is now; `fields` is null when it is archived or gone. */
export interface Looked { id: string; fields: Fields | null }

/** A key that more records hold tells nothing: comparing each with each would take their square. */
export const MOST_HOLDERS = 60
const READ_AT_ONCE = 100

/** Looks for what may be the same as some records, among all that share a key with them. Reads; what is found it answers as statements. */
export const createFinder = ({ store, scoped }: { store: DuplicatesStore; scoped: Scoped }) => {
  /** Who shares a key with whom: pairs whose first is one of the records. Records that are not yet stored meet here too. */
  const meetings = async (workspaceId: string, keyed: ReadonlyMap<string, readonly number[]>): Promise<Map<string, Set<string>>> => {
    const here = new Map<number, string[]>()
    for (const [id, keys] of keyed) for (const key of keys) here.set(key, [...(here.get(key) ?? []), id])
    const stored = await store.holders(workspaceId, [...here.keys()], MOST_HOLDERS + 1)
    const met = new Map<string, Set<string>>()
    for (const [key, ids] of here) {
      // Of the records themselves the stored keys may be out of date.
      const all = new Set([...ids, ...(stored.get(key) ?? []).filter((id) => !keyed.has(id))])
      if (all.size < 2 || all.size > MOST_HOLDERS) continue
      for (const id of ids) {
        const others = met.get(id) ?? new Set()
        for (const other of all) if (other !== id) others.add(other)
        met.set(id, others)
      }
    }
    return met
  }

  const readLive = async (workspaceId: string, noun: DuplicateNoun, ids: readonly string[], breath: () => Promise<void>): Promise<Map<string, Fields>> => {
    const found = new Map<string, Fields>()
    for (let start = 0; start < ids.length; start += READ_AT_ONCE) {
      for (const [id, { json, archivedAt }] of await scoped.findMany({ workspaceId, records: null }, noun, ids.slice(start, start + READ_AT_ONCE))) if (archivedAt === null) found.set(id, JSON.parse(json) as Fields)
      await breath()
    }
    return found
  }

  /** Only what differs from what is known is written: comparing all again writes nothing. */
  const keyStatements = async (workspaceId: string, ids: readonly string[], keyed: ReadonlyMap<string, readonly number[]>): Promise<Statement[]> => {
    const known = await store.keysOf(workspaceId, ids)
    const over = [...known].flatMap(([id, keys]) => [...keys].filter((key) => !keyed.get(id)?.includes(key)).map((key): KeyRow => [id, key]))
    const added = [...keyed].flatMap(([id, keys]) => keys.filter((key) => !known.get(id)?.has(key)).map((key): KeyRow => [id, key]))
    return [...store.dropKeys(workspaceId, over), ...store.addKeys(workspaceId, added)]
  }

  return {
    meetings,

    /** The statements that bring keys and pairs of these records up to date. */
    async look(workspaceId: string, noun: DuplicateNoun, records: readonly Looked[], at: string): Promise<Statement[]> {
      const breath = createBreath()
      const live = new Map(records.flatMap(({ id, fields }) => (fields ? [[id, fields] as const] : [])))
      const keyed = new Map<string, readonly number[]>()
      for (const [id, fields] of live) {
        keyed.set(id, keysOf(noun, workspaceId, fields))
        await breath()
      }
      const met = await meetings(workspaceId, keyed)
      await breath()
      const known = await store.pairsOf(workspaceId, records.map(({ id }) => id))
      const others = await readLive(workspaceId, noun, [...new Set([...[...met.values()].flatMap((ids) => [...ids]), ...known.flatMap(({ leftId, rightId }) => [leftId, rightId])])].filter((id) => !live.has(id)), breath)
      for (const { id, fields } of records) if (!fields) others.delete(id)
      const fieldsOf = (id: string) => live.get(id) ?? others.get(id)

      const found = new Map<string, FoundPair>()
      for (const [id, ids] of met) {
        for (const other of ids) {
          const [leftId, rightId] = id < other ? [id, other] : [other, id]
          const pair = `${leftId} ${rightId}`
          const [left, right] = [fieldsOf(leftId), fieldsOf(rightId)]
          if (!left || !right || found.has(pair)) continue
          await breath()
          const scored = scorePair(noun, left, right)
          if (scored.score >= LEAST_SCORE) found.set(pair, { leftId, rightId, ...scored })
        }
      }

      await breath()
      const gone: string[] = []
      for (const pair of known) {
        const { leftId, rightId } = pair
        const again = found.get(`${leftId} ${rightId}`)
        const bothLive = fieldsOf(leftId) !== undefined && fieldsOf(rightId) !== undefined
        if (!again && isOver(pair, bothLive)) gone.push(pair.id)
        if (again && isSame(pair, again)) found.delete(`${leftId} ${rightId}`)
      }
      const changeSets = new Map(known.map((pair) => [`${pair.leftId} ${pair.rightId}`, isMerged(pair) ? null : pair.changeSetId]))
      const kept = [...found].map(([pair, of]) => ({ id: newId('duplicates'), ...of, changeSetId: changeSets.get(pair) ?? null }))
      return [
        ...(await keyStatements(workspaceId, records.map(({ id }) => id), keyed)), ...store.remove(workspaceId, gone), ...store.keep(workspaceId, noun, kept, at),
      ]
    },
  }
}
export type Finder = ReturnType<typeof createFinder>

const isMerged = ({ setState }: KnownPair): boolean => setState === 'applied' || setState === 'applying' || setState === 'reverting'
/** What a person said of two records is remembered, also while one is archived or merged elsewhere; and so is what became of a pair. */
const isOver = (pair: KnownPair, bothLive: boolean): boolean => {
  if (isMerged(pair)) return bothLive
  return pair.state === 'open' && (!bothLive || pair.setState !== 'proposed')
}
/** Two live records cannot have been merged: that was taken back beside the change set, by restoring one. */
const isSame = (pair: KnownPair, { score, reasons }: FoundPair): boolean => pair.score === score && told(pair.reasons) === told(reasons) && !isMerged(pair)
/** PostgreSQL gives an object's properties back in an order of its own. */
const told = (reasons: FoundPair['reasons']): string => JSON.stringify(reasons.map(({ field, kind, weight, left, right }) => [field, kind, weight, left, right]))
