import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

describeEachDatabase('members', (fresh) => {
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

  it('always have an owner among them, whatever two owners do to each other at the same moment', async () => {
    const password = 'correct horse battery staple'
    const emails = ['first@acme.example', 'second@acme.example']
    const owners = await Promise.all(emails.map((email) => test.services.members.addAsOwner(test.workspace.id, { email, role: 'owner', password })))
    const cookies = await Promise.all(emails.map(async (email) => (await test.request(`${test.base}/api/v1/auth/sign-in/email`, { method: 'POST', headers: { origin: test.base, 'content-type': 'application/json' }, body: JSON.stringify({ email, password }) })).headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')))
    const demote = (cookie: string | undefined, id: string | undefined) => test.request(`${test.base}/api/v1/members/${id}`, { method: 'PATCH', headers: { origin: test.base, cookie: cookie ?? '', 'content-type': 'application/json' }, body: '{"role":"viewer"}' })
    const answers = await Promise.all([demote(cookies[0], owners[1]?.id), demote(cookies[1], owners[0]?.id)])
    const [done, refused = 0] = answers.map(({ status }) => status).sort()
    expect(done).toBe(200)
    // Who was demoted before he asked is told that he may not; else that he meets the last one.
    expect([403, 409]).toContain(refused)
    const { items } = await test.flowstate.members.list()
    expect(items.filter(({ role }) => role === 'owner')).toHaveLength(1)
  })
})
