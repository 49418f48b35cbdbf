import { createHash, randomBytes } from 'node:crypto'
import { eq } from 'drizzle-orm'
import type { ErrorCode, PageToken } from '@flowstate-ai/sdk/contract'
import { statementOf } from '../db/compile.ts'
import { SESSION_COOKIE } from '../identities/cookie.ts'
import { settled } from '../ledger/settled.ts'
import { newSecret } from '../keys/secret.ts'
import { forgedTokens } from './forged-jwt.ts'
import { createTestServer, TEST_SECRET, type TestServer } from './server.ts'
import { soakDatabase } from './soak-database.ts'

/** The page that tokens are for, and one that the server lets in as well. */
export const [PAGE, OTHER, EVIL] = ['https://app.example', 'https://other.example', 'https://evil.example'] as const
const PASSWORD = 'correct horse battery staple'

/** What somebody presents who should be let in nowhere. */
export interface Forged {
  name: string
  /** What the request carries; a header may be there twice. */
  headers: [string, string][]
  /** The code with which it is refused; default `unauthenticated`. */
  code?: ErrorCode
  /** Comes with a cookie that is good, where only the cookie is asked for. */
  signedIn?: true
}

/** How credentials are proven good before they are spoiled. */
type Works = (headers: [string, string][]) => Promise<number>

export const bearer = (token: string): [string, string][] => [['authorization', `Bearer ${token}`]]
const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

export const ticketOf = async (test: Pick<TestServer, 'request' | 'base'>, headers: [string, string][]): Promise<string> => {
  const answer = await test.request(`${test.base}/api/v1/realtime/ticket`, { method: 'POST', headers })
  if (answer.status !== 201) throw new Error(`No ticket: ${answer.status}`)
  return ((await answer.json()) as { ticket: string }).ticket
}

/** A secret key's last six characters vouch for the others. */
const resummed = (secret: string): string => {
  const body = secret.slice(0, -6)
  return body + sha256(body).slice(0, 6)
}
const changedAt = (text: string, at: number): string => `${text.slice(0, at)}${text[at] === 'a' ? 'b' : 'a'}${text.slice(at + 1)}`

/**
 * Everything that looks like a credential and is none, or is one no more: forged tokens, keys that were mistyped, revoked or outlived,
 * cookies of other servers and other pages, and secrets that are good for something else. Each of those that ended was good before,
 * by the server's own answer.
 */
