import { createServer } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { INSTANCE } from '../audit/audit.service.ts'
import { describeEachDatabase, freshDatabase, type FreshDatabase } from '../testing/databases.ts'
import { openProvider } from '../testing/provider.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import { SESSION_COOKIE } from './cookie.ts'

const PASSWORD = 'correct horse battery staple'
const ACCOUNTS = {
  ada: { email: 'ada@acme.example', verified: true, name: 'Ada Byron' },
  added: { email: 'added@acme.example', verified: true },
  invited: { email: 'invited@acme.example', verified: true },
  stranger: { email: 'stranger@elsewhere.example', verified: true },
  pretender: { email: 'owner@acme.example', verified: false },
  claimant: { email: 'claimed@acme.example', verified: false },
  owner: { email: 'owner@acme.example', verified: true },
}

describeEachDatabase('signing in at an OpenID provider', (fresh) => {
  let home: FreshDatabase
  let test: TestServer
  let provider: Awaited<ReturnType<typeof openProvider>>
  let listening: Awaited<ReturnType<TestServer['listen']>>
  beforeAll(async () => {
    home = await fresh()
    provider = await openProvider(ACCOUNTS)
    test = await createTestServer(home, { oidc: provider.oidc })
    listening = await test.listen()
    provider.open(listening.url)
    await test.services.members.addAsOwner(test.workspace.id, { email: 'owner@acme.example', name: 'Owner', role: 'owner', password: PASSWORD })
    await test.flowstate.members.create({ email: 'added@acme.example', role: 'operator' })
    await test.flowstate.members.create({ email: 'claimed@acme.example', role: 'viewer' })
    await test.flowstate.members.create({ email: 'ada@acme.example', role: 'admin' })
  })
  afterAll(async () => {
    await listening.stop()
    await provider.close()
    await test.close()
    await home.dispose()
  })

  /** A browser of one person, with the cookies of both servers. */
  const browserOf = () => {
    const jar = new Map<string, string>()
    const visit = async (url: string, init: RequestInit = {}): Promise<Response> => {
      const answer = await fetch(url, { redirect: 'manual', ...init, headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '), ...init.headers } })
      for (const line of answer.headers.getSetCookie()) {
        const [pair = '', ...attributes] = line.split(';')
        const at = pair.indexOf('=')
        const over = attributes.some((attribute) => /max-age=0|expires=thu, 01 jan 1970/i.test(attribute)) || pair.slice(at + 1) === ''
        if (over) jar.delete(pair.slice(0, at))
        else jar.set(pair.slice(0, at), pair.slice(at + 1))
      }
      return answer
    }
    return {
      jar, visit,
      /** Presses the button; answers where the provider asks who they are. */
      async begin(back = '/sign-in'): Promise<string> {
        const answer = await visit(`${listening.url}/api/v1/auth/sign-in/social`, { method: 'POST', headers: { origin: listening.url, 'content-type': 'application/json' }, body: JSON.stringify({ provider: 'oidc', callbackURL: back, errorCallbackURL: back, disableRedirect: true }) })
        expect(answer.status).toBe(200)
        return ((await answer.json()) as { url: string }).url
      },
      /** Logs in there and agrees; answers where the provider sends them back, which they have not followed yet. */
      async at(url: string, login: string): Promise<string> {
        let next = url
        for (;;) {
          const answer = await visit(next)
          const location = answer.headers.get('location')
          if (location !== null) {
            next = new URL(location, next).href
            if (next.startsWith(listening.url)) return next
            continue
          }
          const [, action, prompt] = /<form[^>]*action="([^"]+)"[\s\S]*?name="prompt" value="(\w+)"/.exec(await answer.text()) ?? []
          if (!action || !prompt) throw new Error(`the provider answered ${answer.status} without a form at ${next}`)
          const posted = await visit(new URL(action, next).href, { method: 'POST', body: new URLSearchParams({ prompt, login, password: 'any' }) })
          next = new URL(posted.headers.get('location') ?? '', next).href
        }
      },
      session: async () => (await visit(`${listening.url}/api/v1/session`)).json() as Promise<{ person?: { email: string; name: string }; memberships?: { role: string }[] }>,
    }
  }
  const enter = async (login: string) => {
    const browser = browserOf()
    const back = await browser.at(await browser.begin(), login)
    const answer = await browser.visit(back)
    return { browser, error: new URL(answer.headers.get('location') ?? '', listening.url).searchParams.get('error') }
  }
  const known = async (email: string) => test.services.identities.byEmail(email)

  it('lets in whoever was added by an address that the provider says is theirs, as that member', async () => {
    const { browser, error } = await enter('added')
    expect(error).toBeNull()
    expect(await browser.session()).toMatchObject({ person: { email: 'added@acme.example', emailVerified: true }, memberships: [{ role: 'operator' }] })
    const again = await enter('added')
    expect(await again.browser.session()).toMatchObject({ person: { email: 'added@acme.example' } })
  })

  it('is one more way in for whoever has a password', async () => {
    const { browser, error } = await enter('owner')
    expect(error).toBeNull()
    expect(await browser.session()).toMatchObject({ person: { email: 'owner@acme.example', name: 'Owner' }, memberships: [{ role: 'owner' }] })
  })

  it('lets in whoever holds an invitation, who is a member once they have accepted it', async () => {
    const sent = await test.flowstate.invitations.create({ email: 'invited@acme.example', role: 'viewer' })
    const { browser } = await enter('invited')
    expect(await browser.session()).toMatchObject({ person: { email: 'invited@acme.example' }, memberships: [] })
    const token = new URL(sent.url).searchParams.get('invitation')
    const accepted = await browser.visit(`${listening.url}/api/v1/invitations/accept`, { method: 'POST', headers: { origin: listening.url, 'content-type': 'application/json' }, body: JSON.stringify({ token }) })
    expect(accepted.status).toBe(200)
    expect(await browser.session()).toMatchObject({ memberships: [{ role: 'viewer' }] })
  })

  it('keeps out whom nobody expects, and keeps nothing of them', async () => {
    const { browser, error } = await enter('stranger')
    expect(error).toBe('not_invited')
    expect(browser.jar.has(SESSION_COOKIE)).toBe(false)
    expect(await known('stranger@elsewhere.example')).toBeNull()
    const { tables, across } = test.services.database
    const signIns = (await across.select().from(tables.audit)).filter(({ workspaceId }) => workspaceId === INSTANCE).map(({ event, actor }) => [event, (actor as { name: string }).name])
    expect(signIns).toContainEqual(['session.callback/oidc', 'added@acme.example'])
    expect(signIns.at(-1)?.[0]).toBe('session.callback/oidc refused')
  })

  it('takes nobody\'s word for an address but a provider\'s that has verified it', async () => {
    for (const [login, said] of [['pretender', 'account_not_linked'], ['claimant', 'email_not_verified']] as const) {
      const { browser, error } = await enter(login)
      expect(error, login).toBe(said)
      expect(browser.jar.has(SESSION_COOKIE), login).toBe(false)
    }
    expect(await known('claimed@acme.example')).toBeNull()
  })

  it('refuses another state, another code, another nonce and another browser', async () => {
    const refusedAs = async (browser: ReturnType<typeof browserOf>, back: string) => {
      const answer = await browser.visit(back)
      expect(browser.jar.has(SESSION_COOKIE)).toBe(false)
      return new URL(answer.headers.get('location') ?? '', listening.url).searchParams.get('error')
    }
    const begun = async (change: (url: URL) => void = () => undefined) => {
        const browser = browserOf()
      const url = new URL(await browser.begin())
      change(url)
      return { browser, back: new URL(await browser.at(url.href, 'ada')) }
    }
    const state = await begun()
    state.back.searchParams.set('state', 'x'.repeat(32))
    expect(await refusedAs(state.browser, state.back.href)).toBe('state_mismatch')

    const code = await begun()
    code.back.searchParams.set('code', 'x'.repeat(43))
    expect(await refusedAs(code.browser, code.back.href)).toBe('invalid_code')

    // Somebody else's code, in a sign-in of one's own.
    const [theirs, mine] = [await begun(), await begun()]
    mine.back.searchParams.set('code', theirs.back.searchParams.get('code') ?? '')
    expect(await refusedAs(mine.browser, mine.back.href)).toBe('invalid_code')

    const nonce = await begun((url) => url.searchParams.set('nonce', 'another'))
    expect(await refusedAs(nonce.browser, nonce.back.href)).toBe('unable_to_get_user_info')

    const elsewhere = await begun()
    expect(await refusedAs(browserOf(), elsewhere.back.href)).toBe('state_mismatch')

    // The same way round, unchanged, lets her in; and once.
    const right = await begun()
    await right.browser.visit(right.back.href)
    expect(await right.browser.session()).toMatchObject({ person: { email: 'ada@acme.example', name: 'Ada Byron' }, memberships: [{ role: 'admin' }] })
    expect(await refusedAs(browserOf(), right.back.href)).toBe('state_mismatch')
  })
})

