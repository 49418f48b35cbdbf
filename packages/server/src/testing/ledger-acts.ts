import type { Flowstate } from '@flowstate-ai/sdk'
import fc from 'fast-check'

/** One thing that somebody does to the CRM. Numbers name records by turns, so that every act finds something to act upon. */
export interface Act { kind: keyof typeof ACTS; a: number; b: number; text: string; value: string | number | boolean | null; flag: boolean }
export interface World { flowstate: Flowstate; ids: Record<'companies' | 'customers' | 'deals' | 'interactions' | 'tags' | 'stages', string[]>; sets: string[]; proposals: string[]; compact?: (keep: number) => Promise<unknown> }

const KEYS = ['tier', 'constructor', 'a.b', 'region']
const pick = <Item>(list: readonly Item[], index: number): Item | undefined => (list.length === 0 ? undefined : list[index % list.length])
type Nouns = 'companies' | 'customers' | 'deals' | 'interactions'
const NOUNS: Nouns[] = ['companies', 'customers', 'deals', 'interactions']
interface AnyRecords { create(body: object, options?: object): Sent; update(id: string, body: object, options?: object): Sent; archive(id: string, options?: object): Sent; restore(id: string, options?: object): Sent; batch(body: object, options?: object): Sent }
interface Sent extends PromiseLike<unknown> { withResponse(): Promise<{ data: unknown; response: Response }> }
const records = ({ flowstate }: World, noun: Nouns): AnyRecords => flowstate[noun] as unknown as AnyRecords

/** Sends a write and remembers its change set. */
const sent = async (world: World, write: Sent): Promise<unknown> => {
  const { data, response } = await write.withResponse()
  const set = response.headers.get('flowstate-change-set')
  if (set !== null) (response.status === 202 && (data as { state?: string }).state === 'proposed' ? world.proposals : world.sets).push(set)
  return data
}

const customFields = ({ a, value }: Act) => ({ [pick(KEYS, a) ?? 'x']: value })
const bodyOf = (world: World, noun: Nouns, act: Act): object => {
  const { a, b, text, flag } = act
  const tags = [...new Set([pick(world.ids.tags, a), pick(world.ids.tags, b)])].filter((tag) => tag !== undefined)
  const shared = { customFields: customFields(act), tags: flag ? tags : tags.slice(0, 1) }
  if (noun === 'companies') return { name: text, domain: flag ? `d${a % 4}.example` : null, annualRevenue: flag ? { amount: b, currency: 'EUR' } : null, employeeCount: b, ...shared }
  if (noun === 'customers') return { name: text, email: flag ? `P${a % 4}@x.example` : null, phone: flag ? '+49 30 1234567' : null, companyId: pick(world.ids.companies, b) ?? null, externalId: flag ? null : `x${b % 3}`, ...shared }
  if (noun === 'deals') return { title: text, stageId: pick(world.ids.stages, a), value: flag ? { amount: b, currency: 'USD' } : null, customerId: pick(world.ids.customers, b) ?? null, expectedCloseDate: flag ? '2026-12-31' : null, ...shared }
  return { kind: 'note', subject: text, body: flag ? text : null, companyId: pick(world.ids.companies, a), customerId: pick(world.ids.customers, b) ?? null, durationMinutes: flag ? b : null, ...shared }
}
const mode = ({ flag, b }: Act) => (flag && b % 3 === 0 ? { mode: 'propose' } : {})
const nounOf = ({ a }: Act): Nouns => pick(NOUNS, a) ?? 'companies'
const one = (world: World, act: Act): [AnyRecords, string | undefined] => [records(world, nounOf(act)), pick(world.ids[nounOf(act)], act.b)]

