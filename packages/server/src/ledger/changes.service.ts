import type { Change, ChangeRange, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import type { Scoped, Within } from '../db/scoped.ts'
import { AppError } from '../errors.ts'
import type { Tail } from './tail.ts'

const MOST = 200

/** The feed of changes: contiguous ranges, and in them what the caller may see. */
export const createChangesService = ({ tail, scoped }: { tail: Tail; scoped: Scoped }) => ({
  async list(caller: Within, { since = 0, limit = MOST }: { since?: number | undefined; limit?: number | undefined }): Promise<ChangeRange> {
    const items = await tail.since(caller.workspaceId, since, limit)
    const trimmed = await tail.trimmedOf(caller.workspaceId)
    // Read in this order, a trimming in between is seen in either.
    const [first] = items
    if (since < trimmed || (first && first.seq !== since + 1)) throw resync(trimmed)
    const last = items.at(-1)
    if (last) return { from: since + 1, to: last.seq, items: await visibleOf(scoped, caller, items) }
    // Asked beyond the end, it answers the end: a reader learns where to begin, or that the server was set back.
    const to = Math.min(since, await tail.seqOf(caller.workspaceId))
    return { from: to + 1, to, items: [] }
  },
})
export type ChangesService = ReturnType<typeof createChangesService>

const resync = (trimmed: number): AppError =>
  new AppError('resync', `The feed begins after seq ${trimmed}: what came before was compacted. Read the records anew, then follow the feed from the seq that it stood at before you did.`)

/** The changes of records that the caller may see as they are now. */
export const visibleOf = async <Item extends Pick<Change, 'noun' | 'id'>>(scoped: Scoped, caller: Within, items: Item[]): Promise<Item[]> => {
  if (!caller.records) return items
  const seen = new Set<string>()
  for (const noun of new Set(items.map((item) => item.noun))) {
    const ids = items.filter((item) => item.noun === noun).map(({ id }) => id)
    for (const id of await scoped.visibleIds(caller, noun as LedgeredNoun, [...new Set(ids)])) seen.add(id)
  }
  return items.filter(({ id }) => seen.has(id))
}