describe('an OpenID provider that says nothing [sqlite]', () => {
  it('keeps nobody from signing in by password, and is told of as away', async () => {
    const home = await freshDatabase('sqlite')
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const test = await createTestServer(home, { oidc: { issuer: `http://127.0.0.1:${port}`, clientId: 'x', clientSecret: 'y' } })
    try {
      await test.services.members.addAsOwner(test.workspace.id, { email: 'owner@acme.example', role: 'owner', password: PASSWORD })
      const ask = (path: string, body: object) => test.request(`${test.base}/api/v1/auth${path}`, { method: 'POST', headers: { origin: test.base, 'content-type': 'application/json' }, body: JSON.stringify(body) })
      const atProvider = ask('/sign-in/social', { provider: 'oidc', callbackURL: '/sign-in' })
      const answer = await ask('/sign-in/email', { email: 'owner@acme.example', password: PASSWORD })
      expect(answer.status).toBe(200)
      const cookie = answer.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
      expect((await test.request(`${test.base}/api/v1/companies`, { headers: { cookie } })).status).toBe(200)
      // It hangs up at last, and is asked once more by the request itself.
      silent.closeAllConnections()
      silent.close()
      expect(await (await atProvider).json()).toMatchObject({ code: 'PROVIDER_NOT_FOUND' })
    } finally {
      silent.close()
      await test.close()
      await home.dispose()
    }
  })
})
