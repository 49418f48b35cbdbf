import type { Participant } from '@flowstate-ai/sdk/contract'
import { generateNKeysBetween } from 'fractional-indexing'
import { instant } from '../clock.ts'
import { newId } from '../ids.ts'
import type { Change, Fields } from '../ledger/ledger.ts'
import { createRandom, type Random } from './random.ts'
import { COMPANY_HEADS, COMPANY_TAILS, COUNTRIES, FIRST_NAMES, LAST_NAMES, OFFERS, type Talk, TALKS, TITLES } from './vocabulary.ts'
import { generateReminders } from './reminders.ts'

interface Sizes { companies: number; customers: number; deals: number; interactions: number; reminders: number }
export const DEMO_SIZES: Sizes = { companies: 60, customers: 180, deals: 140, interactions: 900, reminders: 45 }

const DAY_MS = 86_400_000
const STAGES = [
  { name: 'Qualified', kind: 'open', probability: 0.1, share: 0.22 }, { name: 'Contacted', kind: 'open', probability: 0.25, share: 0.2 }, { name: 'Proposal', kind: 'open', probability: 0.5, share: 0.17 },
  { name: 'Negotiation', kind: 'open', probability: 0.75, share: 0.11 }, { name: 'Won', kind: 'won', probability: 1, share: 0.17 }, { name: 'Lost', kind: 'lost', probability: 0, share: 0.13 },
] as const
const LOST_REASONS = ['Went with a cheaper vendor', 'Budget was cut', 'Project put off until next year', 'Built it themselves', 'No decision']

type Created = Extract<Change, { verb: 'create' }>

/**
 * A believable B2B pipeline, the same for the same seed and day: companies with people, deals spread over the stages with amounts
 * that fit what they are about, and conversations that lead up to today. Plain changes, what is pointed to first.
 */
