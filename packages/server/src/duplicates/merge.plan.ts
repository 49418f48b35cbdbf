import type { DuplicateNoun } from '@flowstate-ai/sdk/contract'
import type { Change, Fields } from '../ledger/ledger.ts'
import { type Pointing, repointed } from '../ledger/pointers.ts'
import { differences } from '../records/planner.ts'

export interface MergeSide { id: string; version: number; fields: Fields }
/** For a field, or `customFields.x`: whose value wins, or the value itself. */
export type MergeChoices = Record<string, string | { value: unknown }>
interface MergeInput { noun: DuplicateNoun; keep: MergeSide; others: readonly MergeSide[]; pointing: readonly Pointing[]; choices: MergeChoices }
export interface MergePlan { changes: Change[]; before: Fields; set: Fields; after: Fields }

const NOT_MERGED: ReadonlySet<string> = new Set(['id', 'version', 'createdAt', 'updatedAt', 'archivedAt', 'mergedIntoId', 'tags', 'customFields'])
const CUSTOM = 'customFields.'
const MOST_TAGS = 50

/** Whether a field's winner can be chosen. */
export const isChoosable = (fields: Fields, name: string): boolean =>
  name === 'tags' || (name.startsWith(CUSTOM) && name.length > CUSTOM.length) || (Object.hasOwn(fields, name) && !NOT_MERGED.has(name))

/**
 * A merge, purely. Of each field the kept record's value wins where it has one, else that of the others which was changed last; tags and
 * custom fields are united by the same rule, the kept record's tags first, fifty at most; `choices` decide otherwise. The order is that
 * of match keys: archiving a record lets go of its e-mail address, domain and external id, which the kept record may then take.
 */
export const planMerge = ({ noun, keep, others, pointing, choices }: MergeInput): MergePlan => {
  const newestFirst = [...others].sort((a, b) => (String(a.fields.updatedAt) < String(b.fields.updatedAt) ? 1 : String(a.fields.updatedAt) > String(b.fields.updatedAt) ? -1 : a.id < b.id ? 1 : -1))
  const ranked = [keep, ...newestFirst]
  const valueOf = (name: string, read: (fields: Fields) => unknown): unknown => {
    const choice = choices[name]
    if (typeof choice === 'object') return choice.value
    if (choice !== undefined) return read(ranked.find(({ id }) => id === choice)?.fields ?? {}) ?? null
    return ranked.map(({ fields }) => read(fields)).find(isThere) ?? null
  }
  const patch: Fields = {}
  for (const name of Object.keys(keep.fields)) if (!NOT_MERGED.has(name)) patch[name] = valueOf(name, (fields) => fields[name])
  patch.tags = choices.tags === undefined ? union(ranked.map(({ fields }) => fields.tags)) : valueOf('tags', (fields) => fields.tags)
  patch.customFields = Object.fromEntries(customNames(ranked, choices).map((name) => [name, valueOf(`${CUSTOM}${name}`, ({ customFields }) => (customFields as Fields | undefined)?.[name])]))
  const { before, set } = differences(keep.fields, patch)
  return {
    before, set, after: { ...keep.fields, ...set },
    changes: [
      ...others.map(({ id, version }): Change => ({ verb: 'archive', noun, id, expect: version, before: { mergedIntoId: null }, set: { mergedIntoId: keep.id } })),
      // Even where it takes nothing over: the merge is an event of its life, and it must not have been archived meanwhile.
      { verb: 'update', noun, id: keep.id, expect: keep.version, before, set },
      ...repointed(pointing, keep.id),
    ],
  }
}

const isThere = (value: unknown): boolean => value !== null && value !== undefined && value !== ''
const union = (lists: readonly unknown[]): string[] => [...new Set(lists.flatMap((tags) => (tags as string[] | null | undefined) ?? []))].slice(0, MOST_TAGS)
const customNames = (sides: readonly MergeSide[], choices: MergeChoices): string[] => [...new Set([
  ...sides.flatMap(({ fields }) => Object.keys((fields.customFields as Fields | null | undefined) ?? {})),
  ...Object.keys(choices).flatMap((name) => (name.startsWith(CUSTOM) ? [name.slice(CUSTOM.length)] : [])),
])]
