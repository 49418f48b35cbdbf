import type { FieldDiff } from '@flowstate-ai/sdk/contract'
import type { Fields } from '../ledger/ledger.ts'
import { ERASED, erasedDiff, erasedFields, ERASED_NAME, isPersonal } from './personal.ts'

/** Who is erased: the records that are theirs alone, and what they were known by. */
export interface Subject { customers: ReadonlySet<string>; interactions: ReadonlySet<string>; identifiers: readonly string[] }

/** Shorter ones would be found in what means somebody else. */
const SHORTEST = 3

/** The words by which texts are searched and scrubbed, the longest first, so that none is spoilt by a part of it. */
export const needlesOf = ({ identifiers }: Subject): string[] =>
  [...new Set(identifiers)].filter((text) => text.trim().length >= SHORTEST).sort((a, b) => b.length - a.length)

/** Makes a person unknown in texts and JSON that may speak of them, purely. */
export const createRedaction = (subject: Subject) => {
  const patterns = needlesOf(subject).map((text) => new RegExp(`(?<![\\p{L}\\p{N}])${text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\p{L}\\p{N}])`, 'giu'))
  const text = (value: string): string => patterns.reduce((scrubbed, pattern) => scrubbed.replaceAll(pattern, ERASED_NAME), value)
  const nounOf = (id: unknown): 'customers' | 'interactions' | null =>
    typeof id !== 'string' ? null : subject.customers.has(id) ? 'customers' : subject.interactions.has(id) ? 'interactions' : null

  /** Whose fields an object holds: it is the record, or a change of it, or a new interaction with them. */
  const subjectOf = (object: Fields): 'customers' | 'interactions' | null => {
    const known = nounOf(object.id)
    if (known) return known
    const [set, fields] = [object.set as Fields | undefined, object.fields as Record<string, FieldDiff> | undefined]
    const talk = object.noun === 'interactions' || String(object.id).startsWith('int_')
    return talk && nounOf(set?.customerId ?? fields?.customerId?.to ?? object.customerId) === 'customers' ? 'interactions' : null
  }

  /** A task that is about the person says nothing more of what was asked and found. */
  const task = (object: Fields): Fields => {
    const said = JSON.stringify([object.payload, object.result])
    const about = Object.hasOwn(object, 'payload') && [...subject.customers, ...subject.interactions].some((id) => said.includes(id))
    return about ? { ...object, payload: ERASED, ...(object.result === null || object.result === undefined ? {} : { result: ERASED }) } : object
  }

  const json = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(json)
    if (typeof value !== 'object' || value === null) return value
    const noun = subjectOf(value as Fields)
    const { set, before, fields, ...own } = noun ? erasedFields(noun, value as Fields) : task(value as Fields)
    const rest = Object.fromEntries(Object.entries(own).map(([name, inner]) => [name, json(inner)]))
    return {
      ...rest,
      ...(set === undefined ? {} : { set: noun ? kept(noun, set as Fields, own.verb) : json(set) }), ...(before === undefined ? {} : { before: noun ? kept(noun, before as Fields, own.verb) : json(before) }),
      ...(fields === undefined ? {} : { fields: noun && isDiff(fields) ? erasedDiff(noun, fields) : json(fields) }),
    }
  }

  /** Of what a proposal would set, what is not personal: applied, it brings nothing back. A record that it would create keeps its shape. */
  const kept = (noun: 'customers' | 'interactions', fields: Fields, verb: unknown): Fields =>
    verb === 'create' ? erasedFields(noun, fields) : Object.fromEntries(Object.entries(fields).filter(([name]) => !isPersonal(noun, name)))

  return { text, json, nounOf }
}
export type Redaction = ReturnType<typeof createRedaction>

const isDiff = (fields: unknown): fields is Record<string, FieldDiff> => typeof fields === 'object' && fields !== null && Object.values(fields).every((value) => typeof value === 'object' && value !== null && 'to' in value)
