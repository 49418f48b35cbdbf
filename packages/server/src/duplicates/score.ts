import type { DuplicateNoun, DuplicateReason, DuplicateReasonKind } from '@flowstate-ai/sdk/contract'
import type { Fields } from '../ledger/ledger.ts'
import { distance } from '../search/rank.ts'
import { compareDomains, domainLabel, isFreeMail, isShared } from './addresses.ts'
import { companyOf, type ComparedPerson, personOf, textOf } from './compared.ts'
import { compareNames, jaroWinkler, type NameKind } from './names.ts'

export interface Scored { score: number; reasons: DuplicateReason[] }

/** Below this a pair is not kept. */
export const LEAST_SCORE = 0.5
/** What a pair that shares a key has to overcome, in bits: of about five hundred such pairs one is the same. */
const PRIOR = -9

/**
 * How probable it is that two records are one: `1 / (1 + 2^-(PRIOR + Σ weight))`. Each comparison of a field gives its evidence in bits,
 * `log2(m / u)`, where m is how often it comes out so among records that are the same and u among those that are not; comparisons are
 * taken as independent (I. Fellegi and A. Sunter, A Theory for Record Linkage, JASA 64, 1969). Where they plainly are not, one speaks
 * for both: an e-mail address that follows from the name is not counted beside the name. The weights are set by judgement, and held by
 * the labelled pairs in the tests.
 */
export const scorePair = (noun: DuplicateNoun, left: Fields, right: Fields): Scored => {
  const reasons = noun === 'customers' ? customerReasons(left, right) : companyReasons(left, right)
  const bits = reasons.reduce((sum, { weight }) => sum + weight, PRIOR)
  return { score: Math.round(1_000 / (1 + 2 ** -bits)) / 1_000, reasons }
}

type Add = (field: string, kind: DuplicateReasonKind, weight: number) => void
const collector = (left: Fields, right: Fields) => {
  const reasons: DuplicateReason[] = []
  const add: Add = (field, kind, weight) => { reasons.push({ field, kind, weight, left: textOf(left[field]), right: textOf(right[field]) }) }
  return { reasons, add }
}

const PERSON: Record<NameKind, number> = { 'same-name': 7, 'similar-name': 5.5, 'part-of-name': 5, initials: 3, 'different-given-name': -5, 'different-name': -7 }

const customerReasons = (left: Fields, right: Fields): DuplicateReason[] => {
  const { reasons, add } = collector(left, right)
  const [one, other] = [personOf(left), personOf(right)]
  const names = compareNames(one.names, other.names)
  add('name', names, PERSON[names])
  const email = emailEvidence(one, other, names, add)
  const phone = phoneEvidence(one.phone, other.phone, add)
  const sameDomain = one.address !== null && one.address.domain === other.address?.domain && !isFreeMail(one.address.domain)
  if (one.companyId !== null && one.companyId === other.companyId) add('companyId', 'same-company', 4.5)
  else if (sameDomain && email !== 'same') add('email', 'same-domain', 4.5)
  else if (one.companyId !== null && other.companyId !== null && email !== 'same') {
    // Another company brings another address with it: the two are hardly more evidence than one.
    add('companyId', 'different-company', email === 'different' ? -1 : -3)
  }
  if (email === 'different' && phone === 'different') add('email', 'different-everywhere', -2)
  return reasons
}