export const generateDemo = ({ seed = 7, now, sizes = DEMO_SIZES }: { seed?: number; now: number; sizes?: Sizes }): Change[] => {
  const random = createRandom(seed)
  const create = (noun: Created['noun'], set: Fields): Created => ({ verb: 'create', noun, id: newId(noun), set })

  const companies = uniqueNames(random, sizes.companies).map(({ name, industry }) => {
    const employees = Math.round(10 ** (1.3 + random.next() * 2.3))
    return create('companies', {
      name, industry, domain: `${slugOf(name)}.example`, country: random.pick(COUNTRIES), employeeCount: employees,
      annualRevenue: { amount: employees * random.between(90, 260) * 1_000 * 100, currency: 'EUR' }, foundedYear: random.between(1921, 2019), customFields: {},
    })
  })

  const taken = new Set<string>()
  const customers = Array.from({ length: sizes.customers }, (_, index) => {
    const company = companies[index < companies.length ? index : random.below(companies.length)] as Created
    const [first, last] = unusedName(random, taken)
    return create('customers', {
      name: `${first} ${last}`, title: random.pick(TITLES), companyId: company.id, email: `${slugOf(first)}.${slugOf(last)}@${String(company.set.domain)}`,
      phone: random.chance(0.85) ? `+49 30 5550${String(random.between(1_000, 9_999))}` : null, customFields: {},
    })
  })

  const pipeline = create('pipelines', { name: 'Sales', currency: 'EUR' })
  const places = generateNKeysBetween(null, null, STAGES.length)
  const stages = STAGES.map(({ name, kind, probability }, index) => create('stages', { pipelineId: pipeline.id, name, kind, probability, position: places[index] }))

  const planned = Array.from({ length: sizes.deals }, () => {
    const customer = random.pick(customers)
    const company = companies.find(({ id }) => id === customer.set.companyId) as Created
    const offer = random.pick(OFFERS)
    const stage = stageFor(random)
    const closed = STAGES[stage]?.kind !== 'open'
    return { customer, company, offer, stage, closed, closedAt: closed ? now - random.between(1, 120) * DAY_MS : null }
  })
  const positions = STAGES.map((_, stage) => generateNKeysBetween(null, null, planned.filter((deal) => deal.stage === stage).length))
  const deals = planned.map(({ customer, company, offer, stage, closedAt }) => create('deals', {
    pipelineId: pipeline.id, stageId: stages[stage]?.id, position: positions[stage]?.shift(), status: STAGES[stage]?.kind, title: `${offer.name} · ${String(company.set.name)}`,
    companyId: company.id, customerId: customer.id, value: { amount: Math.round(random.between(offer.low, offer.high) / 500) * 500 * 100, currency: 'EUR' },
    expectedCloseDate: instant((closedAt ?? now) + (closedAt ? 0 : random.between(-12, 90)) * DAY_MS).slice(0, 10), closedAt: closedAt ? instant(closedAt) : null,
    lostReason: STAGES[stage]?.kind === 'lost' ? random.pick(LOST_REASONS) : null, customFields: {},
  }))

  const interactions = Array.from({ length: sizes.interactions }, () => {
    const index = random.below(deals.length)
    const [deal, plan] = [deals[index] as Created, planned[index] as (typeof planned)[number]]
    const talk = random.pick(TALKS)
    const until = plan.closedAt ?? now
    const fill = (text: string) => text.replaceAll('{first}', String(plan.customer.set.name).split(' ')[0] ?? '').replaceAll('{offer}', plan.offer.name.toLowerCase()).replaceAll('{company}', String(plan.company.set.name))
    return create('interactions', {
      kind: talk.kind, direction: talk.direction, subject: fill(talk.subject), body: fill(talk.body), occurredAt: instant(until - Math.round(random.next() ** 1.6 * 75 * DAY_MS) - random.between(1, 600) * 60_000),
      durationMinutes: talk.kind === 'call' ? random.between(3, 35) : talk.kind === 'meeting' ? random.between(30, 120) : null,
      customerId: plan.customer.id, companyId: plan.company.id, dealId: deal.id, customFields: {}, participants: participantsOf(talk, plan.customer), attachments: [],
    })
  })

  const open = planned.flatMap(({ customer, company, offer, closed }, index) => (closed ? [] : [{ customer, company, offer, deal: deals[index] as Created }]))
  const reminders = generateReminders({ random, now, count: open.length === 0 ? 0 : sizes.reminders, about: () => random.pick(open) }).map((set) => create('reminders', set))
  return [...companies, ...customers, pipeline, ...stages, ...deals, ...interactions, ...reminders]
}

/** A note is somebody's own; what is said is said by the customer or to it. */
const participantsOf = ({ kind, direction }: Talk, { id, set: { name, email } }: Created): Participant[] => {
  if (kind === 'note') return []
  const role = kind === 'meeting' ? 'attendee' : direction === 'inbound' ? 'from' : 'to'
  return [{ customerId: id, name: String(name), email: String(email), role }]
}

const uniqueNames = (random: Random, count: number): { name: string; industry: string }[] => {
  const names = new Map<string, string>()
  const industries = Object.keys(COMPANY_TAILS)
  while (names.size < count) {
    const industry = random.pick(industries)
    names.set(`${random.pick(COMPANY_HEADS)} ${random.pick(COMPANY_TAILS[industry] ?? ['Group'])}`, industry)
  }
  return [...names].map(([name, industry]) => ({ name, industry }))
}

const unusedName = (random: Random, taken: Set<string>): [string, string] => {
  for (;;) {
    const [first, last] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)]
    if (taken.has(`${first} ${last}`)) continue
    taken.add(`${first} ${last}`)
    return [first, last]
  }
}

const stageFor = (random: Random): number => {
  let left = random.next()
  const index = STAGES.findIndex(({ share }) => (left -= share) < 0)
  return index < 0 ? 0 : index
}

const slugOf = (text: string): string => text.toLowerCase().normalize('NFD').replaceAll(/\p{Diacritic}/gu, '').replaceAll('ł', 'l').replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '')
