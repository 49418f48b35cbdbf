import type { LedgeredNoun } from '@flowstate-ai/sdk/contract'
import type { Change, Fields } from './ledger.ts'

export type PointingNoun = 'companies' | 'customers' | 'deals' | 'interactions' | 'reminders' | 'stages'

/** Which fields of which nouns point to a noun: what keeps a record from being undone, and what a merge takes along. */
export const POINTERS: Partial<Record<LedgeredNoun, readonly (readonly [noun: PointingNoun, field: string])[]>> = {
  companies: [['customers', 'companyId'], ['deals', 'companyId'], ['interactions', 'companyId'], ['reminders', 'companyId']],
  customers: [['deals', 'customerId'], ['interactions', 'customerId'], ['reminders', 'customerId']],
  deals: [['interactions', 'dealId'], ['reminders', 'dealId']],
  pipelines: [['deals', 'pipelineId'], ['stages', 'pipelineId']],
  stages: [['deals', 'stageId']],
  tags: [['companies', 'tags'], ['customers', 'tags'], ['deals', 'tags'], ['interactions', 'tags'], ['reminders', 'tags']],
}

/** A record that points to another by a field. */
export interface Pointing { noun: PointingNoun; id: string; version: number; field: string; target: string }

/** Lets records point to another one: one change each, however many of its fields do. */
export const repointed = (pointing: readonly Pointing[], to: string): Change[] => {
  const changes = new Map<string, { noun: PointingNoun; id: string; expect: number; before: Fields; set: Fields }>()
  for (const { noun, id, version, field, target } of pointing) {
    const change = changes.get(id) ?? { noun, id, expect: version, before: {}, set: {} }
    change.before[field] = target
    change.set[field] = to
    changes.set(id, change)
  }
  return [...changes.values()].map((change) => ({ verb: 'update', ...change }))
}

export interface MergeOf { noun: LedgeredNoun; keepId: string; mergedIds: string[] }

/** What planned changes merge; null when they merge nothing. */
export const mergeOf = (changes: readonly Change[]): MergeOf | null => {
  const merged = changes.filter(({ verb, set }) => verb === 'archive' && typeof set.mergedIntoId === 'string')
  const [first] = merged
  return first ? { noun: first.noun, keepId: String(first.set.mergedIntoId), mergedIds: merged.map(({ id }) => id) } : null
}
