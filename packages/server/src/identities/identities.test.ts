import { createHmac } from 'node:crypto'
import type { Role } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Message } from '../mail/mail.ts'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { SESSION_COOKIE } from './cookie.ts'

const PASSWORD = 'correct horse battery staple'

/** A browser of one person: it keeps cookies, and says where it asks from. */
const browserOf = (test: TestServer, origin = 'http://flowstate.test') => {
  const jar = new Map<string, string>()
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> => {
    const answer = await test.request(`${test.base}${path}`, {
      method,
      headers: { ...(jar.size > 0 ? { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') } : {}), ...(method === 'GET' ? { 'sec-fetch-site': origin === 'http://flowstate.test' ? 'same-origin' : 'cross-site' } : { origin }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';', 1)
      const at = pair.indexOf('=')
      if (/max-age=0/i.test(line)) jar.delete(pair.slice(0, at))
      else jar.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return answer
  }
  return {
    jar, ask,
    signIn: (email: string, password = PASSWORD) => ask('POST', '/api/v1/auth/sign-in/email', { email, password }),
  }
}
const problem = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as { code?: string; detail?: string }) })

describeEachDatabase('people', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let now = Date.now()
  const mails: Message[] = []
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { mail: { send: async (message) => { mails.push(message) } }, clock: () => now })
    for (const role of ['viewer', 'operator', 'member', 'admin', 'owner'] as Role[]) await test.services.members.addAsOwner(test.workspace.id, { email: `${role}@acme.example`, name: role, role, password: PASSWORD })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const signedIn = async (email: string) => {
    const browser = browserOf(test)
    expect((await browser.signIn(email)).status).toBe(200)
    return browser
  }
  const linkIn = (mail: Message | undefined, name: string): string => new URL(/https?:\S+/.exec(mail?.text ?? '')?.[0] ?? '').searchParams.get(name) ?? ''

  it('sign in with a cookie that no script, no other host and no other page can use', async () => {
    const browser = browserOf(test)
    const answer = await browser.signIn('member@acme.example')
    const cookie = answer.headers.getSetCookie().find((line) => line.startsWith(SESSION_COOKIE))
    for (const attribute of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) expect(cookie).toContain(attribute)
    expect(cookie).not.toContain('Domain')
    expect(await (await browser.ask('GET', '/api/v1/session')).json()).toMatchObject({
      person: { email: 'member@acme.example', name: 'member', emailVerified: true, twoFactor: false }, memberships: [{ workspaceId: test.workspace.id, slug: 'acme', role: 'member' }],
    })
    const made = await browser.ask('POST', '/api/v1/companies', { name: 'By a person' })
    expect(made.status).toBe(201)
    const { id } = (await made.json()) as { id: string }
    expect(await (await browser.ask('GET', '/api/v1/whoami')).json()).toMatchObject({ actor: { kind: 'person', name: 'member' } })
    expect((await test.flowstate.companies.history(id)).fields.name?.actor).toMatchObject({ kind: 'person', name: 'member' })
  })

  it('are who they are on this server\'s own pages alone', async () => {
    const mine = await signedIn('admin@acme.example')
    const elsewhere = browserOf(test, 'https://evil.example')
    for (const [name, value] of mine.jar) elsewhere.jar.set(name, value)
    expect((await elsewhere.ask('GET', '/api/v1/companies')).status).toBe(401)
    expect(await problem(await elsewhere.ask('POST', '/api/v1/companies', { name: 'Forged' }))).toMatchObject({ status: 401, code: 'unauthenticated' })
    expect((await elsewhere.ask('GET', '/api/v1/session')).status).toBe(401)
    // Nor can another page sign somebody in as another, or out.
    expect((await browserOf(test, 'https://evil.example').signIn('member@acme.example')).status).toBe(403)
    expect((await elsewhere.ask('POST', '/api/v1/auth/sign-out', {})).status).toBe(403)
    expect((await mine.ask('POST', '/api/v1/auth/request-password-reset', { email: 'member@acme.example', redirectTo: 'https://evil.example/' })).status).toBe(403)
    expect((await mine.ask('GET', '/api/v1/session')).status).toBe(200)
    // Who does not say where it asks from may read, and not write.
    expect((await mine.ask('GET', '/api/v1/companies', undefined, { 'sec-fetch-site': 'none' })).status).toBe(200)
    const silent = await test.request(`${test.base}/api/v1/companies`, { method: 'POST', headers: { cookie: [...mine.jar].map((pair) => pair.join('=')).join('; '), 'content-type': 'application/json' }, body: '{"name":"Silent"}' })
    expect(silent.status).toBe(401)
    expect((await mine.ask('POST', '/api/v1/embed-tokens', { subject: 'x' })).status).toBe(403)
  })

  it('may do what their role says', async () => {
    const may = async (role: Role) => {
      const browser = await signedIn(`${role}@acme.example`)
      return {
        read: (await browser.ask('GET', '/api/v1/companies')).status, write: (await browser.ask('POST', '/api/v1/companies', { name: `By ${role}` })).status,
        operate: (await browser.ask('POST', '/api/v1/tasks/tsk_none/pause')).status, admin: (await browser.ask('GET', '/api/v1/keys')).status,
      }
    }
    expect(await may('viewer')).toEqual({ read: 200, write: 403, operate: 403, admin: 403 })
    expect(await may('operator')).toEqual({ read: 200, write: 403, operate: 404, admin: 403 })
    expect(await may('member')).toEqual({ read: 200, write: 201, operate: 403, admin: 403 })
    expect(await may('admin')).toEqual({ read: 200, write: 201, operate: 404, admin: 200 })
    expect(await may('owner')).toEqual({ read: 200, write: 201, operate: 404, admin: 200 })
  })

  it('are not told apart from strangers by a wrong password, and out for good when they sign out', async () => {
    const browser = browserOf(test)
    const [wrong, unknown] = [await browser.signIn('member@acme.example', 'wrong password'), await browser.signIn('nobody@acme.example', 'wrong password')]
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(await wrong.json()).toEqual(await unknown.json())
    expect((await browser.ask('POST', '/api/v1/auth/sign-up/email', { email: 'me@evil.example', name: 'Me', password: PASSWORD })).status).toBe(400)
    const mine = await signedIn('member@acme.example')
    const kept = new Map(mine.jar)
    expect((await mine.ask('GET', '/api/v1/companies')).status).toBe(200)
    expect((await mine.ask('POST', '/api/v1/auth/sign-out', {})).status).toBe(200)
    for (const [name, value] of kept) mine.jar.set(name, value)
    await expect.poll(async () => (await mine.ask('GET', '/api/v1/companies')).status, { timeout: 5_000 }).toBe(401)
  })

  it('choose a new password by a link, which ends every session and serves once', async () => {
    await test.services.members.addAsOwner(test.workspace.id, { email: 'forgetful@acme.example', role: 'viewer', password: PASSWORD })
    const mine = await signedIn('forgetful@acme.example')
    const other = browserOf(test)
    expect((await other.ask('POST', '/api/v1/auth/request-password-reset', { email: 'forgetful@acme.example' })).status).toBe(200)
    const count = mails.length
    expect((await other.ask('POST', '/api/v1/auth/request-password-reset', { email: 'nobody@acme.example' })).status).toBe(200)
    expect(mails.length).toBe(count)
    const token = linkIn(mails.at(-1), 'reset')
    expect((await other.ask('POST', '/api/v1/auth/reset-password', { token, newPassword: 'short' })).status).toBe(400)
    expect((await other.ask('POST', '/api/v1/auth/reset-password', { token, newPassword: 'another good password' })).status).toBe(200)
    expect((await other.ask('POST', '/api/v1/auth/reset-password', { token, newPassword: 'a third good password' })).status).toBe(400)
    await expect.poll(async () => (await mine.ask('GET', '/api/v1/companies')).status, { timeout: 5_000 }).toBe(401)
    expect((await other.signIn('forgetful@acme.example')).status).toBe(401)
    expect((await other.signIn('forgetful@acme.example', 'another good password')).status).toBe(200)
  })

  it('are asked for a second factor once they have set one up', async () => {
    await test.services.members.addAsOwner(test.workspace.id, { email: 'careful@acme.example', role: 'viewer', password: PASSWORD })
    const mine = await signedIn('careful@acme.example')
    const enabled = (await (await mine.ask('POST', '/api/v1/auth/two-factor/enable', { password: PASSWORD })).json()) as { totpURI: string; backupCodes: string[] }
    const secret = new URL(enabled.totpURI).searchParams.get('secret') ?? ''
    expect((await mine.ask('POST', '/api/v1/auth/two-factor/verify-totp', { code: totpOf(secret) })).status).toBe(200)
    const again = browserOf(test)
    expect(await (await again.signIn('careful@acme.example')).json()).toMatchObject({ twoFactorRedirect: true })
    expect((await again.ask('GET', '/api/v1/companies')).status).toBe(401)
    expect((await again.ask('POST', '/api/v1/auth/two-factor/verify-totp', { code: totpOf(secret) })).status).toBe(200)
    expect(await (await again.ask('GET', '/api/v1/session')).json()).toMatchObject({ person: { twoFactor: true } })
    const lost = browserOf(test)
    await lost.signIn('careful@acme.example')
    expect((await lost.ask('POST', '/api/v1/auth/two-factor/verify-backup-code', { code: enabled.backupCodes[0] })).status).toBe(200)
    const replay = browserOf(test)
    await replay.signIn('careful@acme.example')
    expect((await replay.ask('POST', '/api/v1/auth/two-factor/verify-backup-code', { code: enabled.backupCodes[0] })).status).toBe(401)
  })

  it('come in by an invitation, once, as who was invited', async () => {
    const admin = await signedIn('admin@acme.example')
    const sent = (await (await admin.ask('POST', '/api/v1/invitations', { email: 'New@acme.example', role: 'operator' })).json()) as { id: string; url: string; email: string }
    expect(sent).toMatchObject({ email: 'new@acme.example' })
    const token = linkIn(mails.at(-1), 'invitation')
    expect(new URL(sent.url).searchParams.get('invitation')).toBe(token)
    expect(JSON.stringify(await (await admin.ask('GET', '/api/v1/invitations')).json())).not.toContain(token)
    const guest = browserOf(test)
    expect(await problem(await guest.ask('POST', '/api/v1/invitations/accept', { token: 'guessed' }))).toMatchObject({ status: 404 })
    expect(await problem(await guest.ask('POST', '/api/v1/invitations/accept', { token }))).toMatchObject({ status: 422, errors: [{ pointer: '/password' }] })
    expect(await problem(await admin.ask('POST', '/api/v1/invitations/accept', { token }))).toMatchObject({ status: 403 })
    expect(await (await guest.ask('POST', '/api/v1/invitations/accept', { token, name: 'New One', password: PASSWORD })).json()).toMatchObject({ email: 'new@acme.example', name: 'New One', role: 'operator' })
    expect(await problem(await guest.ask('POST', '/api/v1/invitations/accept', { token, name: 'Again', password: PASSWORD }))).toMatchObject({ status: 409, code: 'invalid_state' })
    expect((await guest.signIn('new@acme.example')).status).toBe(200)
    expect(await (await guest.ask('GET', '/api/v1/session')).json()).toMatchObject({ memberships: [{ role: 'operator' }] })

    const taken = (await (await admin.ask('POST', '/api/v1/invitations', { email: 'late@acme.example' })).json()) as { id: string }
    const lateToken = linkIn(mails.at(-1), 'invitation')
    expect((await admin.ask('DELETE', `/api/v1/invitations/${taken.id}`)).status).toBe(200)
    expect((await guest.ask('POST', '/api/v1/invitations/accept', { token: lateToken })).status).toBe(404)
    await admin.ask('POST', '/api/v1/invitations', { email: 'late@acme.example' })
    now += 8 * 86_400_000
    expect(await problem(await browserOf(test).ask('POST', '/api/v1/invitations/accept', { token: linkIn(mails.at(-1), 'invitation'), password: PASSWORD }))).toMatchObject({ status: 409, detail: expect.stringContaining('over') })
    now -= 8 * 86_400_000
  })

  it('name the workspace where they belong to several, and enter no other', async () => {
    const [second, foreign] = [await test.services.workspaces.create('second'), await test.services.workspaces.create('foreign')]
    await test.services.members.addAsOwner(second.id, { email: 'owner@acme.example', role: 'viewer' })
    const owner = await signedIn('owner@acme.example')
    expect(await problem(await owner.ask('GET', '/api/v1/companies'))).toMatchObject({ status: 400, code: 'workspace_required' })
    expect((await owner.ask('GET', '/api/v1/companies', undefined, { 'flowstate-workspace': test.workspace.id })).status).toBe(200)
    expect((await owner.ask('POST', '/api/v1/companies', { name: 'There a viewer' }, { 'flowstate-workspace': second.id })).status).toBe(403)
    const [theirs, nowhere] = [await problem(await owner.ask('GET', '/api/v1/companies', undefined, { 'flowstate-workspace': foreign.id })), await problem(await owner.ask('GET', '/api/v1/companies', undefined, { 'flowstate-workspace': 'wsp_none' }))]
    expect(theirs).toMatchObject({ status: 403 })
    expect({ ...theirs, requestId: '' }).toEqual({ ...nowhere, requestId: '' })
  })

  it('join one more workspace by their own will alone', async () => {
    const stranger = await test.services.workspaces.create('stranger')
    const there = test.clientFor((await test.services.keys.createAsOwner(stranger.id, { scopes: ['admin'] })).secret)
    await expect(there.members.create({ email: 'Member@acme.example', role: 'viewer' })).rejects.toMatchObject({ status: 409, code: 'invalid_state', message: expect.stringContaining('invite them instead') })
    const member = await signedIn('member@acme.example')
    expect((await member.ask('GET', '/api/v1/companies')).status).toBe(200)
    // Who is a member here is told as such, and who has no account is added.
    await expect(test.flowstate.members.create({ email: 'member@acme.example' })).rejects.toMatchObject({ status: 409, code: 'unique_taken' })
    expect(await there.members.create({ email: 'nobody-yet@acme.example' })).toMatchObject({ role: 'member' })
    const { url } = await there.invitations.create({ email: 'member@acme.example', role: 'viewer' })
    expect((await member.ask('POST', '/api/v1/invitations/accept', { token: new URL(url).searchParams.get('invitation') })).status).toBe(200)
    expect(await (await member.ask('GET', '/api/v1/session')).json()).toMatchObject({ memberships: [{ slug: 'acme' }, { slug: 'stranger', role: 'viewer' }] })
  })

  it('make owners only as owners, and the last of them stays', async () => {
    const admin = await signedIn('admin@acme.example')
    const owner = await signedIn('owner@acme.example')
    const here = { 'flowstate-workspace': test.workspace.id }
    const members = ((await (await owner.ask('GET', '/api/v1/members?limit=100', undefined, here)).json()) as { items: { id: string; email: string }[] }).items
    const idOf = (email: string) => members.find((member) => member.email === email)?.id ?? ''
    expect((await admin.ask('PATCH', `/api/v1/members/${idOf('admin@acme.example')}`, { role: 'owner' })).status).toBe(403)
    expect((await admin.ask('DELETE', `/api/v1/members/${idOf('owner@acme.example')}`)).status).toBe(403)
    expect((await admin.ask('POST', '/api/v1/members', { email: 'x@acme.example', role: 'owner' })).status).toBe(403)
    await expect(test.flowstate.members.create({ email: 'y@acme.example', role: 'owner' })).rejects.toMatchObject({ status: 403 })
    expect((await admin.ask('POST', '/api/v1/invitations', { email: 'z@acme.example', role: 'owner' })).status).toBe(403)
    expect(await problem(await owner.ask('PATCH', `/api/v1/members/${idOf('owner@acme.example')}`, { role: 'admin' }, here))).toMatchObject({ status: 409, code: 'in_use' })
    expect((await owner.ask('PATCH', `/api/v1/members/${idOf('admin@acme.example')}`, { role: 'owner' }, here)).status).toBe(200)
    expect((await owner.ask('DELETE', `/api/v1/members/${idOf('viewer@acme.example')}`, undefined, here)).status).toBe(200)
    const gone = browserOf(test)
    await gone.signIn('viewer@acme.example')
    expect(await problem(await gone.ask('GET', '/api/v1/companies'))).toMatchObject({ status: 403 })
  })
})

/** RFC 6238, SHA-1, six digits, thirty seconds. */
const totpOf = (secret: string): string => {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const digest = createHmac('sha1', key).update(counter).digest()
  return String((digest.readUInt32BE((digest.at(-1) ?? 0) & 15) & 0x7f_ff_ff_ff) % 1_000_000).padStart(6, '0')
}
