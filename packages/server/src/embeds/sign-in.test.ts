import { createHash, randomBytes } from 'node:crypto'
import type { PageToken } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { describeEachDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const PAGE = 'https://intranet.example'
const OTHER = 'https://other.example'
const EVIL = 'https://evil.example'
const PASSWORD = 'correct horse battery staple'
const HOUR_MS = 3_600_000

const proofKey = () => {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}
const statusOf = (answer: Response): number => answer.status

describeEachDatabase('signing in from a page without a server', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let cookie: string
  let now = Date.now()
  beforeAll(async () => {
    home = await fresh()
    test = await createTestServer(home, { allowedOrigins: [PAGE, OTHER], clock: () => now })
    await test.services.members.addAsOwner(test.workspace.id, { email: 'ada@acme.example', name: 'Ada', role: 'admin', password: PASSWORD })
    await test.services.members.addAsOwner(test.workspace.id, { email: 'owner@acme.example', name: 'Owner', role: 'owner', password: PASSWORD })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })

  const ask = (path: string, origin: string | null, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    test.request(`${test.base}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...(origin === null ? {} : { origin }), ...headers }, body: JSON.stringify(body) })
  const read = (token: string, origin: string = PAGE, path = '/companies') => test.request(`${test.base}/api/v1${path}`, { headers: { authorization: `Bearer ${token}`, origin } })
  const signIn = async () => {
    const answer = await ask('/auth/sign-in/email', test.base, { email: 'ada@acme.example', password: PASSWORD })
    cookie = answer.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
  }
  beforeEach(signIn)
  const codeFor = async (challenge: string, origin = PAGE): Promise<string> => {
    const answer = await ask('/embed-tokens/code', test.base, { origin, challenge }, { cookie })
    expect(answer.status).toBe(201)
    return ((await answer.json()) as { code: string }).code
  }
  const enter = async (): Promise<PageToken> => {
    const { verifier, challenge } = proofKey()
    const answer = await ask('/embed-tokens/exchange', PAGE, { code: await codeFor(challenge), verifier })
    expect(answer.status).toBe(201)
    return (await answer.json()) as PageToken
  }

  it('gives the page a token of the person, from its own origin alone, that never administers', async () => {
    const page = await enter()
    expect(page).toMatchObject({ expiresIn: 600, workspaceId: test.workspace.id })
    const whoami = (await (await read(page.token, PAGE, '/whoami')).json()) as { actor: object; scopes: string[] }
    expect(whoami).toMatchObject({ actor: { kind: 'person', name: 'Ada' } })
    expect(whoami.scopes.sort()).toEqual(['actions:decide', 'agents:operate', 'agents:read', 'crm:read', 'crm:write'])
    expect(statusOf(await read(page.token, EVIL))).toBe(403)
    expect(statusOf(await read(page.token, OTHER))).toBe(403)
    expect(statusOf(await read(page.token, PAGE, '/keys'))).toBe(403)
  })

  it('takes a code once, from the page that it is for, with its verifier, within a minute', async () => {
    const { verifier, challenge } = proofKey()
    const used = await codeFor(challenge)
    expect(statusOf(await ask('/embed-tokens/exchange', PAGE, { code: used, verifier }))).toBe(201)
    expect(statusOf(await ask('/embed-tokens/exchange', PAGE, { code: used, verifier }))).toBe(401)
    expect(statusOf(await ask('/embed-tokens/exchange', OTHER, { code: await codeFor(challenge), verifier }))).toBe(403)
    expect(statusOf(await ask('/embed-tokens/exchange', null, { code: await codeFor(challenge), verifier }))).toBe(403)
    const tried = await codeFor(challenge)
    expect(statusOf(await ask('/embed-tokens/exchange', PAGE, { code: tried, verifier: proofKey().verifier }))).toBe(401)
    // Whoever guessed has used it up.
    expect(statusOf(await ask('/embed-tokens/exchange', PAGE, { code: tried, verifier }))).toBe(401)
    const late = await codeFor(challenge)
    now += 61_000
    expect(statusOf(await ask('/embed-tokens/exchange', PAGE, { code: late, verifier }))).toBe(401)
    now -= 61_000
  })

  it('makes no code for a page that is not allowed, nor for who is not signed in here', async () => {
    const { challenge } = proofKey()
    expect(statusOf(await ask('/embed-tokens/code', test.base, { origin: EVIL, challenge }, { cookie }))).toBe(422)
    expect(statusOf(await ask('/embed-tokens/code', EVIL, { origin: PAGE, challenge }, { cookie }))).toBe(401)
    expect(statusOf(await ask('/embed-tokens/code', PAGE, { origin: PAGE, challenge }, { cookie }))).toBe(401)
    expect(statusOf(await ask('/embed-tokens/code', test.base, { origin: PAGE, challenge }))).toBe(401)
    expect(statusOf(await ask('/embed-tokens/code', test.base, { origin: PAGE, challenge: 'plain' }, { cookie }))).toBe(422)
    // The server's own pages need not be named.
    expect(statusOf(await ask('/embed-tokens/code', test.base, { origin: test.base, challenge }, { cookie }))).toBe(201)
  })

  it('answers browsers of allowed origins, and no others', async () => {
    const preflight = (origin: string) => test.request(`${test.base}/api/v1/embed-tokens/exchange`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } })
    expect((await preflight(PAGE)).headers.get('access-control-allow-origin')).toBe(PAGE)
    expect((await preflight(EVIL)).headers.get('access-control-allow-origin')).toBeNull()
    expect((await preflight(PAGE)).headers.get('access-control-allow-credentials')).toBeNull()
    const { verifier } = proofKey()
    expect((await ask('/embed-tokens/exchange', PAGE, { code: 'none', verifier })).headers.get('access-control-allow-origin')).toBe(PAGE)
  })

  it('renews by a refresh that is good once; used twice, it ends the session and its tokens', async () => {
    const first = await enter()
    const second = (await (await ask('/embed-tokens/refresh', PAGE, { refresh: first.refresh })).json()) as PageToken
    expect(second.refreshExpiresAt).toBe(first.refreshExpiresAt)
    expect(second.refresh).not.toBe(first.refresh)
    expect(statusOf(await read(first.token))).toBe(200)
    expect(statusOf(await ask('/embed-tokens/refresh', EVIL, { refresh: second.refresh }))).toBe(403)
    expect(statusOf(await ask('/embed-tokens/refresh', PAGE, { refresh: `${second.refresh.slice(0, -2)}xx` }))).toBe(401)
    expect(statusOf(await ask('/embed-tokens/refresh', PAGE, { refresh: 'fsr_e30.x' }))).toBe(401)
    expect(statusOf(await read(second.token))).toBe(200)
    // Whoever stole the first comes with it.
    expect(statusOf(await ask('/embed-tokens/refresh', PAGE, { refresh: first.refresh }))).toBe(401)
    expect(statusOf(await ask('/embed-tokens/refresh', PAGE, { refresh: second.refresh }))).toBe(401)
    await expect.poll(async () => [statusOf(await read(first.token)), statusOf(await read(second.token))], { timeout: 5_000 }).toEqual([401, 401])
  })

  it('lets one of many that come with the same refresh through, and ends the session', async () => {
    const page = await enter()
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask('/embed-tokens/refresh', PAGE, { refresh: page.refresh })))
    expect(answers.map(statusOf).sort()).toEqual([201, ...Array.from({ length: 9 }, () => 401)])
    await expect.poll(async () => statusOf(await read(page.token)), { timeout: 5_000 }).toBe(401)
  })

  it('ends after twelve hours, whatever is renewed, and no token outlives it', async () => {
    const started = now
    let page = await enter()
    for (let hour = 1; hour < 12; hour++) {
      now = started + hour * HOUR_MS
      page = (await (await ask('/embed-tokens/refresh', PAGE, { refresh: page.refresh })).json()) as PageToken
    }
    now = started + 12 * HOUR_MS - 30_000
    const last = (await (await ask('/embed-tokens/refresh', PAGE, { refresh: page.refresh })).json()) as PageToken
    expect(last.expiresIn).toBe(30)
    now = started + 12 * HOUR_MS + 1
    expect(statusOf(await ask('/embed-tokens/refresh', PAGE, { refresh: last.refresh }))).toBe(401)
    now = started
  })

  it('is signed out by the page, by an admin, and with the whole workspace', async () => {
    const left = await enter()
    expect(statusOf(await ask('/embed-tokens/end', PAGE, { refresh: left.refresh }))).toBe(204)
    const listed = await enter()
    const session = (await test.flowstate.embedTokens.list({ limit: 1 })).items[0]
    expect(session).toMatchObject({ subject: 'Ada', origin: PAGE, revokedAt: null })
    expect(JSON.stringify(session)).not.toMatch(/refresh|epoch/)
    expect((await test.flowstate.embedTokens.revoke(session?.id ?? '')).revokedAt).not.toBeNull()
    const minted = await test.flowstate.embedTokens.create({ subject: 'somebody' })
    const whole = await enter()
    await expect.poll(async () => [statusOf(await read(left.token)), statusOf(await read(listed.token)), statusOf(await read(whole.token))], { timeout: 5_000 }).toEqual([401, 401, 200])
    await test.flowstate.embedTokens.revokeAll()
    await expect.poll(async () => [statusOf(await read(whole.token)), statusOf(await read(minted.token))], { timeout: 5_000 }).toEqual([401, 401])
    expect(statusOf(await ask('/embed-tokens/refresh', PAGE, { refresh: whole.refresh }))).toBe(401)
    await expect(test.flowstate.embedTokens.revoke('ses_none')).rejects.toMatchObject({ status: 404 })
  })

  it('does not begin with a code from before a sign-out, a new password, or the end of all', async () => {
    const endings = [
      () => ask('/auth/sign-out', test.base, {}, { cookie }),
      () => ask('/auth/change-password', test.base, { currentPassword: PASSWORD, newPassword: PASSWORD }, { cookie }),
      () => test.flowstate.embedTokens.revokeAll(),
    ]
    for (const end of endings) {
      await signIn()
      const { verifier, challenge } = proofKey()
      const code = await codeFor(challenge)
      await end()
      expect(await ask('/embed-tokens/exchange', PAGE, { code, verifier }).then(statusOf)).toBe(401)
    }
  })

  it('ends with a new password of the person, and not with a sign-out elsewhere', async () => {
    const page = await enter()
    expect(await ask('/auth/sign-out', test.base, {}, { cookie }).then(statusOf)).toBe(200)
    expect(await ask('/embed-tokens/refresh', PAGE, { refresh: page.refresh }).then(statusOf)).toBe(201)
    await signIn()
    const again = await enter()
    expect(await ask('/auth/change-password', test.base, { currentPassword: PASSWORD, newPassword: 'another good password' }, { cookie }).then(statusOf)).toBe(200)
    expect(await ask('/embed-tokens/refresh', PAGE, { refresh: again.refresh }).then(statusOf)).toBe(401)
    const signedInAnew = await ask('/auth/sign-in/email', test.base, { email: 'ada@acme.example', password: 'another good password' })
    cookie = signedInAnew.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
    const last = await enter()
    expect(await ask('/auth/change-password', test.base, { currentPassword: 'another good password', newPassword: PASSWORD }, { cookie }).then(statusOf)).toBe(200)
    expect(await ask('/embed-tokens/refresh', PAGE, { refresh: last.refresh }).then(statusOf)).toBe(401)
  })

  it('follows the member: less with another role, nothing once they were removed', async () => {
    const page = await enter()
    const member = (await test.flowstate.members.list({ email: 'ada@acme.example' })).items[0]
    await test.flowstate.members.update(member?.id ?? '', { role: 'viewer' })
    await expect.poll(async () => ((await (await read(page.token, PAGE, '/whoami')).json()) as { scopes: string[] }).scopes.sort(), { timeout: 5_000 }).toEqual(['agents:read', 'crm:read'])
    await test.flowstate.members.archive(member?.id ?? '')
    await expect.poll(async () => statusOf(await read(page.token)), { timeout: 5_000 }).toBe(401)
    expect(statusOf(await ask('/embed-tokens/refresh', PAGE, { refresh: page.refresh }))).toBe(401)
  })
})

describeEachDatabase('an open socket', (fresh) => {
  it('is closed with what its ticket stood on, for good, and no other is', async () => {
    const home = await fresh()
    const test = await createTestServer(home)
    const { url, stop } = await test.listen()
    try {
      const closed = (ticket: { ticket: string; path: string }): Promise<number> => new Promise((resolve) => { new WebSocket(`${url.replace('http', 'ws')}/${ticket.path}?ticket=${ticket.ticket}`).addEventListener('close', ({ code }) => resolve(code)) })
      const open = async (token: string): Promise<{ code: Promise<number>; socket: WebSocket }> => {
        const { ticket, path } = await test.clientFor(token).realtime.ticket()
        const socket = new WebSocket(`${url.replace('http', 'ws')}/${path}?ticket=${ticket}`)
        const code = new Promise<number>((resolve) => socket.addEventListener('close', (event) => resolve(event.code)))
        await new Promise<void>((resolve, reject) => {
          socket.addEventListener('error', () => reject(new Error('the socket was refused')))
          socket.addEventListener('message', () => resolve(), { once: true })
          socket.addEventListener('open', () => socket.send(JSON.stringify({ type: 'hello', protocol: 1, channels: ['status'] })))
        })
        return { code, socket }
      }
      const { id: keyId, secret } = await test.services.keys.createAsOwner(test.workspace.id, { scopes: ['crm:read', 'agents:read'] })
      const [mine, other] = [(await test.flowstate.embedTokens.create({ subject: 'one' })).token, (await test.flowstate.embedTokens.create({ subject: 'two' })).token]
      const [first, second, byKey, byKeysToken] = [await open(mine), await open(other), await open(secret), await open((await test.clientFor(secret).embedTokens.create({ subject: 'three' })).token)]
      const session = (await test.flowstate.embedTokens.list({ subject: 'one' })).items[0]
      const early = [await test.clientFor(mine).realtime.ticket(), await test.clientFor(secret).realtime.ticket()] as const
      await test.flowstate.embedTokens.revoke(session?.id ?? '')
      expect(await first.code).toBe(4401)
      // It comes back neither by a ticket from before, nor by asking for one at once.
      await expect(test.clientFor(mine).realtime.ticket()).rejects.toMatchObject({ status: 401 })
      expect(await closed(early[0])).toBe(4401)
      await test.flowstate.keys.revoke(keyId)
      expect(await closed(early[1])).toBe(4401)
      expect(await Promise.all([byKey.code, byKeysToken.code])).toEqual([4401, 4401])
      expect(second.socket.readyState).toBe(WebSocket.OPEN)
      await test.flowstate.embedTokens.revokeAll()
      expect(await second.code).toBe(4401)
    } finally {
      await stop()
      await test.close()
      await home.dispose()
    }
  })
})
