import { createHash, randomBytes } from 'node:crypto'
import type { Flowstate } from '@flowstate-ai/sdk'
import { ID_PREFIX, type IdNoun, Scope } from '@flowstate-ai/sdk/contract'
import { PAGE } from '../forged.ts'
import type { TestServer } from '../server.ts'

/** One workspace as its own people know it: whose words are all `word`, and one standing record of each noun. */
export interface World {
  test: TestServer
  workspaceId: string
  /** Stands in everything that is said here. */
  word: string
  /** Said nowhere else, and never twice. */
  say(what: string): string
  /** The same as part of a name that takes letters and digits alone. */
  key(): string
  flowstate: Flowstate
  secret: string
  /** A person who owns the workspace, by the cookie. */
  owner: Record<string, string>
  /** Where this workspace's webhooks go. */
  receiverUrl: string
  ids: Record<Exclude<IdNoun, 'workspaces' | 'users'>, string>
}

export const PASSWORD = 'correct horse battery staple'

/** Begins a workspace: with its owner, by the setup link where the server has none yet, and a key that may everything. */
export const createWorld = async (test: TestServer, { slug, word, receiverUrl }: { slug: string; word: string; receiverUrl: string }): Promise<World & { setUp: boolean }> => {
  let count = 0
  const { services } = test
  const link = await services.setup.open()
  const email = `${word}.owner@people.example`
  const setup = link && await post(test, '/session/setup', { token: new URL(link, test.base).searchParams.get('setup'), email, name: `${word} owner`, password: PASSWORD, workspace: { slug, name: `${word} workspace` } })
  const workspace = setup ? await services.workspaces.bySlug(slug) : await services.workspaces.create(slug, `${word} workspace`)
  if (!workspace) throw new Error(`There is no workspace ${slug}.`)
  if (!setup) await services.members.addAsOwner(workspace.id, { email, name: `${word} owner`, role: 'owner', password: PASSWORD })
  const { secret } = await services.keys.createAsOwner(workspace.id, { name: `${word} key`, scopes: Scope.options })
  const world: World = {
    test, workspaceId: workspace.id, word, receiverUrl, secret, flowstate: test.clientFor(secret), owner: await signedIn(test, email),
    say: (what) => `${word} ${what} ${count++}`, key: () => `${word.replaceAll(/\W/g, '')}${count++}`, ids: {} as World['ids'],
  }
  world.ids = await settle(world)
  return { ...world, setUp: setup instanceof Response && setup.status === 201 }
}

