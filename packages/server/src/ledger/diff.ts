import type { FieldDiff } from '@flowstate-ai/sdk/contract'
import { own, same } from './field-values.ts'
import type { Change, Fields } from './ledger.ts'

/**
 * What a change did, field by field. A creation keeps its full after-image; custom fields are told apart by name, as
 * `customFields.x`, and tags one by one, as `tags.tag_…`, so that what two people did beside each other stays apart. From these diffs alone the record can be rebuilt.
 */
export const diffOf = (change: Change): Record<string, FieldDiff> => {
  const diff: Record<string, FieldDiff> = {}
  for (const [name, to] of Object.entries(change.set)) {
    const from = change.verb === 'create' ? undefined : (change.before[name] ?? null)
    if (name === 'tags') Object.assign(diff, elementDiff(name, from as readonly string[] | undefined, to as readonly string[]))
    else if (name === 'customFields') Object.assign(diff, customDiff(from as Fields | undefined, to as Fields))
    else if (change.verb !== 'create') diff[name] = { from, to }
    else if (to !== null && to !== undefined) diff[name] = { to }
  }
  return diff
}

const elementDiff = (name: string, from: readonly string[] | null | undefined, to: readonly string[] | null): Record<string, FieldDiff> => {
  const diff: Record<string, FieldDiff> = {}
  for (const element of to ?? []) if (!from?.includes(element)) diff[`${name}.${element}`] = from === undefined ? { to: true } : { from: null, to: true }
  for (const element of from ?? []) if (!to?.includes(element)) diff[`${name}.${element}`] = { from: true, to: null }
  return diff
}

const customDiff = (from: Fields | null | undefined, to: Fields | null): Record<string, FieldDiff> => {
  const diff: Record<string, FieldDiff> = {}
  for (const name of new Set([...Object.keys(from ?? {}), ...Object.keys(to ?? {})])) {
    const [before, after] = [own(from, name), own(to, name)]
    if (same(before, after)) continue
    diff[`customFields.${name}`] = from === undefined ? { to: after } : { from: before, to: after }
  }
  return diff
}
