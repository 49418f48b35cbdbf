import { afterAll, beforeAll, expect, it } from 'vitest'
import { MOST_OWNED } from '@flowstate-ai/sdk/contract'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const PASSWORD = 'correct horse battery staple'

describeEachDatabase('a workspace of one\'s own', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home)
    await test.services.members.addAsOwner(test.workspace.id, { email: 'ada@acme.example', name: 'Ada', role: 'viewer', password: PASSWORD })
    await test.services.identities.create({ email: 'nowhere@acme.example', name: 'Nowhere', password: PASSWORD, emailVerified: true })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  const ask = (method: string, path: string, { cookie, body, origin = test.base, workspace }: { cookie?: string; body?: object; origin?: string; workspace?: string }) =>
    test.request(`${test.base}/api/v1${path}`, { method, headers: { origin, ...(cookie ? { cookie } : {}), ...(workspace ? { 'flowstate-workspace': workspace } : {}), ...(body ? { 'content-type': 'application/json' } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}) })
  const signIn = async (email: string): Promise<string> => (await ask('POST', '/auth/sign-in/email', { body: { email, password: PASSWORD } })).headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')

  it('is made by whoever belongs here, who owns it, and shares nothing with the others', async () => {
    const cookie = await signIn('ada@acme.example')
    const made = await ask('POST', '/workspaces', { cookie, body: { slug: 'adas', name: 'Ada\'s' } })
    expect(made.status).toBe(201)
    const membership = (await made.json()) as { workspaceId: string; memberId: string }
    expect(membership).toMatchObject({ slug: 'adas', name: 'Ada\'s', role: 'owner' })
    expect(await (await ask('GET', '/session', { cookie })).json()).toMatchObject({ memberships: [{ slug: 'acme', role: 'viewer' }, { slug: 'adas', role: 'owner' }] })
    const workspace = membership.workspaceId
    expect((await ask('POST', '/companies', { cookie, workspace, body: { name: 'Hers' } })).status).toBe(201)
    expect((await ask('POST', '/companies', { cookie, workspace: test.workspace.id, body: { name: 'Not hers' } })).status).toBe(403)
    expect((await test.flowstate.companies.list()).items).toEqual([])
    expect(await (await ask('GET', '/audit', { cookie, workspace })).json()).toMatchObject({ items: [{ event: 'workspaces.create', actor: { kind: 'person', name: 'Ada' }, subject: workspace }] })
  })

  it('is refused to strangers, to other pages, under a name that is taken or malformed, and beyond what one person owns', async () => {
    const cookie = await signIn('ada@acme.example')
    const refusal = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as { code?: string; errors?: { pointer: string }[] }) })
    expect(await refusal(await ask('POST', '/workspaces', { body: { slug: 'mine' } }))).toMatchObject({ status: 401 })
    expect(await refusal(await ask('POST', '/workspaces', { cookie, origin: 'https://evil.example', body: { slug: 'mine' } }))).toMatchObject({ status: 401 })
    expect(await refusal(await ask('POST', '/workspaces', { cookie: await signIn('nowhere@acme.example'), body: { slug: 'mine' } }))).toMatchObject({ status: 403 })
    expect(await refusal(await ask('POST', '/workspaces', { cookie, body: { slug: 'acme' } }))).toMatchObject({ status: 409, code: 'unique_taken', errors: [{ pointer: '/slug' }] })
    expect(await refusal(await ask('POST', '/workspaces', { cookie, body: { slug: 'Not A Slug' } }))).toMatchObject({ status: 422, errors: [{ pointer: '/slug' }] })
    expect((await test.request(`${test.base}/api/v1/workspaces`, { method: 'POST', headers: { authorization: `Bearer ${test.secret}`, 'content-type': 'application/json' }, body: '{"slug":"mine"}' })).status).toBe(401)
    const both = await Promise.all([1, 2].map(() => ask('POST', '/workspaces', { cookie, body: { slug: 'at-once' } })))
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409])
    for (let owned = 2; owned < MOST_OWNED; owned++) expect((await ask('POST', '/workspaces', { cookie, body: { slug: `w-${owned}` } })).status).toBe(201)
    expect(await refusal(await ask('POST', '/workspaces', { cookie, body: { slug: 'one-too-many' } }))).toMatchObject({ status: 403, code: 'forbidden' })
  })
})
