import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Log } from '../log.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { freePort } from '../testing/postgres.ts'
import { smtpReceiver } from '../testing/smtp.ts'
import { consoleMail } from './mail.ts'

const PASSWORD = 'correct horse battery staple'

describeEachDatabase('mail', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let smtp: Awaited<ReturnType<typeof smtpReceiver>>
  beforeAll(async () => {
    home = await fresh()
    smtp = await smtpReceiver()
    test = await createTestServer(home, { smtpUrl: smtp.url, basePath: '/crm', publicUrl: 'http://flowstate.test/crm' })
  })
  afterAll(async () => {
    await test.close()
    await smtp.close()
    await home.dispose()
  })

  const ask = (path: string, body: object, cookie = '') => test.request(`${test.base}/api/v1${path}`, { method: 'POST', headers: { origin: 'http://flowstate.test', 'content-type': 'application/json', cookie }, body: JSON.stringify(body) })
  const signIn = async (email: string, password = PASSWORD): Promise<string> => (await ask('/auth/sign-in/email', { email, password })).headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
  const lastTo = (email: string, name: string): string => {
    const { text = '' } = smtp.received.findLast(({ to }) => to.includes(email)) ?? {}
    const url = new URL(/https?:\S+/.exec(text)?.[0] ?? '')
    expect(url.origin + url.pathname).toBe('http://flowstate.test/crm/sign-in')
    return url.searchParams.get(name) ?? ''
  }

  it('brings the link that confirms an address, after which a member who was added by it is let in', async () => {
    const email = 'late@acme.example'
    await test.flowstate.members.create({ email, role: 'viewer' })
    await test.services.identities.create({ email, name: 'Late', password: PASSWORD, emailVerified: false })
    const cookie = await signIn(email)
    const session = async () => (await test.request(`${test.base}/api/v1/session`, { headers: { cookie } })).json() as Promise<{ person: object; memberships: unknown[] }>
    expect(await session()).toMatchObject({ person: { emailVerified: false }, memberships: [] })
    // Nobody has one sent to an address that is not theirs.
    expect((await ask('/auth/send-verification-email', { email: 'other@acme.example' }, cookie)).status).toBe(400)
    expect((await ask('/auth/send-verification-email', { email }, cookie)).status).toBe(200)
    await expect.poll(() => smtp.received.length).toBe(1)
    expect(smtp.received[0]).toMatchObject({ from: 'crm@acme.example', to: [email], text: expect.stringContaining('Subject: Confirm your e-mail address') })
    const token = lastTo(email, 'verify')
    const verify = (with_: string) => test.request(`${test.base}/api/v1/auth/verify-email?token=${encodeURIComponent(with_)}`, { headers: { cookie } })
    expect((await verify(`${token.slice(0, -3)}xyz`)).status).toBe(401)
    expect(await session()).toMatchObject({ person: { emailVerified: false } })
    // Whoever gets the mail of an account that another made by their address does not confirm it by opening the link.
    expect((await test.request(`${test.base}/api/v1/auth/verify-email?token=${encodeURIComponent(token)}`)).status).toBe(401)
    expect((await verify(token)).status).toBe(200)
    expect(await session()).toMatchObject({ person: { emailVerified: true }, memberships: [{ role: 'viewer' }] })
  })

  it('brings the link by which a new password is chosen, and the one of an invitation', async () => {
    await test.services.members.addAsOwner(test.workspace.id, { email: 'forgetful@acme.example', role: 'viewer', password: PASSWORD })
    const count = smtp.received.length
    expect((await ask('/auth/request-password-reset', { email: 'forgetful@acme.example' })).status).toBe(200)
    await expect.poll(() => smtp.received.length).toBe(count + 1)
    expect((await ask('/auth/reset-password', { token: lastTo('forgetful@acme.example', 'reset'), newPassword: 'another good password' })).status).toBe(200)
    expect(await signIn('forgetful@acme.example', 'another good password')).not.toBe('')
    expect(await test.flowstate.invitations.create({ email: 'invited@acme.example' })).toMatchObject({ mailed: true })
    expect((await ask('/invitations/accept', { token: lastTo('invited@acme.example', 'invitation'), name: 'Invited', password: PASSWORD })).status).toBe(200)
  })

  it('leads nowhere else, and takes no name that is none', async () => {
    for (const to of ['/.//evil.example/', '//evil.example/', 'https://evil.example/', '/\\evil.example']) expect((await test.request(`${test.base}/api/v1/auth/verify-email?token=x&callbackURL=${encodeURIComponent(to)}`, { redirect: 'manual' })).status, to).toBe(403)
    await test.services.members.addAsOwner(test.workspace.id, { email: 'named@acme.example', role: 'viewer', password: PASSWORD })
    const cookie = await signIn('named@acme.example')
    for (const name of ['', 'x'.repeat(101), 'a\u0000b', '\ud800']) expect((await ask('/auth/update-user', { name }, cookie)).status, JSON.stringify(name).slice(0, 20)).toBe(400)
    expect((await ask('/auth/update-user', { name: 'Her new name', image: 'javascript:alert(1)' }, cookie)).status).toBe(200)
    const session = (await (await test.request(`${test.base}/api/v1/session`, { headers: { cookie } })).json()) as { person: { name: string } }
    expect(session.person.name).toBe('Her new name')
  })

  it('is sent to nobody as often as a stranger likes, nor in a stranger\'s words', async () => {
    const trap = await test.services.workspaces.create('trap', `Pay\r\nBcc: all@acme.example \u202e${'!'.repeat(300)}`)
    const keys = await Promise.all([1, 2].map(async () => test.clientFor((await test.services.keys.createAsOwner(trap.id, { scopes: ['admin'] })).secret)))
    const [one, other] = keys
    for (let sent = 0; sent < 5; sent++) await one?.invitations.create({ email: 'pestered@acme.example' })
    const { text = '' } = smtp.received.findLast(({ to }) => to.includes('pestered@acme.example')) ?? {}
    expect(text).not.toMatch(/^Bcc:/m)
    expect(text).not.toContain('!'.repeat(101))
    const count = smtp.received.length
    // Nor by another workspace, nor by whatever case of the letters.
    for (const client of [one, other, test.flowstate]) await expect(client?.invitations.create({ email: 'Pestered@acme.example' })).rejects.toMatchObject({ status: 429, code: 'rate_limited' })
    // A workspace's keys are bounded together: of 50, what was refused for its address counts too.
    for (let sent = 7; sent < 50; sent++) await (sent % 2 ? one : other)?.invitations.create({ email: `p${sent}@acme.example` })
    for (const client of keys) await expect(client.invitations.create({ email: 'one-more@acme.example' })).rejects.toMatchObject({ status: 429 })
    expect(smtp.received).toHaveLength(count + 43)
    expect(await test.flowstate.invitations.create({ email: 'one-more@acme.example' })).toMatchObject({ mailed: true })
  })

  it('takes no invitation back that could not be sent: whoever made it has the link', async () => {
    const other = await fresh()
    const away = await createTestServer(other, { smtpUrl: `smtp://127.0.0.1:${await freePort()}?from=crm@acme.example` })
    const { mailed, url } = await away.flowstate.invitations.create({ email: 'unreached@acme.example' })
    expect(mailed).toBe(false)
    const accepted = await away.request(`${away.base}/api/v1/invitations/accept`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: new URL(url).searchParams.get('invitation'), name: 'Unreached', password: PASSWORD }) })
    expect(accepted.status).toBe(200)
    await away.close()
    await other.dispose()
  })

  it('stands in the log where no server for it is named', async () => {
    const lines: unknown[] = []
    await consoleMail({ warn: (line: unknown) => { lines.push(line) } } as unknown as Pick<Log, 'warn'>).send({ to: 'a@b.example', subject: 'S', text: 'the link' })
    expect(lines).toEqual([{ mail: { to: 'a@b.example', subject: 'S', text: 'the link' } }])
  })
})
