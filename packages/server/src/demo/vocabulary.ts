/** Words from which the demo's companies, people and conversations are made. All of them are invented; addresses end in `.example`. */
export const COMPANY_HEADS = ['Alder', 'Bellwether', 'Brightwater', 'Cobalt', 'Corvus', 'Dovetail', 'Elmhurst', 'Fernhill', 'Gantry', 'Halden', 'Ironbark', 'Juniper', 'Kestrel', 'Lakeland', 'Meridian', 'Nordhavn', 'Oakline', 'Palisade', 'Quarry', 'Ridgeway', 'Solvang', 'Tamarack', 'Umbra', 'Vantage', 'Westerly', 'Yarrow', 'Zephyr', 'Arden', 'Castell', 'Lindqvist', 'Moravia', 'Sankt Jakob']
export const COMPANY_TAILS: Record<string, readonly string[]> = {
  Logistics: ['Freight', 'Logistics', 'Cargo', 'Warehousing'], Manufacturing: ['Works', 'Precision', 'Tooling', 'Industries'], Healthcare: ['Clinics', 'Diagnostics', 'Health', 'Laboratories'],
  Energy: ['Energy', 'Grid', 'Solar', 'Power'], Retail: ['Outfitters', 'Markets', 'Home', 'Grocers'], Finance: ['Capital', 'Mutual', 'Leasing', 'Insurance'], Software: ['Systems', 'Software', 'Analytics', 'Cloud'], Construction: ['Build', 'Civil', 'Timber', 'Concrete'],
}
export const COUNTRIES = ['Germany', 'France', 'Netherlands', 'Denmark', 'Sweden', 'Austria', 'Spain', 'Italy', 'Poland', 'Ireland', 'United Kingdom', 'Portugal', 'Czechia', 'Finland']
export const FIRST_NAMES = ['Amara', 'Anouk', 'Bjarne', 'Carmen', 'Daniel', 'Elif', 'Emeka', 'Farah', 'Giulia', 'Hanna', 'Ines', 'Jakub', 'Jonas', 'Katarzyna', 'Lars', 'Leila', 'Marta', 'Mateo', 'Mei', 'Nadia', 'Niamh', 'Oskar', 'Paulo', 'Priya', 'Rafael', 'Rosa', 'Samuel', 'Sofie', 'Tariq', 'Tomas', 'Ulrike', 'Viktor', 'Wanjiru', 'Yara', 'Yusuf', 'Zoe']
export const LAST_NAMES = ['Almeida', 'Andersen', 'Bakker', 'Bauer', 'Brennan', 'Castellanos', 'Chukwu', 'Demir', 'Dvorak', 'Ekström', 'Farouk', 'Ferrari', 'Fischer', 'Gallagher', 'Haddad', 'Horvat', 'Iyer', 'Janssen', 'Kowalski', 'Laurent', 'Lindgren', 'Moreau', 'Mwangi', 'Nakamura', 'Novak', 'Okafor', 'Pereira', 'Petersen', 'Rahman', 'Romano', 'Santos', 'Schreiber', 'Virtanen', 'Wójcik', 'Zhang', 'Ziegler']
export const TITLES = ['Head of Operations', 'Procurement Manager', 'Chief Financial Officer', 'IT Director', 'Plant Manager', 'Head of Sales', 'Managing Director', 'Operations Lead', 'Head of Digital', 'Supply Chain Manager', 'Quality Manager', 'Controller']

export interface Offer { name: string; low: number; high: number }
/** What the demo's vendor sells, with a usual range in whole euros. */
export const OFFERS: readonly Offer[] = [
  { name: 'Fleet tracking rollout', low: 18_000, high: 95_000 }, { name: 'Warehouse scanners', low: 9_000, high: 48_000 }, { name: 'Route planning licence', low: 6_000, high: 36_000 },
  { name: 'Cold-chain sensors', low: 14_000, high: 72_000 }, { name: 'Maintenance contract', low: 4_000, high: 28_000 }, { name: 'Depot automation pilot', low: 35_000, high: 180_000 },
  { name: 'Driver app seats', low: 3_500, high: 22_000 }, { name: 'Analytics add-on', low: 5_000, high: 30_000 }, { name: 'Data migration', low: 7_500, high: 40_000 }, { name: 'Framework agreement', low: 60_000, high: 320_000 },
]

export interface Talk { kind: 'call' | 'email' | 'meeting' | 'note' | 'message'; direction: 'inbound' | 'outbound' | null; subject: string; body: string }
/** `{first}` is the contact, `{offer}` what the deal is about, `{company}` the company. */
export const TALKS: readonly Talk[] = [
  { kind: 'email', direction: 'outbound', subject: 'Follow-up on {offer}', body: 'Hello {first}, thank you for your time today. I have put the figures for {offer} into one page and attached it. The two open points are the start date and who signs on your side.' },
  { kind: 'email', direction: 'inbound', subject: 'Re: {offer}', body: 'Thanks, this helps. Our works council wants to see how long driver data is kept before we go on. Can you send me the paragraph from the contract?' },
  { kind: 'email', direction: 'inbound', subject: 'Budget for next quarter', body: 'We can move {offer} into the next quarter if the price holds until then. Could you confirm that in writing?' },
  { kind: 'email', direction: 'outbound', subject: 'Offer for {offer}', body: 'Hello {first}, please find our offer attached. It stands for thirty days. I will call on Thursday to go through it with you.' },
  { kind: 'call', direction: 'outbound', subject: 'Call with {first}', body: 'Talked through the rollout plan. They would like to begin with two depots and decide on the rest in spring. {first} will check with IT.' },
  { kind: 'call', direction: 'inbound', subject: '{first} called about delivery times', body: 'Asked whether we can deliver before the end of the month. Promised an answer by tomorrow.' },
  { kind: 'call', direction: 'outbound', subject: 'No answer', body: 'Left a message on the voicemail and asked for a time this week.' },
  { kind: 'meeting', direction: null, subject: 'Workshop at {company}', body: 'Walked the loading bays with {first} and two shift leads. Scanning at the gate is the bottleneck; they lose about forty minutes a shift.' },
  { kind: 'meeting', direction: null, subject: 'Demo of {offer}', body: 'Showed {offer} to {first} and the controller. Main question: how it fits with the ERP they have. Agreed on a test with live data.' },
  { kind: 'note', direction: null, subject: 'Competitor in the house', body: 'Heard that a second vendor presented last week. Their price is lower but they have no service team in the country.' },
  { kind: 'note', direction: null, subject: 'Decision path', body: '{first} prepares the decision, the managing director signs. Amounts above 50,000 need the supervisory board, which meets on the first Tuesday.' },
  { kind: 'message', direction: 'inbound', subject: 'Quick question', body: 'Does the licence cover subcontractors too, or do they need their own seats?' },
  { kind: 'message', direction: 'outbound', subject: 'Re: Quick question', body: 'Subcontractors are covered for up to 90 days a year. For longer we would add seats. I can send the exact wording.' },
]
