import type { ActionKind } from '@flowstate-ai/sdk/contract'

/** What people may set; the version stands in every receipt. */
export interface Policy {
  version: string
  /** How likely a kind is to move a deal on, before anything is learned of this workspace. */
  propensity: Record<ActionKind, number>
  /** Set by people, to favour or hold back a kind. */
  lever: Record<ActionKind, number>
  /** The share of decisions that tries something other than the best, so that outcomes can be compared later. */
  exploration: number
  touchesPerWindow: number
  backOffDays: number
  /** Hours of the day, UTC, in which nobody is called. */
  quietFrom: number
  quietUntil: number
  /** Stands in for the value of a deal that names none, in minor units. */
  valueOfUnknown: number
}

export const DEFAULT_POLICY: Policy = {
  version: 'rules-1',
  propensity: { call: 0.3, email: 0.22, meeting: 0.26, proposal: 0.28, reminder: 0.1, task: 0.14, nothing: 0.02 },
  lever: { call: 1, email: 1, meeting: 1, proposal: 1, reminder: 1, task: 1, nothing: 1 },
  exploration: 0.05,
  touchesPerWindow: 3,
  backOffDays: 7,
  quietFrom: 20,
  quietUntil: 7,
  valueOfUnknown: 100_000,
}
