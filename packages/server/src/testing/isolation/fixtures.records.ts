import type { World } from './world.ts'

/** What somebody sends for an operation, so that it succeeds. Ids in it are the world's own. */
export interface Asking {
  path?: Record<string, string>
  query?: Record<string, string>
  body?: unknown
  /** A body that is no JSON. */
  text?: string
  type?: string
  /** Instead of the key that may everything. */
  headers?: Record<string, string>
}
export type Fixture = (world: World) => Asking | Promise<Asking>

type Body = Record<string, unknown>
interface Kind { make(world: World): Body; patch(world: World): Body; by?: (world: World) => [key: string, value: string, body: Body] }

const dated = { dueAt: '2030-06-01T09:00:00Z' }
const external = (make: (world: World) => Body): Kind['by'] => (world) => ['externalId', world.say('upserted'), make(world)]
const owned = ({ ids }: World): Body => ({ ownerId: ids.members, tags: [ids.tags] })

const company = (world: World): Body => ({ name: world.say('company'), industry: world.say('industry'), description: world.say('description'), ...owned(world) })
const customer = (world: World): Body => ({ name: world.say('customer'), title: world.say('title'), companyId: world.ids.companies, ...owned(world) })
const deal = (world: World): Body => ({ title: world.say('deal'), pipelineId: world.ids.pipelines, stageId: world.ids.stages, companyId: world.ids.companies, customerId: world.ids.customers, ...owned(world) })
const interaction = (world: World): Body => ({ kind: 'email', subject: world.say('subject'), body: world.say('body'), customerId: world.ids.customers, companyId: world.ids.companies, dealId: world.ids.deals, tags: [world.ids.tags], participants: [{ memberId: world.ids.members, name: world.say('participant') }, { customerId: world.ids.customers }], attachments: [world.ids.files] })
const reminder = (world: World): Body => ({ title: world.say('reminder'), description: world.say('description'), customerId: world.ids.customers, companyId: world.ids.companies, dealId: world.ids.deals, ...owned(world), ...dated })

const KINDS: Record<string, Kind> = {
  companies: { make: company, patch: (world) => ({ country: world.say('country'), ...owned(world) }), by: external(company) },
  customers: { make: customer, patch: (world) => ({ phone: world.say('phone'), companyId: world.ids.companies }), by: external(customer) },
  deals: { make: deal, patch: (world) => ({ lostReason: world.say('reason'), stageId: world.ids.stages, companyId: world.ids.companies, customerId: world.ids.customers, ...owned(world) }), by: (world) => ['externalId', world.say('upserted'), { title: world.say('deal'), companyId: world.ids.companies }] },
  interactions: { make: interaction, patch: (world) => ({ body: world.say('body'), dealId: world.ids.deals, attachments: [world.ids.files] }), by: external(interaction) },
  reminders: { make: reminder, patch: (world) => ({ title: world.say('title'), dealId: world.ids.deals, ...owned(world) }), by: external(reminder) },
  pipelines: { make: (world) => ({ name: world.say('pipeline'), stages: [{ name: world.say('stage') }] }), patch: (world) => ({ name: world.say('pipeline') }) },
  stages: { make: (world) => ({ name: world.say('stage'), pipelineId: world.ids.pipelines, afterId: world.ids.stages }), patch: (world) => ({ name: world.say('stage'), afterId: world.ids.stages }) },
  fields: { make: (world) => ({ noun: 'deals', key: world.key(), type: 'select', options: [world.say('option')], label: world.say('label'), description: world.say('description') }), patch: (world) => ({ label: world.say('label') }) },
  tags: { make: (world) => ({ name: world.say('tag') }), patch: (world) => ({ name: world.say('tag') }) },
  views: { make: (world) => ({ noun: 'deals', name: world.say('view'), filter: { field: 'stageId', value: world.ids.stages }, columns: ['title'], shared: true }), patch: (world) => ({ name: world.say('view') }) },
}

const asked = async (world: World, method: string, path: string, body?: unknown): Promise<{ id: string }> => {
  const answer = await world.test.request(`${world.test.base}/api/v1${path}`, { method, headers: { authorization: `Bearer ${world.secret}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  if (!answer.ok) throw new Error(`${method} ${path}: ${await answer.text()}`)
  return (await answer.json()) as { id: string }
}
/** A record of its own, for an operation that changes it. */
export const freshRecord = async (world: World, noun: string): Promise<string> => (await asked(world, 'POST', `/${noun}`, KINDS[noun]?.make(world))).id
const archivedRecord = async (world: World, noun: string): Promise<string> => {
  const id = await freshRecord(world, noun)
  await asked(world, 'DELETE', `/${noun}/${id}`)
  return id
}

const ofKind = (noun: string, { make, patch, by }: Kind): Record<string, Fixture> => ({
  [`${noun}.list`]: (world) => ({ query: { id: world.ids[noun as keyof World['ids']] } }),
  [`${noun}.create`]: (world) => ({ body: make(world) }),
  [`${noun}.retrieve`]: (world) => ({ path: { id: world.ids[noun as keyof World['ids']] } }),
  [`${noun}.history`]: (world) => ({ path: { id: world.ids[noun as keyof World['ids']] } }),
  [`${noun}.update`]: async (world) => ({ path: { id: await freshRecord(world, noun) }, body: patch(world) }),
  [`${noun}.archive`]: async (world) => ({ path: { id: await freshRecord(world, noun) } }),
  [`${noun}.restore`]: async (world) => ({ path: { id: await archivedRecord(world, noun) } }),
  [`${noun}.batch`]: async (world) => ({ body: { items: [{ op: 'create', data: make(world) }, { op: 'update', id: await freshRecord(world, noun), data: patch(world) }, { op: 'archive', id: await freshRecord(world, noun) }] } }),
  ...(by ? { [`${noun}.upsert`]: (world: World) => {
    const [key, value, body] = by(world)
    return { path: { key, value }, body }
  } } : {}),
})

/** For every operation of the nouns that are changed through the ledger. */
export const RECORD_FIXTURES: Record<string, Fixture> = {
  ...Object.assign({}, ...Object.entries(KINDS).map(([noun, kind]) => ofKind(noun, kind))) as Record<string, Fixture>,
  ...Object.assign({}, ...(['companies', 'customers'] as const).map((noun) => ({
    [`${noun}.merge`]: async (world: World) => ({ body: { keepId: await freshRecord(world, noun), mergeIds: [await freshRecord(world, noun)] } }),
    [`${noun}.duplicates`]: (world: World) => ({ path: { id: world.ids[noun] } }),
  }))) as Record<string, Fixture>,
  'customers.erase': async (world) => ({ path: { id: await freshRecord(world, 'customers') }, body: {} }),
  'deals.move': async (world) => ({ path: { id: await freshRecord(world, 'deals') }, body: { stageId: world.ids.stages, afterId: await freshRecord(world, 'deals') } }),
  'deals.summary': (world) => ({ query: { pipelineId: world.ids.pipelines } }),
  'reminders.complete': async (world) => ({ path: { id: await freshRecord(world, 'reminders') } }),
  'reminders.skip': async (world) => ({ path: { id: (await asked(world, 'POST', '/reminders', { ...reminder(world), recurrence: 'FREQ=DAILY' })).id } }),
  'reminders.snooze': async (world) => ({ path: { id: await freshRecord(world, 'reminders') }, body: { minutes: 10 } }),
  'reminders.occurrences': (world) => ({ path: { id: world.ids.reminders } }),
}
