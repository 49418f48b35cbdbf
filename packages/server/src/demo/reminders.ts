import { instant } from '../clock.ts'
import type { Change, Fields } from '../ledger/ledger.ts'
import { begun } from '../reminders/plan.ts'
import { instantOf, wallOf } from '../reminders/wall-clock.ts'
import type { Random } from './random.ts'
import type { Offer } from './vocabulary.ts'

type Created = Extract<Change, { verb: 'create' }>
interface About { customer: Created; company: Created; offer: Offer; deal: Created }

const ZONE = 'Europe/Berlin'
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** `{first}` is the contact, `{offer}` what the deal is about, `{company}` the company. */
const ONCE = ['Call {first} about the start date', 'Send {first} the revised offer for {offer}', 'Ask {company} for the purchase order', 'Prepare the demo of {offer}', 'Check whether {company} has signed', 'Thank {first} for the visit']
const AGAIN = [['Weekly call with {first}', 'FREQ=WEEKLY'], ['Review {company} with the team', 'FREQ=MONTHLY;BYDAY=1MO'], ['Ask {first} how {offer} is doing', 'FREQ=MONTHLY'], ['Check in with {company} before the decision', 'FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR;COUNT=10'], ['Yearly price review of {offer}', 'FREQ=YEARLY']] as const
const SETTINGS = { timeZone: ZONE, quietHours: null }

/** Of open deals: most to come, some due and known, some done, one in four recurring. Plain fields, in working hours of one zone. */
export const generateReminders = ({ random, now, count, about }: { random: Random; now: number; count: number; about: () => About }): Fields[] =>
  Array.from({ length: count }, () => {
    const { customer, company, offer, deal } = about()
    const fill = (text: string) => text.replaceAll('{first}', String(customer.set.name).split(' ')[0] ?? '').replaceAll('{offer}', offer.name.toLowerCase()).replaceAll('{company}', String(company.set.name))
    const midnight = Math.floor(wallOf(now, ZONE) / DAY_MS) * DAY_MS
    const dueMs = instantOf(midnight + random.between(-6, 21) * DAY_MS + random.between(8, 17) * HOUR_MS, ZONE)
    const again = random.chance(0.25) ? random.pick(AGAIN) : null
    const done = again === null && dueMs < now && random.chance(0.6)
    const said = {
      title: fill(again ? again[0] : random.pick(ONCE)), dueAt: instant(dueMs), recurrence: again ? again[1] : null, status: done ? 'done' : 'open',
      customerId: customer.id, companyId: company.id, dealId: deal.id, tags: [], customFields: {},
    }
    // What was due before today has fired: a demo begins quietly.
    return { ...begun(said, SETTINGS, instant(Math.min(now, dueMs + HOUR_MS))), remindedAt: dueMs <= now ? instant(dueMs) : null }
  })
