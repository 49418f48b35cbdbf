import { UsageError } from './command.ts'

/** What other systems call our nouns. */
const ELSEWHERE: Record<string, string> = {
  contacts: 'customers', people: 'customers', persons: 'customers', leads: 'customers', accounts: 'companies', organizations: 'companies', organisations: 'companies',
  opportunities: 'deals', activities: 'interactions', engagements: 'interactions', notes: 'interactions', calls: 'interactions', meetings: 'interactions',
}

/** A noun of the line: refused with those there are, and with the one that other systems mean by it. */
export const nounOf = <Noun extends string>(given: string, nouns: readonly Noun[], what: string): Noun => {
  const known = nouns.find((noun) => noun === given)
  if (known !== undefined) return known
  const meant = ELSEWHERE[given.toLowerCase()] ?? nouns.find((noun) => noun === `${given.toLowerCase()}s` || noun === given.toLowerCase().replace(/y$/, 'ies'))
  throw new UsageError(`There is no ${what} of ${given}${meant === undefined ? '' : `, which are ${meant} here`}; there is ${nouns.join(', ')}.`)
}