export const forgeAll = async (test: TestServer, { now, advance }: { now: () => number; advance: (ms: number) => void }): Promise<{ forged: Forged[]; good: Forged[] }> => {
  const { flowstate, services, workspace } = test
  const works: Works = async (headers) => (await test.request(`${test.base}/api/v1/whoami`, { headers })).status
  const proven = async (headers: [string, string][], what: string) => {
    const status = await works(headers)
    if (status !== 200) throw new Error(`${what} should have been good at first, and was answered ${status}.`)
    return headers
  }
  const ask = (path: string, origin: string, body: unknown, headers: Record<string, string> = {}) =>
    test.request(`${test.base}/api/v1${path}`, { method: 'POST', headers: { 'content-type': 'application/json', origin, ...headers }, body: JSON.stringify(body) })

  const elsewhere = await services.workspaces.create('elsewhere')
  const signIn = async (email: string, at: TestServer = test): Promise<string> => {
    const answer = await at.request(`${at.base}/api/v1/auth/sign-in/email`, { method: 'POST', headers: { origin: at.base, 'content-type': 'application/json' }, body: JSON.stringify({ email, password: PASSWORD }) })
    return answer.headers.getSetCookie().map((line) => line.split(';', 1)[0]).find((pair) => pair?.startsWith(SESSION_COOKIE)) ?? ''
  }
  const memberOf = (email: string) => services.members.addAsOwner(workspace.id, { email, role: 'admin', password: PASSWORD })
  const pageToken = async (cookie: string): Promise<PageToken> => {
    const verifier = randomBytes(32).toString('base64url')
    const { code } = (await (await ask('/embed-tokens/code', test.base, { origin: PAGE, challenge: sha256(verifier) }, { cookie })).json()) as { code: string }
    return (await (await ask('/embed-tokens/exchange', PAGE, { code, verifier })).json()) as PageToken
  }
  const cookied = (cookie: string, site = 'same-origin'): [string, string][] => [['cookie', cookie], ['sec-fetch-site', site]]

  // What ends all at once ends first.
  const bumped = (await flowstate.embedTokens.create({ subject: 'bumped' })).token
  await proven(bearer(bumped), 'a token')
  await flowstate.embedTokens.revokeAll()

  const ended: Forged[] = [{ name: 'a token of the epoch before', headers: bearer(bumped) }]
  const endWith = async (name: string, token: string, end: () => Promise<unknown>, headers = bearer(token)) => {
    await proven(headers, name)
    await end()
    ended.push({ name, headers })
  }
  const sessionOf = async (subject: string) => (await flowstate.embedTokens.list({ subject, limit: 1 })).items[0]?.id ?? ''
  const made = (name: string, more = {}) => flowstate.keys.create({ name, scopes: ['crm:read', 'crm:write'], ...more })

  await endWith('a token of an ended session', (await flowstate.embedTokens.create({ subject: 'ended' })).token, async () => flowstate.embedTokens.revoke(await sessionOf('ended')))
  const minting = await made('Mints')
  await endWith('a token of a revoked key', (await test.clientFor(minting.secret).embedTokens.create({ subject: 'of a key' })).token, () => flowstate.keys.revoke(minting.id))
  const revoked = await made('Revoked')
  await endWith('a revoked key', revoked.secret, () => flowstate.keys.revoke(revoked.id))
  const rotated = await made('Rotated')
  const ofRotated = (await test.clientFor(rotated.secret).embedTokens.create({ subject: 'of a rotated key' })).token
  await endWith('a rotated key, after its grace', rotated.secret, () => flowstate.keys.rotate(rotated.id, { graceSeconds: 0 }))
  ended.push({ name: 'a token of a rotated key', headers: bearer(ofRotated) })
  const { agent } = await flowstate.agents.register({ name: 'Forged', kinds: ['research'] })
  const agentKey = await flowstate.keys.createForAgent(agent.id)
  await endWith('a revoked agent\'s token', agentKey.secret, () => flowstate.keys.revoke(agentKey.id))
  const { agent: retired } = await flowstate.agents.register({ name: 'Retired', kinds: ['research'] })
  await endWith('a token of an archived agent', (await flowstate.keys.createForAgent(retired.id)).secret, async () => {
    const { reader, tables: { agents }, ledger } = services.database
    settled(await ledger.run({ workspaceId: workspace.id, statements: [statementOf(reader.update(agents).set({ archivedAt: new Date(now()).toISOString() }).where(eq(agents.id, retired.id)))] }))
  })
  const removed = await memberOf('removed@acme.example')
  const removedCookie = await signIn('removed@acme.example')
  const removedPage = await pageToken(removedCookie)
  await proven(bearer(removedPage.token), 'a removed member\'s page')
  const page = await pageToken(await signedUp('paged@acme.example'))
  await endWith('a token of a page that signed out', page.token, () => ask('/embed-tokens/end', PAGE, { refresh: page.refresh }))
  await endWith('a token of a member who was removed', removedPage.token, () => flowstate.members.archive(removed.id))
  const out = await signedUp('out@acme.example')
  await endWith('a cookie that signed out', '', () => ask('/auth/sign-out', test.base, {}, { cookie: out }), cookied(out))
  const expiring = await made('Expiring', { expiresAt: new Date(now() + 30_000).toISOString() })
  const short = (await flowstate.embedTokens.create({ subject: 'short', ttl: 5 })).token
  await proven(bearer(expiring.secret), 'an expiring key')
  await proven(bearer(short), 'a short token')
  advance(31_000)
  ended.push({ name: 'a key that is over', headers: bearer(expiring.secret) }, { name: 'a token that is over', headers: bearer(short), code: 'token_expired' })

  const customer = await flowstate.customers.create({ name: 'Hers' })
  const token = (await flowstate.embedTokens.create({ subject: 'good', role: 'member', origins: [PAGE], records: { customers: [customer.id] } })).token
  const key = await made('Good')
  const agentToken = (await flowstate.keys.createForAgent(agent.id)).secret
  const cookie = await signedUp('good@acme.example')
  const value = cookie.slice(cookie.indexOf('=') + 1)
  const ticket = await ticketOf(test, bearer(test.secret))
  const { code } = (await (await ask('/embed-tokens/code', test.base, { origin: PAGE, challenge: sha256('x') }, { cookie })).json()) as { code: string }
  const { refresh } = await pageToken(cookie)
  const invitation = new URL((await flowstate.invitations.create({ email: 'invited@acme.example' })).url).searchParams.get('invitation') ?? ''
  const setup = randomBytes(32).toString('base64url')

  /** The same person, signed in at a server with another secret. */
  const foreignCookie = await (async () => {
    const home = await soakDatabase('sqlite')
    const other = await createTestServer(home, { secret: `${TEST_SECRET}, of another server` })
    await other.services.members.addAsOwner(other.workspace.id, { email: 'good@acme.example', role: 'admin', password: PASSWORD })
    const found = await signIn('good@acme.example', other)
    await other.close()
    await home.dispose()
    return found
  })()

  const asBearer: [string, string][] = [['a ticket', ticket], ['a one-time code', code], ['a refresh', refresh], ['an invitation', invitation], ['a setup link', setup], ['a session\'s id', await sessionOf('good')], ['a key\'s id', key.id], ['a key\'s hash', sha256(key.secret)], ['a cookie', value], ['a password', PASSWORD], ['the instance\'s secret', TEST_SECRET], ['a person\'s address', 'good@acme.example']]
  const written: Forged[] = [
    ...forgedTokens(token, TEST_SECRET, { now: now(), otherWorkspace: elsewhere.id }).map(({ name, token: made, ...rest }) => ({ name: `a token with ${name}`, headers: bearer(made), ...rest })),
    ...asBearer.map(([name, secret]) => ({ name: `${name} as a bearer`, headers: bearer(secret) })),
    ...['', 'Bearer', 'Bearer ', `Bearer${key.secret}`, key.secret, `Basic ${Buffer.from(`x:${key.secret}`).toString('base64')}`, `Token ${key.secret}`, `DPoP ${token}`, `Bearer\t${key.secret}`, `Bearer "${key.secret}"`, `Bearer ${key.secret},`, `Bearer ${key.secret} x`, `Bearer ${token.slice(0, 40)} ${token.slice(40)}`, `Bearer ${key.secret} ${token}`, `Bearer ${key.secret}, Bearer ${token}`, `Bearer Bearer ${key.secret}`]
      .map((authorization, index): Forged => ({ name: `Authorization number ${index}`, headers: [['authorization', authorization]] })),
    { name: 'two good tokens in two headers', headers: [...bearer(key.secret), ...bearer(token)] }, { name: 'the same good key in two headers', headers: [...bearer(key.secret), ...bearer(key.secret)] },
    { name: 'a good key after a forged one', headers: [...bearer('fsk_none'), ...bearer(key.secret)] }, { name: 'a forged token beside a good cookie', headers: [...bearer('a.b.c'), ...cookied(cookie)], signedIn: true }, { name: 'no token beside a good cookie', headers: [['authorization', ''], ...cookied(cookie)], signedIn: true },
    { name: 'a key with a wrong checksum', headers: bearer(changedAt(key.secret, key.secret.length - 1)) }, { name: 'a key with another secret', headers: bearer(resummed(changedAt(key.secret, 40))) }, { name: 'a key of nobody', headers: bearer(newSecret(key.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')), 'key')) },
    { name: 'a new secret for a known key', headers: bearer(newSecret(key.id, 'key')) }, { name: 'a key that says it is an agent\'s', headers: bearer(resummed(key.secret.replace('fsk_', 'fsa_'))) }, { name: 'an agent\'s token that says it is a key', headers: bearer(resummed(agentToken.replace('fsa_', 'fsk_'))) },
    { name: 'a key cut short', headers: bearer(key.secret.slice(0, -1)) }, { name: 'a key in capitals', headers: bearer(key.secret.toUpperCase()) }, { name: 'a key grown longer', headers: bearer(`${key.secret}a`) }, { name: 'an agent\'s token with a wrong checksum', headers: bearer(changedAt(agentToken, agentToken.length - 1)) },
    ...[PAGE, test.base, EVIL, 'null'].flatMap((origin): Forged[] => [{ name: `a key on a page of ${origin}`, headers: [...bearer(key.secret), ['origin', origin]], code: 'key_in_browser' }, { name: `an agent's token on a page of ${origin}`, headers: [...bearer(agentToken), ['origin', origin]], code: 'key_in_browser' }]),
    ...[OTHER, EVIL, 'null', 'https://app.example.evil.example', 'http://app.example', 'https://app.example:8443', 'https://APP.example', `${PAGE}/`, ''].map((origin): Forged => ({ name: `a token on a page of ${origin || 'nobody'}`, headers: [...bearer(token), ['origin', origin]], code: 'origin_not_allowed' })),
    { name: 'a cookie of another server', headers: cookied(foreignCookie) }, { name: 'a cookie with another signature', headers: cookied(changedAt(cookie, cookie.length - 20)) }, { name: 'a cookie without its signature', headers: cookied(cookie.replace(/\..*$/, '')) }, { name: 'a cookie of another name', headers: cookied(cookie.replace('__Host-', '')) }, { name: 'a token as a cookie', headers: cookied(`${SESSION_COOKIE}=${token}`) }, { name: 'a key as a cookie', headers: cookied(`${SESSION_COOKIE}=${key.secret}`) },
    ...['cross-site', 'same-site', 'nonsense'].map((site): Forged => ({ name: `a good cookie from ${site}`, headers: cookied(cookie, site) })),
    ...[PAGE, EVIL, 'null', ''].map((origin): Forged => ({ name: `a good cookie from a page of ${origin || 'nobody'}`, headers: [['cookie', cookie], ['origin', origin]] })),
  ]
  const good: Forged[] = [
    { name: 'the token', headers: bearer(token) }, { name: 'the token on its page', headers: [...bearer(token), ['origin', PAGE]] }, { name: 'the key', headers: bearer(key.secret) }, { name: 'the key under a scheme in small letters', headers: [['authorization', `bearer ${key.secret}`]] },
    { name: 'the agent\'s token', headers: bearer(agentToken) }, { name: 'the cookie', headers: cookied(cookie) },
  ]
  return { forged: [{ name: 'nothing', headers: [] }, ...ended, ...written], good }

  async function signedUp(email: string): Promise<string> {
    await memberOf(email)
    const cookie = await signIn(email)
    await proven(cookied(cookie), email)
    return cookie
  }
}
