import { type Role, Scope, SCOPES_OF_ROLE } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createRateLimits } from './rate-limits.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const PASSWORD = 'correct horse battery staple'
const ROLES: Role[] = ['viewer', 'operator', 'member', 'admin', 'owner']
/** Nobody is bounded by how often he asks here. */
const UNBOUNDED = { points: 1_000_000, seconds: 60 }
const UNLIMITED = { read: UNBOUNDED, write: UNBOUNDED, guess: UNBOUNDED, guesses: UNBOUNDED, mail: UNBOUNDED, mails: UNBOUNDED, exchange: UNBOUNDED }

interface Documented { id: string; method: string; path: string; scope: string; media: string | null }
interface Principal { name: string; scopes: readonly string[]; headers: Record<string, string>; limited?: true; signedIn?: true; page?: true }

/** Refused to some who hold the scope: to whom, and why. */
const BEYOND_THE_SCOPE: Record<string, (principal: Principal) => boolean> = {
  // Tokens for pages are minted by servers.
  'embedTokens.create': ({ name }) => !name.startsWith('key with'),
  // An agent's token speaks for that agent alone.
  'agents.heartbeat': ({ name }) => name === 'an agent',
  // A key makes none that may more than itself.
  'keys.createForAgent': ({ name }) => name === 'key with admin',
}

