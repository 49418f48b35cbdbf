import type { ImportNoun } from '@flowstate-ai/sdk/contract'
import { NOUNS, nameKey } from './nouns.ts'
import type { StagedDraft } from './scratch.ts'

/** What was looked up for a part of the file. */
export interface LookedUp {
  byExternalId: Map<string, string>
  /** By e-mail or domain. */
  byKey: Map<string, string>
  byPhone: Map<string, { id: string; name: string }[]>
  /** By what rows without match keys are known by. */
  byNatural: Map<string, string>
}
export type Match = { id: string | null; by: 'first' | 'other' } | { reject: { field: string; reason: string } }

/** Which live record a draft is about. Purely; whether a record found by its name alone may be taken is asked of `fits`. */
export const matchOf = (noun: ImportNoun, draft: StagedDraft, { byExternalId, byKey, byPhone, byNatural }: LookedUp, fits: (id: string) => boolean, isHere: (id: string) => boolean = () => false): Match => {
  const { keys, byName } = NOUNS[noun]
  const { fields, natural, phone } = draft
  const own = typeof fields.externalId === 'string' ? fields.externalId : null
  const here = draft.links.id !== undefined && isHere(draft.links.id) ? draft.links.id : undefined
  const byId = here ?? (own === null ? undefined : byExternalId.get(own))
  const held = keys.flatMap((field) => {
    const id = typeof fields[field] === 'string' ? byKey.get(keyOf(fields[field])) : undefined
    return id === undefined ? [] : [{ field, id }]
  })
  const [key] = held
  if (byId !== undefined) {
    const other = held.find(({ id }) => id !== byId)
    if (other) return { reject: { field: other.field, reason: `is held by ${other.id} already, while the row's id is that of ${byId}` } }
    return { id: byId, by: 'first' }
  }
  if (key) return { id: key.id, by: own === null ? 'first' : 'other' }
  const keyless = own === null && keys.every((field) => fields[field] === undefined)
  if (keyless && phone) {
    const holders = byPhone.get(phone.key) ?? []
    const [only] = holders
    if (only && holders.length === 1 && phone.inFile === 1) return { id: only.id, by: 'other' }
    const namesake = holders.find(({ name }) => nameKey(name) === nameKey(String(fields.name ?? '')))
    return { id: namesake?.id ?? null, by: 'other' }
  }
  if (natural === null || !(keyless || byName)) return { id: null, by: 'first' }
  const id = byNatural.get(natural)
  return id !== undefined && fits(id) ? { id, by: 'other' } : { id: null, by: 'first' }
}

export const keyOf = (value: unknown): string => String(value).toLowerCase()