const ACTS = {
  async create(world: World, act: Act) {
    const noun = nounOf(act)
    const made = await sent(world, records(world, noun).create(bodyOf(world, noun, act), mode(act))) as { id: string; changes?: { id: string }[] }
    world.ids[noun].push(made.changes?.[0]?.id ?? made.id)
  },
  async update(world: World, act: Act) {
    const [of, id] = one(world, act)
    if (id) await sent(world, of.update(id, bodyOf(world, nounOf(act), { ...act, b: act.b + 1 }), mode(act)))
  },
  async archive(world: World, act: Act) {
    const [of, id] = one(world, act)
    if (id) await sent(world, of.archive(id, mode(act)))
  },
  async restore(world: World, act: Act) {
    const [of, id] = one(world, act)
    if (id) await sent(world, of.restore(id, mode(act)))
  },
  async move(world: World, { a, b, flag }: Act) {
    const [id, stageId] = [pick(world.ids.deals, a), pick(world.ids.stages, b)]
    if (id && stageId) await sent(world, world.flowstate.deals.move(id, { stageId, ...(flag ? { afterId: pick(world.ids.deals, b) } : {}) }) as unknown as Sent)
  },
  async batch(world: World, act: Act) {
    const noun = nounOf(act)
    const [first, second] = [pick(world.ids[noun], act.b), pick(world.ids[noun], act.b + 1)]
    const items = [
      { op: 'create', data: bodyOf(world, noun, act) }, ...(first ? [{ op: 'update', id: first, data: bodyOf(world, noun, { ...act, a: act.a + 1 }) }] : []),
      ...(second && second !== first ? [{ op: act.flag ? 'archive' : 'update', id: second, data: bodyOf(world, noun, act) }] : []), { op: 'upsert', data: bodyOf(world, noun, { ...act, flag: !act.flag }) },
    ]
    await sent(world, records(world, noun).batch({ items, atomic: act.a % 2 === 0 }, mode(act)))
  },
  /** Two customers exchange their addresses within one change set. */
  async swap(world: World, { a, b }: Act) {
    const [first, second] = [pick(world.ids.customers, a), pick(world.ids.customers, b)]
    if (!first || !second || first === second) return
    const [left, right] = [await world.flowstate.customers.retrieve(first), await world.flowstate.customers.retrieve(second)]
    await sent(world, records(world, 'customers').batch({ items: [{ op: 'update', id: first, data: { email: null } }, { op: 'update', id: second, data: { email: left.email } }, { op: 'update', id: first, data: { email: right.email } }], atomic: true }))
  },
  async tag(world: World, { text, a, flag }: Act) {
    const known = pick(world.ids.tags, a)
    if (known && flag) await sent(world, world.flowstate.tags.update(known, { name: `${text} ${a}` }) as unknown as Sent)
    else world.ids.tags.push((await sent(world, world.flowstate.tags.create({ name: `${text} ${a}` }) as unknown as Sent) as { id: string }).id)
  },
  async define(world: World, { a, flag }: Act) {
    await sent(world, world.flowstate.fields.create({ noun: pick(NOUNS, a) ?? 'companies', key: 'region', type: flag ? 'text' : 'number' }) as unknown as Sent)
  },
  async pipeline(world: World, { text }: Act) {
    const made = await sent(world, world.flowstate.pipelines.create({ name: text }) as unknown as Sent) as { stages: { id: string }[] }
    world.ids.stages.push(...made.stages.map(({ id }) => id))
  },
  async retire(world: World, { a }: Act) {
    const stage = pick(world.ids.stages, a)
    if (stage) await sent(world, world.flowstate.stages.archive(stage) as unknown as Sent)
  },
  async apply(world: World, { a }: Act) {
    const id = pick(world.proposals, a)
    if (!id) return
    await world.flowstate.changesets.apply(id)
    world.sets.push(id)
  },
  async reject(world: World, { a }: Act) {
    const id = pick(world.proposals, a)
    if (id) await world.flowstate.changesets.reject(id)
  },
  /** Undoings are change sets too, and so get undone by turns. */
  async revert(world: World, { a, b, flag }: Act) {
    const id = pick(world.sets, a)
    if (id) await sent(world, world.flowstate.changesets.revert(id, { partial: flag, ...(b % 4 === 0 ? { mode: 'propose' as const } : {}) }) as unknown as Sent)
  },
  async compact(world: World, { a }: Act) {
    await world.compact?.(a)
  },
  async revertLast(world: World, { flag }: Act) {
    const id = world.sets.at(-1)
    if (id) await sent(world, world.flowstate.changesets.revert(id, { partial: flag }) as unknown as Sent)
  },
} satisfies Record<string, (world: World, act: Act) => Promise<unknown>>

/** NUL is refused, and half a surrogate pair has no place in UTF-8. */
const text = fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }).filter((value) => value.trim() !== '' && !value.includes('\0'))
export const anAct: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom(...(Object.keys(ACTS) as (keyof typeof ACTS)[]), 'create' as const, 'update' as const, 'revert' as const, 'revertLast' as const), a: fc.nat({ max: 60 }), b: fc.nat({ max: 60 }), text,
  value: fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)), text), flag: fc.boolean(),
})

export const emptyWorld = (flowstate: Flowstate): World => ({ flowstate, ids: { companies: [], customers: [], deals: [], interactions: [], tags: [], stages: [] }, sets: [], proposals: [] })

/** Does it. A refusal in the words of the contract is an answer like any other; what is no such answer is thrown. */
export const perform = async (world: World, act: Act): Promise<'done' | string> => {
  try {
    await ACTS[act.kind](world, act)
    return 'done'
  } catch (error) {
    const { status, code } = error as { status?: number; code?: string }
    if (typeof status === 'number' && status >= 400 && status < 500) return code ?? String(status)
    throw error
  }
}
