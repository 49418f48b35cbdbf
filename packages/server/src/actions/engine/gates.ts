import type { ActionKind, Candidate } from '@flowstate-ai/sdk/contract'
import type { Facts } from './facts.ts'
import type { Policy } from './policy.ts'

type Stop = NonNullable<Candidate['stoppedBy']>
interface Rule { gate: Stop['gate']; rule: string; kinds: readonly ActionKind[]; stops(facts: Facts, policy: Policy): boolean; reason(facts: Facts, policy: Policy): string }

const CONTACTS: readonly ActionKind[] = ['call', 'email', 'meeting', 'proposal']
const WORK: readonly ActionKind[] = [...CONTACTS, 'reminder', 'task']
const LIVE_CALLS: readonly ActionKind[] = ['call', 'meeting']
const DAYS_BETWEEN_CALLS = 2
const DAYS_BETWEEN_MAILS = 3
const MEETING_FROM = 0.25
const PROPOSAL_FROM = 0.25
const PROPOSAL_UNTIL = 0.8
const REMINDER_AFTER_DAYS = 7

const days = (count: number): string => `${Math.round(count)} ${Math.round(count) === 1 ? 'day' : 'days'}`
const contactedWithin = (facts: Facts, limit: number): boolean => !facts.awaitsAnswer && facts.daysSinceContact !== null && facts.daysSinceContact < limit

/** In the order in which they are asked; the first that stops a candidate is the one its receipt names. */
const RULES: readonly Rule[] = [
  { gate: 'eligibility', rule: 'deal-open', kinds: WORK, stops: ({ isOpen }) => !isOpen, reason: () => 'The deal is closed.' },
  { gate: 'eligibility', rule: 'has-customer', kinds: CONTACTS, stops: ({ customerName }) => customerName === null, reason: () => 'The deal names nobody to contact.' },
  { gate: 'eligibility', rule: 'has-phone', kinds: ['call'], stops: ({ hasPhone }) => !hasPhone, reason: () => 'There is no phone number.' },
  { gate: 'eligibility', rule: 'has-email', kinds: ['email', 'proposal'], stops: ({ hasEmail }) => !hasEmail, reason: () => 'There is no e-mail address.' },
  { gate: 'applicability', rule: 'meeting-stage', kinds: ['meeting'], stops: ({ stageProbability }) => stageProbability < MEETING_FROM, reason: ({ stage }) => `It is early for a meeting in ${stage}.` },
  { gate: 'applicability', rule: 'proposal-stage', kinds: ['proposal'], stops: ({ stageProbability }) => stageProbability < PROPOSAL_FROM || stageProbability > PROPOSAL_UNTIL, reason: ({ stage }) => `A proposal does not fit ${stage}.` },
  { gate: 'applicability', rule: 'close-date-stands', kinds: ['task'], stops: ({ daysToClose }) => daysToClose !== null && daysToClose >= 0, reason: () => 'The deal has an expected close date that is still to come.' },
  { gate: 'applicability', rule: 'nothing-to-wait-for', kinds: ['reminder'], stops: ({ daysToClose }) => daysToClose === null || daysToClose < REMINDER_AFTER_DAYS, reason: () => 'There is no later day to be reminded for.' },
  { gate: 'suitability', rule: 'called-lately', kinds: LIVE_CALLS, stops: (facts) => contactedWithin(facts, DAYS_BETWEEN_CALLS), reason: ({ daysSinceContact }) => `They were in touch ${days(daysSinceContact ?? 0)} ago.` },
  { gate: 'suitability', rule: 'written-lately', kinds: ['email', 'proposal'], stops: (facts) => contactedWithin(facts, DAYS_BETWEEN_MAILS), reason: ({ daysSinceContact }) => `They were in touch ${days(daysSinceContact ?? 0)} ago.` },
  { gate: 'contact-policy', rule: 'touches-in-window', kinds: CONTACTS, stops: ({ touchesInWindow, awaitsAnswer }, { touchesPerWindow }) => !awaitsAnswer && touchesInWindow >= touchesPerWindow, reason: ({ touchesInWindow }) => `They were contacted ${touchesInWindow} times within seven days.` },
  { gate: 'contact-policy', rule: 'dismissed-lately', kinds: WORK, stops: ({ daysSinceDismissal }, { backOffDays }) => daysSinceDismissal !== null && daysSinceDismissal < backOffDays, reason: ({ daysSinceDismissal }) => `A recommendation was dismissed ${days(daysSinceDismissal ?? 0)} ago.` },
  { gate: 'contact-policy', rule: 'quiet-hours', kinds: ['call'], stops: ({ hour }, policy) => isQuiet(hour, policy), reason: (_, { quietFrom, quietUntil }) => `Nobody is called between ${quietFrom}:00 and ${quietUntil}:00 UTC.` },
]

/** The first gate that stops a kind for this deal; null when it passes them all. */
export const stoppedBy = (kind: ActionKind, facts: Facts, policy: Policy): Stop | null => {
  const rule = RULES.find(({ kinds, stops }) => kinds.includes(kind) && stops(facts, policy))
  return rule ? { gate: rule.gate, rule: rule.rule, reason: rule.reason(facts, policy) } : null
}

const isQuiet = (hour: number, { quietFrom, quietUntil }: Policy): boolean =>
  quietFrom > quietUntil ? hour >= quietFrom || hour < quietUntil : hour >= quietFrom && hour < quietUntil
