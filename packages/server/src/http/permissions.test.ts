import { type Role, Scope, SCOPES_OF_ROLE } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { runIsolation } from '../testing/isolation/matrix.ts'
import { askOperation, type Documented, documentedOperations } from '../testing/operations.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { unlimited } from '../testing/unlimited.ts'

const PASSWORD = 'correct horse battery staple'
const ROLES: Role[] = ['viewer', 'operator', 'member', 'admin', 'owner']

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
    test = await createTestServer(home, { rateLimits: unlimited() })
    operations = await documentedOperations(test)
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

  /** Ends every page's token: it is for the end, and pages ask for it before those who may. */
  const ENDS_ALL = 'embedTokens.revokeAll'

  it('says who may, and answers nobody else', async () => {
    expect(operations.length).toBeGreaterThan(100)
    const wrong: string[] = []
    for (const operation of [...operations].sort((a, b) => Number(a.id === ENDS_ALL) - Number(b.id === ENDS_ALL))) {
      for (const principal of operation.id === ENDS_ALL ? [...principals].sort((a, b) => Number(b.page ?? false) - Number(a.page ?? false)) : principals) {
        const { status, code } = await askOperation(test, operation, principal.headers, 'none')
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
})

describeEachDatabase('one workspace and another', (fresh) => {
  let home: FreshDatabase
  beforeAll(async () => { home = await fresh() })
  afterAll(() => home.dispose())

  it('see nothing of each other, whoever of the one asks for whatever of the other', async () => {
    const { findings, operations, succeeded, compared, refused, asked, scanned } = await runIsolation(home)
    expect(findings).toEqual([])
    // Whatever was refused could have been done: by whom it is meant for, it was.
    expect(succeeded).toBe(operations)
    expect(operations).toBeGreaterThan(150)
    expect(compared).toBeGreaterThan(800)
    expect(refused).toBeGreaterThan(1_500)
    expect(asked).toBeGreaterThan(1_500)
    expect(scanned).toBeGreaterThan(6_000)
  }, 300_000)
})
