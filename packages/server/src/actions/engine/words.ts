import type { ActionKind } from '@flowstate-ai/sdk/contract'
import type { Facts } from './facts.ts'

/** The recommendation in words, complete without any model. */
export const wordsFor = (kind: Exclude<ActionKind, 'nothing'>, facts: Facts): { title: string; reason: string } => ({ title: titleOf(kind, facts), reason: reasonOf(kind, facts) })

const titleOf = (kind: Exclude<ActionKind, 'nothing'>, { title, customerName }: Facts): string => {
  const whom = customerName ?? 'the customer'
  return {
    call: `Call ${whom} about ${title}`, email: `Write to ${whom} about ${title}`, meeting: `Meet ${whom} about ${title}`, proposal: `Send ${whom} a proposal for ${title}`,
    reminder: `Set a reminder for ${title}`, task: `Bring the close date of ${title} up to date`,
  }[kind].slice(0, 300)
}

const reasonOf = (kind: ActionKind, facts: Facts): string => {
  const said = [
    facts.awaitsAnswer ? `${facts.customerName ?? 'The customer'} was in touch ${days(facts.daysSinceContact)} ago and has no answer yet` : facts.daysSinceContact === null ? 'There has been no contact yet' : `No contact for ${days(facts.daysSinceContact)}`,
    `${moneyOf(facts)} in ${facts.stage}, won in ${Math.round(facts.stageProbability * 100)} % of cases`,
    closing(facts),
  ].filter((part) => part !== null)
  const purpose = { call: 'a call moves it on', email: 'a few lines keep it warm', meeting: 'meeting them settles what is open', proposal: 'it is far enough for a proposal', reminder: 'it can wait, but must not be forgotten', task: 'a forecast needs a day that is still to come', nothing: '' }[kind]
  return `${said.join('; ')}: ${purpose}.`
}

const moneyOf = ({ valueAmount, currency }: Facts): string => {
  if (valueAmount === null || currency === null) return 'A deal without a value'
  const format = new Intl.NumberFormat('en', { style: 'currency', currency, maximumFractionDigits: 0 })
  const digits = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  return format.format(valueAmount / 10 ** digits)
}

const closing = ({ daysToClose }: Facts): string | null => {
  if (daysToClose === null) return 'no close date is set'
  return daysToClose < 0 ? `it was to close ${days(-daysToClose)} ago` : `it is to close in ${days(daysToClose)}`
}

const days = (count: number | null): string => {
  const whole = Math.round(count ?? 0)
  return whole === 0 ? 'less than a day' : `${whole} ${whole === 1 ? 'day' : 'days'}`
}