describeEachDatabase('every operation', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let operations: Documented[]
  let principals: Principal[]
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { rateLimits: createRateLimits(UNLIMITED) })
    const document = (await (await test.request(`${test.base}/openapi.json`)).json()) as { paths: Record<string, Record<string, { operationId: string; 'x-scope': string; requestBody?: { content: Record<string, unknown> } }>> }
    operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({
      id: operation.operationId, method: method.toUpperCase(), path, scope: operation['x-scope'], media: Object.keys(operation.requestBody?.content ?? {})[0] ?? null,
    })))
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    const people = await Promise.all(ROLES.map(async (role): Promise<Principal> => {
      await test.services.members.addAsOwner(test.workspace.id, { email: `${role}@acme.example`, role, password: PASSWORD })
      const answer = await test.request(`${test.base}/api/v1/auth/sign-in/email`, { method: 'POST', headers: { origin: test.base, 'content-type': 'application/json' }, body: JSON.stringify({ email: `${role}@acme.example`, password: PASSWORD }) })
      return { name: role, scopes: SCOPES_OF_ROLE[role], headers: { cookie: answer.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; '), origin: test.base }, signedIn: true }
    }))
    const keys = await Promise.all(Scope.options.map(async (scope): Promise<Principal> => ({ name: `key with ${scope}`, scopes: [scope], headers: bearer((await test.services.keys.createAsOwner(test.workspace.id, { scopes: [scope] })).secret) })))
    const customer = await test.flowstate.customers.create({ name: 'Hers' })
    const { agent } = await test.flowstate.agents.register({ name: 'Researcher', kinds: ['research'] })
    principals = [
      { name: 'nobody', scopes: [], headers: {} },
      ...people, ...keys,
      { name: 'a page', scopes: ['crm:read', 'agents:read', 'crm:write', 'actions:decide'], headers: bearer((await test.flowstate.embedTokens.create({ subject: 'page', role: 'member' })).token), page: true },
      { name: 'a page limited to a customer', scopes: ['crm:read', 'crm:write', 'actions:decide'], headers: bearer((await test.flowstate.embedTokens.create({ subject: 'limited', role: 'member', records: { customers: [customer.id] } })).token), limited: true, page: true },
      { name: 'an agent', scopes: ['crm:read', 'agents:read', 'tasks:work'], headers: bearer((await test.flowstate.keys.createForAgent(agent.id)).secret) },
    ]
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  const ask = async ({ method, path, media }: Documented, { headers }: Principal, id: string): Promise<{ status: number; code: string | null; text: string }> => {
    const answer = await test.request(`${test.base}/api/v1${path.replaceAll(/\{\w+\}/g, id)}`, { method, headers: { ...headers, ...(media === null ? {} : { 'content-type': media }) }, ...(method === 'GET' || media === null ? {} : { body: '{}' }) })
    const text = await answer.text()
    const problem = answer.headers.get('content-type')?.startsWith('application/problem+json') ? (JSON.parse(text) as { code: string }) : null
    return { status: answer.status, code: problem?.code ?? null, text }
  }
  /** Ends every page's token: it is for the end, and pages ask for it before those who may. */
  const ENDS_ALL = 'embedTokens.revokeAll'

  it('says who may, and answers nobody else', async () => {
    expect(operations.length).toBeGreaterThan(100)
    const wrong: string[] = []
    for (const operation of [...operations].sort((a, b) => Number(a.id === ENDS_ALL) - Number(b.id === ENDS_ALL))) {
      for (const principal of operation.id === ENDS_ALL ? [...principals].sort((a, b) => Number(b.page ?? false) - Number(a.page ?? false)) : principals) {
        const { status, code } = await ask(operation, principal, 'none')
        const said = `${operation.id} for ${principal.name}: ${status} ${code}`
        if (status >= 500) wrong.push(said)
        else if (operation.scope === 'anyone') continue
        else if (operation.scope === 'person') { if ((status === 401) === (principal.signedIn === true)) wrong.push(said) }
        else if (principal.scopes.length === 0) { if (status !== 401) wrong.push(said) }
        else if (!principal.scopes.includes(operation.scope)) { if (status !== 403 || code !== 'forbidden') wrong.push(said) }
        // What concerns the whole workspace is not for who sees some records of it.
        else if (status === 403 && (principal.limited || BEYOND_THE_SCOPE[operation.id]?.(principal))) continue
        else if (status === 401 || status === 403) wrong.push(said)
      }
    }
    expect(wrong).toEqual([])
  })

  it('answers to a foreign id as to a random one, and leaves what it names alone', async () => {
    const foreign = await test.services.workspaces.create('foreign')
    const there = test.clientFor((await test.services.keys.createAsOwner(foreign.id, { scopes: Scope.options })).secret)
    const pipeline = await there.pipelines.create({ name: 'Theirs' })
    const company = await there.companies.create({ name: 'Theirs' })
    const theirs: Record<string, string> = {
      companies: company.id, customers: (await there.customers.create({ name: 'Theirs' })).id, pipelines: pipeline.id, stages: pipeline.stages[0]?.id ?? '',
      deals: (await there.deals.create({ title: 'Theirs', stageId: pipeline.stages[0]?.id })).id, interactions: (await there.interactions.create({ kind: 'note', companyId: company.id, body: 'Theirs' })).id,
      reminders: (await there.reminders.create({ title: 'Theirs', dueAt: '2030-01-01T00:00:00Z' })).id, fields: (await there.fields.create({ noun: 'deals', key: 'theirs', type: 'text', label: 'Theirs' })).id,
      tags: (await there.tags.create({ name: 'Theirs' })).id, views: (await there.views.create({ noun: 'deals', name: 'Theirs', columns: ['title'], shared: true })).id,
      members: (await there.members.create({ email: 'theirs@acme.example' })).id, keys: (await there.keys.create({ scopes: ['crm:read'] })).id, agents: (await there.agents.register({ name: 'Theirs', kinds: ['research'] })).agent.id,
      tasks: (await there.tasks.create({ kind: 'research', payload: {} })).id, files: (await there.files.upload('theirs', { name: 'theirs.txt' })).id, invitations: (await there.invitations.create({ email: 'invited@acme.example' })).id,
      changesets: (await there.companies.create({ name: 'Also theirs' }).withResponse()).response.headers.get('flowstate-change-set') ?? '',
    }
    await there.embedTokens.create({ subject: 'theirs' })
    theirs['embed-tokens'] = (await there.embedTokens.list({ limit: 1 })).items[0]?.id ?? ''
    const before = await Promise.all((['companies', 'customers', 'deals', 'interactions'] as const).map((noun) => there.exports.text(noun, { format: 'jsonl', archived: 'any' })))
    const may: Principal = { name: 'a key that may everything', scopes: Scope.options, headers: { authorization: `Bearer ${test.secret}` } }
    const told: string[] = []
    let compared = 0
    for (const operation of operations) {
      const id = theirs[operation.path.split('/')[1] ?? '']
      if (id === undefined || !/^\/[\w-]+\/\{id\}/.test(operation.path)) continue
      compared++
      const random = `${id.slice(0, -6)}000000`
      const plain = ({ status, text }: { status: number; text: string }, of: string) => `${status} ${text.replaceAll(of, '<id>').replace(/"requestId":"[^"]*"/, '')}`
      const [named, unknown] = [plain(await ask(operation, may, id), id), plain(await ask(operation, may, random), random)]
      if (named !== unknown || named.includes('heirs')) told.push(`${operation.id}: ${named} against ${unknown}`)
    }
    expect(told).toEqual([])
    expect(compared).toBeGreaterThan(50)
    expect(await Promise.all((['companies', 'customers', 'deals', 'interactions'] as const).map((noun) => there.exports.text(noun, { format: 'jsonl', archived: 'any' })))).toEqual(before)
  })
})
