import type { CustomNoun, FieldError, LedgeredNoun } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import { Conflict, Forbidden, Invalid } from '../errors.ts'
import type { CustomFieldRules } from '../fields/rules.ts'
import type { Caller } from '../http/caller.ts'
import type { Change, Fields } from '../ledger/ledger.ts'
import type { Memory } from './noun.ts'

interface ChecksDeps { scoped: Scoped; rules: CustomFieldRules }

/** What a write must hold to besides its schema, found by reading: so that a rehearsal refuses what the deed would. */
export const createChecks = ({ scoped, rules }: ChecksDeps) => {
  const exists = async (caller: Caller, noun: LedgeredNoun | 'members', id: string, memory: Memory): Promise<boolean> => {
    const key = `exists:${noun}:${id}`
    const known = memory.get(key)
    if (typeof known === 'boolean') return known
    const found = (await scoped.find(caller, noun, id)) !== null
    memory.set(key, found)
    return found
  }

  const unseen = async (caller: Caller, references: Record<string, LedgeredNoun>, fields: Fields, memory: Memory): Promise<string[]> => {
    const missing: string[] = []
    for (const [field, target] of Object.entries(references)) {
      const id = fields[field]
      if (typeof id === 'string' && !(await exists(caller, target, id, memory))) missing.push(field)
    }
    return missing
  }

  return {
    unseen,

    /** Whether a record is there for the caller. */
    sees: async (caller: Caller, noun: LedgeredNoun, id: string): Promise<boolean> => exists(caller, noun, id, new Map()),

    /** Owner, tags and custom fields of what is set; nothing in the database holds them to anything. `before` is null for a new record. */
    async fields(caller: Caller, noun: LedgeredNoun, set: Fields, before: Fields | null, memory: Memory): Promise<void> {
      const errors: FieldError[] = []
      if (typeof set.ownerId === 'string' && !(await exists(caller, 'members', set.ownerId, memory))) errors.push({ pointer: '/ownerId', code: 'not_found', detail: 'names no member of this workspace' })
      for (const [index, tag] of Array.isArray(set.tags) ? set.tags.entries() : []) {
        if (!(await exists(caller, 'tags', String(tag), memory))) errors.push({ pointer: `/tags/${index}`, code: 'not_found', detail: 'names no tag here; create it at POST /tags' })
      }
      if (isCustom(noun) && (before === null || set.customFields !== undefined)) errors.push(...await rules.faults(caller, noun, (set.customFields ?? {}) as Fields, (before?.customFields as Fields | undefined) ?? null))
      if (errors.length > 0) throw new Invalid(errors)
    },

    /** A limited caller may neither point to what it cannot see, nor let a record out of its sight. */
    async refuseForeign(caller: Caller, noun: LedgeredNoun, references: Record<string, LedgeredNoun>, set: Fields, after: Fields, memory: Memory): Promise<void> {
      if (!caller.records) return
      const missing = await unseen(caller, references, set, memory)
      if (missing.length > 0) throw notFoundAt(missing)
      if (!belongs(caller, noun, after)) throw new Forbidden('A token that is limited to some records may only write what belongs to them; name one of its customers.')
    },

    /** Who holds a match key now; null: it is free. */
    async holder(caller: Caller, noun: LedgeredNoun, field: string, value: string): Promise<string | null> {
      const [first] = (await scoped.list({ ...caller, records: null }, noun, { [field]: value, limit: 1 })).items
      return first === undefined ? null : (JSON.parse(first) as { id: string }).id
    },

    /** Refuses plans whose match keys others hold or whose references lead nowhere. */
    async refuseUnfit(caller: Caller, change: Change, keys: Record<string, unknown>, references: Record<string, LedgeredNoun>, memory: Memory): Promise<void> {
      const missing = await unseen(caller, references, change.set, memory)
      if (missing.length > 0) throw notFoundAt(missing)
      for (const field of Object.keys(keys)) {
        const value = change.set[field]
        if (typeof value !== 'string') continue
        const holder = await this.holder(caller, change.noun, field, value)
        if (holder !== null && holder !== change.id) throw takenAt(field, caller.records ? 'another record' : holder)
      }
    },
  }
}
export type Checks = ReturnType<typeof createChecks>

export const notFoundAt = (fields: string[]): Invalid => new Invalid(fields.map((field) => ({ pointer: `/${field}`, code: 'not_found', detail: 'names a record that does not exist here' })))
export const takenAt = (field: string, holder: string): Conflict =>
  new Conflict('unique_taken', `${field} is held by ${holder}; change that one, or choose another value.`, [{ pointer: `/${field}`, code: 'unique_taken', detail: `is held by ${holder}` }])

const CUSTOM: readonly string[] = ['companies', 'customers', 'deals', 'interactions', 'reminders'] satisfies CustomNoun[]
const isCustom = (noun: LedgeredNoun): noun is CustomNoun => CUSTOM.includes(noun)

/** Without a customer or company of its own a record belongs to none of the caller's. */
const belongs = ({ records }: Caller, noun: LedgeredNoun, fields: Fields): boolean => {
  if (!records || !isCustom(noun)) return records === null
  const inList = (list: readonly string[] | undefined, id: unknown) => typeof id === 'string' && (list ?? []).includes(id)
  if (noun === 'companies') return inList(records.companies, fields.id)
  if (noun === 'customers') return inList(records.customers, fields.id) || inList(records.companies, fields.companyId)
  // References were found visible before: a customer that is named is one of the caller's.
  return typeof fields.customerId === 'string' || inList(records.companies, fields.companyId) || ((noun === 'interactions' || noun === 'reminders') && typeof fields.dealId === 'string')
}