type Verdict = 'same' | 'different' | 'unknown'
const emailEvidence = ({ address: one, addressOfName: oneOfName }: ComparedPerson, { address: other, addressOfName: otherOfName }: ComparedPerson, names: NameKind, add: Add): Verdict => {
  if (one === null || other === null) return 'unknown'
  if (one.base === other.base) {
    add('email', 'same-email', isShared(one) ? 5 : 14)
    return 'same'
  }
  const domains = compareDomains(one.domain, other.domain)
  if (one.local === other.local && !isShared(one) && (domains === 'typo' || domains === 'subdomain' || (domains === 'label' && one.local.length >= 4))) {
    add('email', 'similar-email', 8)
    return 'same'
  }
  const bothOfName = oneOfName && otherOfName
  // Two mailboxes at one domain, each as its holder is called: where the names differ by a letter, so do these, and speak of two people.
  const twoHolders = bothOfName && names !== 'same-name'
  if (domains === 'same' && !twoHolders && one.local.length >= 6 && !/\d/.test(one.local + other.local) && distance(one.local, other.local, 1) <= 1) {
    add('email', 'similar-email', 6)
    return 'same'
  }
  // A mailbox name of one's own, kept at another provider.
  if (one.local === other.local && one.local.length >= 6 && !isShared(one) && !oneOfName && !otherOfName) {
    add('email', 'same-mailbox', 5)
    return 'same'
  }
  // `a.lovelace@` beside `ada.lovelace@` at one domain: two ways to write one name.
  if (domains === 'same' && bothOfName && !twoHolders) {
    add('email', 'similar-email', 1)
    return 'unknown'
  }
  // Many have one address at work and one at home.
  const oneIsPrivate = isFreeMail(one.domain) !== isFreeMail(other.domain)
  add('email', 'different-email', oneIsPrivate || isShared(one) || isShared(other) ? -1 : -3)
  return 'different'
}

const phoneEvidence = (one: string | null, other: string | null, add: Add): Verdict => {
  if (one === null || other === null) return 'unknown'
  if (one === other || sameNational(one, other)) {
    add('phone', 'same-phone', 8)
    return 'same'
  }
  if (one.length >= 9 && distance(one, other, 1) <= 1) {
    add('phone', 'similar-phone', 1)
    return 'unknown'
  }
  add('phone', 'different-phone', -2)
  return 'different'
}

const NATIONAL_DIGITS = 8
/** One side without its country: `030 55 51 234` beside `+49 30 55 51 234`. */
const sameNational = (one: string, other: string): boolean => {
  if (one.startsWith('+') === other.startsWith('+')) return false
  const [international, national] = one.startsWith('+') ? [one, other] : [other, one]
  const digits = national.replace(/^0+/, '')
  return digits.length >= NATIONAL_DIGITS && international.endsWith(digits)
}

const COMPANY: Record<NameKind, number> = { 'same-name': 10, 'similar-name': 8, 'part-of-name': 3, initials: 1, 'different-given-name': -3, 'different-name': -8 }

const companyReasons = (left: Fields, right: Fields): DuplicateReason[] => {
  const { reasons, add } = collector(left, right)
  const [one, other] = [companyOf(left), companyOf(right)]
  const names = companyNames(one.core, other.core)
  add('name', names, COMPANY[names])
  const [domain, otherDomain] = [one.domain, other.domain]
  if (domain !== null && otherDomain !== null) {
    const match = compareDomains(domain, otherDomain)
    if (match === 'different') add('domain', 'different-domain', -6)
    else if (match === 'typo') add('domain', 'similar-domain', 5)
    else add('domain', 'same-domain', match === 'label' ? 6 : 9)
  } else {
    // The domain of one is the name of the other.
    const [known, name] = domain !== null ? [domain, other.core] : [otherDomain, one.core]
    if (known !== null && domainLabel(known).replaceAll('-', '') === name.join('')) add('domain', 'similar-domain', 2)
  }
  if (one.country !== null && other.country !== null) add('country', one.country === other.country ? 'same-country' : 'different-country', one.country === other.country ? 1 : -3)
  if (one.legal.length > 0 && other.legal.length > 0 && !one.legal.some((form) => other.legal.includes(form))) add('name', 'different-legal-form', -2)
  return reasons
}

/** Of companies the order counts little, and the first word, the one of its own, much. */
const companyNames = (one: readonly string[], other: readonly string[]): NameKind => {
  const kind = compareNames(one, other)
  if (kind === 'different-given-name') return one[0] === other[0] && (one.length === 1 || other.length === 1) ? 'part-of-name' : 'different-name'
  if (kind === 'different-name') return jaroWinkler(one.join(' '), other.join(' ')) >= 0.96 && !/\d/.test(one.join('') + other.join('')) ? 'similar-name' : kind
  return kind
}
