import { type CustomNoun, type Field, type FieldError, type FieldType, Instant } from '@flowstate-ai/sdk/contract'
import { z } from 'zod'
import type { Fields } from '../ledger/ledger.ts'
import type { FieldsStore } from './fields.store.ts'

export type Definition = Pick<Field, 'key' | 'type' | 'options' | 'required'>

/** How long definitions are taken as known; another server's changes are seen within it, one's own at once. */
const KNOWN_MS = 500

/** Holds custom fields to their definitions. Keys without one are free. */
export const createCustomFieldRules = (store: FieldsStore) => {
  const known = new Map<string, { definitions: Definition[]; until: number }>()

  const definitionsOf = async (workspaceId: string, noun: CustomNoun): Promise<Definition[]> => {
    const key = `${workspaceId}/${noun}`
    const cached = known.get(key)
    if (cached && cached.until > performance.now()) return cached.definitions
    const definitions = await store.definitions(workspaceId, noun)
    known.set(key, { definitions, until: performance.now() + KNOWN_MS })
    return definitions
  }

  return {
    definitionsOf,
    forget: (workspaceId: string): void => { for (const key of known.keys()) if (key.startsWith(`${workspaceId}/`)) known.delete(key) },

    /** What is wrong with the values that a write sets; of a creation also what is missing. */
    async faults({ workspaceId }: { workspaceId: string }, noun: CustomNoun, values: Fields, before: Fields | null): Promise<FieldError[]> {
      const definitions = await definitionsOf(workspaceId, noun)
      return definitions.flatMap((definition): FieldError[] => {
        const value = values[definition.key] ?? null
        const pointer = `/customFields/${definition.key}`
        if (value === null) return definition.required && (before === null || (before[definition.key] ?? null) !== null) ? [{ pointer, code: 'required', detail: 'is required' }] : []
        if (before !== null && JSON.stringify(before[definition.key] ?? null) === JSON.stringify(value)) return []
        const fault = faultOf(definition, value)
        return fault === null ? [] : [{ pointer, code: 'invalid_type', detail: fault }]
      })
    },
  }
}
export type CustomFieldRules = ReturnType<typeof createCustomFieldRules>

/** Why a value does not fit its definition; null when it does. */
export const faultOf = ({ type, options }: Pick<Definition, 'type' | 'options'>, value: unknown): string | null => {
  if (type === 'select') return (options ?? []).includes(value as string) ? null : `must be one of ${(options ?? []).join(', ')}`
  if (type === 'multiselect') return Array.isArray(value) && value.every((item) => (options ?? []).includes(item as string)) ? null : `must be a list of some of ${(options ?? []).join(', ')}`
  const { shape, must } = SHAPES[type]
  return shape.safeParse(value).success ? null : `must be ${must}`
}

const SHAPES: Record<Exclude<FieldType, 'select' | 'multiselect'>, { shape: z.ZodType; must: string }> = {
  text: { shape: z.string(), must: 'text' },
  number: { shape: z.number(), must: 'a number' },
  boolean: { shape: z.boolean(), must: 'true or false' },
  date: { shape: z.iso.date(), must: 'a day such as 2026-12-31' },
  instant: { shape: Instant, must: 'an instant such as 2026-12-31T12:00:00Z' },
  url: { shape: z.url({ protocol: /^https?$/ }), must: 'an address such as https://example.com' },
  email: { shape: z.email(), must: 'an e-mail address' },
}
