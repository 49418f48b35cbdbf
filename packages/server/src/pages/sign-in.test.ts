import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type FreshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'
import type { SignInFacts } from './sign-in.routes.ts'

const PAGE = 'https://intranet.example'

describe('the page /sign-in', () => {
  let home: FreshDatabase
  let test: TestServer
  beforeAll(async () => {
    home = await freshDatabase('sqlite')
    test = await createTestServer(home, { basePath: '/crm', allowedOrigins: [PAGE] })
  })
  afterAll(async () => {
    await test.close()
    await home.dispose()
  })
  const get = (query = '', headers: Record<string, string> = {}) => test.request(`${test.base}/sign-in${query}`, { headers })
  const factsOf = async (answer: Response): Promise<SignInFacts> => {
    const text = await answer.text()
    const written = /facts="([^"]*)"/.exec(text)?.[1] ?? ''
    return JSON.parse(written.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')) as SignInFacts
  }

  it('lets nothing in from elsewhere, stands in nobody\'s frame, and tells its address to nobody', async () => {
    const answer = await get('?reset=secret')
    const policy = answer.headers.get('content-security-policy') ?? ''
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"]) expect(policy).toContain(part)
    expect(policy).not.toMatch(/unsafe|nonce|\*/)
    expect(Object.fromEntries(answer.headers)).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store', 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff', 'cross-origin-opener-policy': 'same-origin' })
    const text = await answer.text()
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=| style=/)
    expect([...text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path).filter((path) => path !== 'data:,')).toEqual(['/crm/pages/page.css', '/crm/elements/pages/sign-in.js'])
    expect((await test.request(`${test.base}/pages/page.css`)).status).toBe(200)
  })

  it('says which page may be handed a code, and keeps the window that opened it within reach', async () => {
    const challenge = `&challenge=${'x'.repeat(43)}`
    const allowed = await get(`?origin=${encodeURIComponent(PAGE)}${challenge}`)
    expect(allowed.headers.get('cross-origin-opener-policy')).toBe('unsafe-none')
    expect((await factsOf(allowed)).page).toEqual({ origin: PAGE, allowed: true })
    for (const origin of ['https://evil.example', `${PAGE}.evil.example`, `${PAGE}/`, 'null', '*', '"><script>alert(1)</script>']) {
      const refused = await get(`?origin=${encodeURIComponent(origin)}${challenge}`)
      expect((await factsOf(refused)).page).toEqual({ origin, allowed: false })
    }
    expect((await factsOf(await get(`?origin=${encodeURIComponent('http://flowstate.test')}`))).page?.allowed).toBe(true)
  })

  it('looks up links for who holds them, and tells nothing to who guesses', async () => {
    expect(await factsOf(await get())).toEqual({ base: '/crm', session: false, provider: null, page: null, setup: null, invitation: null })
    const { url } = await test.flowstate.invitations.create({ email: 'new@acme.example', role: 'operator' })
    expect((await factsOf(await get(new URL(url).search))).invitation).toEqual({ email: 'new@acme.example', role: 'operator', workspace: 'acme', known: false })
    expect(await factsOf(await get('?invitation=guessed&setup=guessed'))).toMatchObject({ invitation: 'over', setup: 'over' })
    const path = (await test.services.setup.open()) ?? ''
    expect((await factsOf(await get(path.slice('/sign-in'.length)))).setup).toEqual([{ slug: 'acme', name: 'acme' }])
    await test.services.members.addAsOwner(test.workspace.id, { email: 'owner@acme.example', role: 'owner', password: 'correct horse battery staple' })
    expect((await factsOf(await get(path.slice('/sign-in'.length)))).setup).toBe('over')
  })
})