export const signedIn = async (test: TestServer, email: string): Promise<Record<string, string>> => {
  const answer = await post(test, '/auth/sign-in/email', { email, password: PASSWORD }, { origin: test.base })
  return { cookie: answer.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; '), origin: test.base }
}

export const post = (test: TestServer, path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  test.request(`${test.base}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

/** A code of the owner's for a page, and what it is exchanged with. */
export const codeOf = async ({ test, owner }: World): Promise<{ code: string; verifier: string }> => {
  const verifier = randomBytes(32).toString('base64url')
  const { code } = (await (await post(test, '/embed-tokens/code', { origin: PAGE, challenge: createHash('sha256').update(verifier).digest('base64url') }, owner)).json()) as { code: string }
  return { code, verifier }
}
export const pageOf = async (world: World): Promise<{ token: string; refresh: string }> =>
  (await (await post(world.test, '/embed-tokens/exchange', await codeOf(world), { origin: PAGE })).json()) as { token: string; refresh: string }

const LOOK_AGAIN_MS = 20
const LOOKS = 1_500
/** The first of a list that fits, once it is there: workers and followers work a moment later. */
export const awaited = async <Item>(list: () => Promise<Item[]>, fits: (item: Item) => boolean = () => true): Promise<Item> => {
  for (let looks = 0; looks < LOOKS; looks++) {
    const found = (await list()).find(fits)
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))
  }
  throw new Error(`What was waited for did not come: ${String(list)}`)
}

/** Two customers who may be one, as the follower finds them. */
export const aPair = async ({ flowstate, say }: World): Promise<string> => {
  const name = say('twin')
  const digits = String(Math.floor(Math.random() * 1e7)).padStart(7, '0')
  const [left, right] = await Promise.all([flowstate.customers.create({ name, phone: `+49 30 ${digits}` }), flowstate.customers.create({ name, phone: `030 / ${digits}` })])
  const [leftId, rightId] = [left.id, right.id].sort()
  return (await awaited(async () => (await flowstate.duplicates.list({ leftId, rightId })).items)).id
}

/** A recommendation about a deal of its own. For some there is nothing to be done. */
export const anAction = async (world: World): Promise<string> => {
  const { flowstate, say, ids } = world
  const customer = await flowstate.customers.create({ name: say('buyer'), email: `${say('buyer').replaceAll(' ', '.')}@people.example`, phone: '+49 30 1234567' })
  const deal = await flowstate.deals.create({ title: say('deal'), customerId: customer.id, stageId: ids.stages, value: { amount: 5_000_000, currency: 'EUR' }, expectedCloseDate: '2030-01-01' })
  await flowstate.actions.generate({ dealId: deal.id })
  const { id, state } = await awaited(async () => (await flowstate.actions.list({ subjectId: deal.id })).items)
  return state === 'open' ? id : anAction(world)
}

export const anImport = async ({ flowstate, say }: World, mode: 'detect' | 'rehearse' = 'detect'): Promise<string> => {
  const text = `name,email\n${say('imported')},${say('i').replaceAll(' ', '.')}@people.example\n${say('rejected')},${say('no address')}\n`
  const { id } = await flowstate.imports.upload(text, { noun: 'customers', name: say('people.csv'), mode })
  await flowstate.imports.wait(id, { every: LOOK_AGAIN_MS })
  return id
}

const aDelivery = async ({ flowstate }: World, webhookId: string): Promise<string> => {
  const { id } = await flowstate.webhooks.test(webhookId)
  await awaited(async () => [await flowstate.deliveries.retrieve(id)], ({ state }) => state === 'delivered')
  return id
}

const settle = async (world: World): Promise<World['ids']> => {
  const { flowstate, say, key } = world
  const pipeline = await flowstate.pipelines.create({ name: say('pipeline'), stages: [{ name: say('stage'), probability: 0.5 }, { name: say('won'), kind: 'won' }] })
  const company = await flowstate.companies.create({ name: say('company'), domain: `${key()}.example`, industry: say('industry'), country: say('country'), description: say('description'), externalId: say('external'), customFields: { note: say('custom') } })
  const customer = await flowstate.customers.create({ name: say('customer'), email: `${key()}@people.example`, phone: say('phone'), title: say('title'), description: say('description'), externalId: say('external'), companyId: company.id })
  const stages = pipeline.stages[0]?.id ?? ''
  const webhooks = (await flowstate.webhooks.create({ url: `${world.receiverUrl}/${world.word}`, description: say('webhook') })).id
  const { agent } = await flowstate.agents.register({ name: say('agent'), kinds: ['research'], description: say('agent') })
  const first = await flowstate.tags.create({ name: say('tag'), color: null }).withResponse()
  await flowstate.embedTokens.create({ subject: say('subject') })
  const ids: World['ids'] = {
    pipelines: pipeline.id, stages, companies: company.id, customers: customer.id, webhooks, agents: agent.id, tags: first.data.id, changesets: first.response.headers.get('flowstate-change-set') ?? '',
    deals: (await flowstate.deals.create({ title: say('deal'), stageId: stages, companyId: company.id, customerId: customer.id, description: say('description'), wonReason: say('won'), lostReason: say('lost'), externalId: say('external') })).id,
    interactions: (await flowstate.interactions.create({ kind: 'note', companyId: company.id, subject: say('subject'), body: say('body'), externalId: say('external') })).id,
    reminders: (await flowstate.reminders.create({ title: say('reminder'), description: say('description'), dueAt: '2031-01-01T00:00:00Z', externalId: say('external') })).id,
    fields: (await flowstate.fields.create({ noun: 'deals', key: key(), type: 'text', label: say('label'), description: say('description') })).id,
    views: (await flowstate.views.create({ noun: 'deals', name: say('view'), columns: ['title'], shared: true })).id,
    members: (await flowstate.members.create({ email: `${key()}@people.example`, name: say('member') })).id,
    invitations: (await flowstate.invitations.create({ email: `${key()}@people.example` })).id,
    keys: (await flowstate.keys.create({ name: say('key'), scopes: ['crm:read'] })).id,
    sessions: (await flowstate.embedTokens.list({ limit: 1 })).items[0]?.id ?? '',
    tasks: (await flowstate.tasks.create({ kind: 'standing', payload: { said: say('payload') } })).id,
    files: (await flowstate.files.upload(say('content'), { name: `${say('file')}.txt` })).id,
    importMappings: (await flowstate.imports.mappings.create({ noun: 'customers', name: say('mapping'), settings: { map: { [say('column')]: 'name' } } })).id,
    actions: '', imports: '', duplicates: '', deliveries: '',
  }
  world.ids = ids
  const [actions, imports, duplicates, deliveries] = await Promise.all([anAction(world), anImport(world, 'rehearse'), aPair(world), aDelivery(world, webhooks)])
  return { ...ids, actions, imports, duplicates, deliveries }
}

/** The noun of an id, by its prefix. */
export const nounOf = (id: string): keyof World['ids'] | undefined => {
  const prefix = id.slice(0, id.indexOf('_'))
  return (Object.entries(ID_PREFIX) as [keyof World['ids'], string][]).find(([, each]) => each === prefix)?.[0]
}
