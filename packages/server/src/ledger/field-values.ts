import type { Fields } from './ledger.ts'

const CUSTOM = 'customFields.'
const TAG = 'tags.'

/** A field by the name that it has in a diff: `customFields.x` is one custom field, `tags.tag_…` whether the record carries that tag. */
export const valueAt = (fields: Fields, name: string): unknown => {
  if (name.startsWith(CUSTOM)) return (fields.customFields as Fields | undefined)?.[name.slice(CUSTOM.length)] ?? null
  if (name.startsWith(TAG)) return (fields.tags as readonly string[] | undefined)?.includes(name.slice(TAG.length)) ? true : null
  return fields[name] ?? null
}

/** Adds one field of a diff to a planned change of a record that is as `current`. */
export const putBack = (current: Fields, before: Fields, set: Fields, name: string, value: unknown): void => {
  if (name.startsWith(CUSTOM)) {
    before.customFields = current.customFields ?? {}
    const custom = { ...((set.customFields ?? current.customFields ?? {}) as Fields) }
    if (value === null || value === undefined) delete custom[name.slice(CUSTOM.length)]
    else custom[name.slice(CUSTOM.length)] = value
    set.customFields = custom
    return
  }
  if (name.startsWith(TAG)) {
    const tag = name.slice(TAG.length)
    before.tags = current.tags ?? []
    const others = ((set.tags ?? current.tags ?? []) as string[]).filter((each) => each !== tag)
    set.tags = value === true ? [...others, tag] : others
    return
  }
  before[name] = current[name] ?? null
  set[name] = value ?? null
}

export const same = (left: unknown, right: unknown): boolean => JSON.stringify(left ?? null) === JSON.stringify(right ?? null)
