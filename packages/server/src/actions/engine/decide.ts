import { createHash } from 'node:crypto'
import type { ActionKind, Candidate, Factors, Receipt } from '@flowstate-ai/sdk/contract'
import type { Facts } from './facts.ts'
import { stoppedBy } from './gates.ts'
import type { Policy } from './policy.ts'

const KINDS: readonly ActionKind[] = ['call', 'email', 'meeting', 'proposal', 'reminder', 'task', 'nothing']

export type Decision = Pick<Receipt, 'policyVersion' | 'decidedAt' | 'context' | 'candidates' | 'chosen' | 'probability' | 'wouldChange'>

/**
 * Candidates through the gates, those that pass ranked by propensity × context × value × lever (in expected minor units of money),
 * and one chosen: the best, or with the policy's small probability any that passed. The draw is seeded by the deal, the policy
 * and the instant, so that the same facts give the same choice whenever it is made again.
 */
export const decide = (facts: Facts, policy: Policy, decidedAt: string): Decision => {
  const ranked = KINDS.map((kind): Candidate => {
    const stop = stoppedBy(kind, facts, policy)
    const factors = factorsOf(kind, facts, policy)
    return { kind, stoppedBy: stop, factors, priority: stop ? null : product(factors), probability: 0 }
  })
  const passed = ranked.filter((candidate) => candidate.priority !== null).sort((a, b) => (b.priority ?? 0) - (a.priority ?? 0) || (a.kind < b.kind ? -1 : 1))
  const share = policy.exploration / passed.length
  passed.forEach((candidate, index) => { candidate.probability = round((index === 0 ? 1 - policy.exploration : 0) + share) })
  const chosen = drawn(passed, drawOf(`${facts.subjectId}\n${policy.version}\n${decidedAt}`))
  return { policyVersion: policy.version, decidedAt, context: { ...facts }, candidates: ranked, chosen: chosen.kind, probability: chosen.probability, wouldChange: smallestChange(passed, ranked) }
}

/** Makes the decision of a receipt again, from nothing but the receipt. */
export const replay = (receipt: Pick<Receipt, 'context' | 'decidedAt'>, policy: Policy): Decision => decide(receipt.context as Facts, policy, receipt.decidedAt)

const factorsOf = (kind: ActionKind, facts: Facts, policy: Policy): Factors => ({
  propensity: policy.propensity[kind],
  context: round(contextOf(kind, facts)),
  value: Math.max(1, Math.round((facts.valueAmount ?? policy.valueOfUnknown) * Math.max(0.05, facts.stageProbability))),
  lever: policy.lever[kind],
})

/** How much the moment speaks for a kind: 1 is neutral. */
const contextOf = (kind: ActionKind, facts: Facts): number => {
  if (kind === 'nothing') return 1
  const silence = facts.daysSinceContact === null ? 1.2 : Math.min(1.8, 0.5 + facts.daysSinceContact / 14)
  const urgency = facts.daysToClose === null ? 1 : facts.daysToClose < 0 ? 1.4 : Math.max(0.7, 1.6 - facts.daysToClose / 30)
  const answer = facts.awaitsAnswer ? { call: 1.6, email: 1.8, meeting: 1.1, proposal: 0.8, reminder: 0.4, task: 0.4 }[kind] : 1
  const fit = { call: silence * urgency, email: silence, meeting: urgency * (0.6 + facts.stageProbability), proposal: 0.7 + facts.stageProbability, reminder: 1, task: urgency }[kind]
  return fit * answer
}

const product = ({ propensity, context, value, lever }: Factors): number => round(propensity * context * value * lever)
const round = (number: number): number => Math.round(number * 1e6) / 1e6

/** A number in [0, 1) that follows from a text. */
const drawOf = (seed: string): number => createHash('sha256').update(seed).digest().readUInt32BE(0) / 2 ** 32

const drawn = (passed: Candidate[], draw: number): Candidate => {
  let sum = 0
  for (const candidate of passed) {
    sum += candidate.probability
    if (draw < sum) return candidate
  }
  const [best] = passed
  if (!best) throw new Error('doing nothing passes every gate')
  return best
}

/** The smallest change that would have put another candidate first. */
const smallestChange = (passed: Candidate[], all: Candidate[]): string | null => {
  const [best, second] = passed
  if (!best) return null
  const stopped = all.filter(({ stoppedBy: stop, factors }) => stop !== null && factors !== null && product(factors) > (best.priority ?? 0))
    .sort((a, b) => product(b.factors as Factors) - product(a.factors as Factors))[0]
  const ratio = second?.priority ? (best.priority ?? 0) / second.priority : null
  if (stopped?.stoppedBy && (ratio === null || ratio > 1.25)) return `Were it not for ${stopped.stoppedBy.rule}, ${stopped.kind} would have come first. ${stopped.stoppedBy.reason}`
  if (!second?.factors || ratio === null) return null
  const { propensity } = second.factors
  return `With a propensity of ${round3(propensity * ratio)} instead of ${round3(propensity)}, ${second.kind} would have come before ${best.kind}.`
}
const round3 = (number: number): number => Math.ceil(number * 1_000) / 1_000
