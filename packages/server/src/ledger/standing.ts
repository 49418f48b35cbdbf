import type { Change as FeedChange } from '@flowstate-ai/sdk/contract'

/** A change since, and what its own change set undid. */
export type LaterChange = Pick<FeedChange, 'seq' | 'changeSetId' | 'op' | 'fields'> & { reverts: string | null }

const LIFT = '@archived'

/**
 * What still stands of the changes of one record, in the order of the feed: an undoing and what it undid cancel each other, field by
 * field, so that what a partial undoing left is still somebody's.
 */
export const standing = (changes: readonly LaterChange[]): LaterChange[] => {
  const names = changes.map(({ op, fields }) => new Set([...Object.keys(fields), ...(op === 'archive' || op === 'restore' ? [LIFT] : [])]))
  for (const [index, { reverts }] of changes.entries()) {
    if (reverts === null) continue
    for (const name of [...(names[index] ?? [])]) {
      const undone = names.slice(0, index).filter((each, at) => changes[at]?.changeSetId === reverts && each.has(name))
      if (undone.length === 0) continue
      for (const each of [...undone, names[index]]) each?.delete(name)
    }
  }
  return changes.flatMap((change, index) => {
    const left = names[index] ?? new Set<string>()
    if (left.size === 0) return []
    const lifts = change.op === 'archive' || change.op === 'restore'
    return [{ ...change, op: lifts && !left.has(LIFT) ? 'update' : change.op, fields: Object.fromEntries(Object.entries(change.fields).filter(([name]) => left.has(name))) }]
  })
}
