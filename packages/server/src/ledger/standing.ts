import type { Change as FeedChange } from '@flowstate-ai/sdk/contract'

/** A change since, and what its own change set undid. */
export type LaterChange = Pick<FeedChange, 'seq' | 'changeSetId' | 'op' | 'fields'> & { reverts: string | null }

const LIFT = '@archived'

/**
 * What still stands of the changes of one record, in the order of the feed: an undoing and what it undid cancel each other, field by
 * field, so that what a partial undoing left is still somebody's. Undoing an undoing lets what that had undone stand again.
 */
export const standing = (changes: readonly LaterChange[]): LaterChange[] => {
  const names = changes.map(({ op, fields }) => new Set([...Object.keys(fields), ...(op === 'archive' || op === 'restore' ? [LIFT] : [])]))
  const had = names.map((each) => new Set(each))
  /** For a field of an undoing: whose it took, or gave back. */
  const took = new Map<string, number[]>()
  const gave = new Map<string, number[]>()
  for (const [index, { reverts }] of changes.entries()) {
    if (reverts === null) continue
    for (const name of had[index] ?? []) {
      const undone = changes.slice(0, index).flatMap(({ changeSetId }, at) => (changeSetId === reverts && had[at]?.has(name) ? [at] : []))
      const key = `${index}/${name}`
      const stood = undone.filter((at) => names[at]?.has(name))
      const [taken, given] = [undone.flatMap((at) => took.get(`${at}/${name}`) ?? []), undone.flatMap((at) => gave.get(`${at}/${name}`) ?? [])]
      if (stood.length > 0 || given.length > 0) {
        for (const at of [...stood, ...given]) names[at]?.delete(name)
        took.set(key, [...stood, ...given])
      } else if (taken.length > 0) {
        for (const at of taken) names[at]?.add(name)
        gave.set(key, taken)
      } else continue
      names[index]?.delete(name)
    }
  }
  return changes.flatMap((change, index) => {
    const left = names[index] ?? new Set<string>()
    if (left.size === 0) return []
    const lifts = change.op === 'archive' || change.op === 'restore'
    return [{ ...change, op: lifts && !left.has(LIFT) ? 'update' : change.op, fields: Object.fromEntries(Object.entries(change.fields).filter(([name]) => left.has(name))) }]
  })
}
