import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const PASSWORD = 'correct horse battery staple'

describeEachDatabase('invitations', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home)
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  it('are sent to one address a few times an hour, whoever invites', async () => {
    const statuses: number[] = []
    for (let count = 0; count < 6; count++) statuses.push(await test.flowstate.invitations.create({ email: 'Often@acme.example' }).then(() => 201, ({ status }: { status: number }) => status))
    expect(statuses).toEqual([201, 201, 201, 201, 201, 429])
  })

  it('open nothing but their own workspace: whoever invites has the link, and no proof of the address', async () => {
    const email = 'cfo@acme.example'
    await test.flowstate.members.create({ email, role: 'admin' })
    const other = await test.services.workspaces.create('other')
    const there = test.clientFor((await test.services.keys.createAsOwner(other.id, { scopes: ['admin'] })).secret)
    const token = new URL((await there.invitations.create({ email, role: 'viewer' })).url).searchParams.get('invitation')
    const post = (path: string, body: object) => test.request(`${test.base}/api/v1${path}`, { method: 'POST', headers: { origin: test.base, 'content-type': 'application/json' }, body: JSON.stringify(body) })
    expect((await post('/invitations/accept', { token, name: 'Somebody', password: PASSWORD })).status).toBe(200)
    const cookie = (await post('/auth/sign-in/email', { email, password: PASSWORD })).headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
    const read = (path: string, workspace: string) => test.request(`${test.base}/api/v1${path}`, { headers: { cookie, 'flowstate-workspace': workspace } })
    const session = (await (await read('/session', other.id)).json()) as { person: object; memberships: object[] }
    expect(session).toMatchObject({ person: { emailVerified: false }, memberships: [{ slug: 'other', role: 'viewer' }] })
    expect(session.memberships).toHaveLength(1)
    expect((await read('/companies', other.id)).status).toBe(200)
    expect((await read('/companies', test.workspace.id)).status).toBe(403)
  })
})
