import type { FieldDiff } from '@flowstate-ai/sdk/contract'
import { same } from '../ledger/field-values.ts'
import type { Fields } from '../ledger/ledger.ts'

/** Stands in the place of a name, which cannot be empty, and of a name in the midst of other text. */
export const ERASED_NAME = 'Erased person'
/** Stands in the ledger in the place of a value that was erased. */
export const ERASED = { erased: true } as const

type Redacted = 'customers' | 'interactions'
/** The fields of a person, and of what was talked about with them, that say who they are. What they are linked to stays. */
const PERSONAL: Record<Redacted, readonly string[]> = {
  customers: ['name', 'email', 'phone', 'title', 'description', 'externalId', 'customFields'],
  interactions: ['subject', 'body', 'participants', 'attachments', 'externalId', 'customFields'],
}
export const isRedacted = (noun: unknown): noun is Redacted => noun === 'customers' || noun === 'interactions'
export const isPersonal = (noun: Redacted, field: string): boolean => PERSONAL[noun].includes(field.split('.', 1)[0] ?? field)

/** What a personal field holds when it was erased. */
const emptied = (field: string, now: unknown): unknown => (field === 'name' ? ERASED_NAME : field === 'customFields' ? {} : Array.isArray(now) ? [] : null)

/** The fields of a record that erasure changes: as they will be, and, for the diff, that something was there. */
export const erasureOf = (noun: Redacted, fields: Fields): { before: Fields; set: Fields } => {
  const [before, set]: [Fields, Fields] = [{}, {}]
  for (const name of PERSONAL[noun]) {
    const now = fields[name]
    if (now === undefined || now === null || same(now, emptied(name, now))) continue
    set[name] = emptied(name, now)
    before[name] = name === 'customFields' ? Object.fromEntries(Object.keys(now).map((key) => [key, ERASED])) : ERASED
  }
  return { before, set }
}

/** A record's fields as in an answer. */
export const erasedFields = (noun: Redacted, fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, isPersonal(noun, name) && value !== null ? emptied(name, value) : value]))

/** A diff whose personal values are marked; what was empty may be told. */
export const erasedDiff = (noun: Redacted, diff: Record<string, FieldDiff>): Record<string, FieldDiff> =>
  Object.fromEntries(Object.entries(diff).map(([name, { from, to }]) => [name, isPersonal(noun, name) ? { ...(from === undefined ? {} : { from: marked(from) }), to: marked(to) } : { ...(from === undefined ? {} : { from }), to }]))
const marked = (value: unknown): unknown => (value === null || value === undefined ? null : value === ERASED_NAME || isEmpty(value) ? value : ERASED)
const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0

/** The values in a record's fields, or in one side of its diffs, by which a person could be known in other texts. */
export const identifiersIn = (fields: Fields): string[] =>
  ['name', 'email', 'phone', 'externalId'].flatMap((name) => (typeof fields[name] === 'string' && fields[name] !== ERASED_NAME ? [fields[name]] : []))
