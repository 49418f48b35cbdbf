import type { Fields } from './ledger.ts'

const CUSTOM = 'customFields.'
const TAG = 'tags.'

/** What a record's own custom fields hold under a name; `constructor` is a name like any other. */
export const own = (fields: unknown, name: string): unknown => (typeof fields === 'object' && fields !== null && Object.hasOwn(fields, name) ? (fields as Fields)[name] : null) ?? null

/** The custom field, or the tag, that a name of a diff is about; null where it is about neither. */
export const customKeyOf = (name: string): string | null => (name.startsWith(CUSTOM) ? name.slice(CUSTOM.length) : null)
export const tagOf = (name: string): string | null => (name.startsWith(TAG) ? name.slice(TAG.length) : null)

/** A field by the name that it has in a diff: `customFields.x` is one custom field, `tags.tag_…` whether the record carries that tag. */
export const valueAt = (fields: Fields, name: string): unknown => {
  const [custom, tag] = [customKeyOf(name), tagOf(name)]
  if (custom !== null) return own(fields.customFields, custom)
  if (tag !== null) return (fields.tags as readonly string[] | undefined)?.includes(tag) ? true : null
  return fields[name] ?? null
}

/** Fields with one field of a diff set to a value: its tags in their one order, its custom fields by name. */
export const withField = (fields: Fields, name: string, value: unknown): Fields => {
  const [custom, tag] = [customKeyOf(name), tagOf(name)]
  if (custom !== null) {
    const others = Object.entries((fields.customFields ?? {}) as Fields).filter(([key]) => key !== custom)
    return { ...fields, customFields: Object.fromEntries(value === null || value === undefined ? others : [...others, [custom, value]]) }
  }
  if (tag !== null) {
    const others = ((fields.tags ?? []) as string[]).filter((each) => each !== tag)
    return { ...fields, tags: inTagOrder(value === true ? [...others, tag] : others) }
  }
  return { ...fields, [name]: value ?? null }
}

/** Tags are a set: kept and shown in the order in which the tags were made, whatever order they were named in. */
export const inTagOrder = (tags: readonly string[]): string[] => [...tags].sort()

/** Adds one field of a diff to a planned change of a record that is as `current`. */
export const putBack = (current: Fields, before: Fields, set: Fields, name: string, value: unknown): void => {
  const field = customKeyOf(name) !== null ? 'customFields' : tagOf(name) !== null ? 'tags' : name
  before[field] = current[field] ?? null
  set[field] = withField(Object.hasOwn(set, field) ? set : { [field]: current[field] }, name, value)[field]
}

/** Whether two values of a field are the same, in whatever order a database keeps an object's names. */
export const same = (left: unknown, right: unknown): boolean => canonical(left) === canonical(right)
const canonical = (value: unknown): string => JSON.stringify(value ?? null, (_, inner: unknown) =>
  (typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner))
