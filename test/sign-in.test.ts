import { createHmac } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Message } from '../packages/server/src/mail/mail.ts'
import { freshDatabase, type FreshDatabase } from '../packages/server/src/testing/databases.ts'
import { openProvider } from '../packages/server/src/testing/provider.ts'
import { createTestServer, type TestServer } from '../packages/server/src/testing/server.ts'
import { BROWSER_ARGS, findBrowser } from '../scripts/find-browser.mjs'

const SHOTS = join(new URL('..', import.meta.url).pathname, 'node_modules/.cache/screenshots')
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const PASSWORD = 'correct horse battery staple'
const BASE_PATH = '/crm'
/** The page as the guide has it. */
const EMBEDDED = /```html\n([\s\S]*?)```/.exec(readFileSync(new URL('../docs/guides/who-may-enter.md', import.meta.url), 'utf8'))?.[1] ?? ''

/** An intranet's page: static, of an origin of its own, and as strict as a page can be. */
const hostPage = async (crm: () => string): Promise<{ url: string; port: number; http: Server }> => {
  const http = createServer((_request, response) => {
    const { origin, host } = new URL(crm())
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; script-src 'self' ${origin}; style-src 'self'; connect-src 'self' ${origin} ws://${host}; img-src 'self' data:; require-trusted-types-for 'script'`,
    }).end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Intranet</title><link rel="icon" href="data:,">
<h1>Intranet</h1>
${EMBEDDED.replaceAll('https://crm.example.com', crm())}</html>`)
  })
  await new Promise<void>((resolve) => http.listen(0, resolve))
  const address = http.address()
  const port = address && typeof address === 'object' ? address.port : 0
  return { url: `http://localhost:${port}`, port, http }
}

describe('/sign-in [browser]', () => {
  let browser: Browser
  let home: FreshDatabase
  let test: TestServer
  let crm = ''
  let stop: () => Promise<void>
  let provider: Awaited<ReturnType<typeof openProvider>>
  let intranet: Awaited<ReturnType<typeof hostPage>>
  const contexts: BrowserContext[] = []
  const mails: Message[] = []
  /** What browsers complained of: blocked by a policy, thrown, or told on the console. */
  const complaints: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: await findBrowser(), args: [...BROWSER_ARGS, '--test-third-party-cookie-phaseout'] })
    mkdirSync(SHOTS, { recursive: true })
    home = await freshDatabase('sqlite')
    provider = await openProvider({ grace: { email: 'grace@acme.example', verified: true, name: 'Grace Hopper' }, stranger: { email: 'stranger@elsewhere.example', verified: true } })
    intranet = await hostPage(() => crm)
    test = await createTestServer(home, { basePath: BASE_PATH, oidc: provider.oidc, allowedOrigins: [intranet.url], mail: { send: async (message) => { mails.push(message) } } })
    const listening = await test.listen()
    crm = listening.url
    stop = listening.stop
    provider.open(crm)
    await test.flowstate.agents.register({ name: 'Researcher', kinds: ['research'] })
    await member('member@acme.example')
    await member('reader@acme.example')
    await test.flowstate.members.create({ email: 'grace@acme.example', role: 'admin' })
  })
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.close()
    expect(complaints.splice(0)).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
    intranet.http.closeAllConnections()
    intranet.http.close()
    await stop()
    await provider.close()
    await test.close()
    await home.dispose()
  })

  /** Somebody's browser. Refusals that a person causes, as by a wrong password, stand on its console and are no complaint, nor are the provider's own pages. */
  const someone = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> => {
    const context = await browser.newContext({ viewport: { width: 480, height: 720 }, ...options })
    contexts.push(context)
    context.on('page', (page) => {
      page.on('console', (message) => { if (message.type() === 'error' && !page.url().startsWith(provider.oidc.issuer) && !/status of (400|401|403|409|422)/.test(message.text())) complaints.push(message.text()) })
      page.on('pageerror', (error) => complaints.push(error.message))
    })
    return context
  }
  const open = async (path = '/sign-in', context?: BrowserContext): Promise<Page> => {
    const page = await (context ?? (await someone())).newPage()
    await page.goto(`${crm}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    return page
  }
  const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()
  const signIn = async (page: Page, email: string, password = PASSWORD) => {
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.keyboard.press('Enter')
  }
  const member = (email: string, role: 'viewer' | 'member' | 'admin' | 'owner' = 'member', workspaceId = test.workspace.id) => test.services.members.addAsOwner(workspaceId, { email, name: email.split('@', 1)[0] ?? '', role, password: PASSWORD })
  const linkIn = (mail: Message | undefined): string => (/https?:\S+/.exec(mail?.text ?? '')?.[0] ?? '').replace(/^https?:\/\/[^/]+\/crm/, '')
  const faultsOf = async (page: Page): Promise<string[]> => {
    await page.evaluate(AXE)
    return page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
      return (await axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(', ')}`)
    })
  }

  it('makes the first owner by the link of the first run, who is signed in at once', async () => {
    const path = await test.services.setup.open()
    const page = await open(path ?? '')
    await heading(page, 'Make this server yours')
    await page.screenshot({ path: join(SHOTS, 'sign-in-setup.png') })
    expect(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.id)).toBe('name')
    await page.getByLabel('Your name').fill('Ada Byron')
    await page.getByLabel('E-mail').fill('ada@acme.example')
    await page.getByLabel('Choose a password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Own acme' }).click()
    await heading(page, 'You are signed in')
    expect(await page.getByRole('listitem').allTextContents()).toEqual(['acmeOwner'])
    expect(new URL(page.url()).search).toBe('')
    const again = await open(path ?? '')
    await heading(again, 'This link was used')
  })

  it('signs in with a password, says what is wrong, and out again', async () => {
    const page = await open()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await faultsOf(page)).toEqual([])
      await page.screenshot({ path: join(SHOTS, `sign-in-${colorScheme}.png`) })
    }
    await signIn(page, 'member@acme.example', 'a wrong password')
    await expect.poll(() => page.getByRole('alert').textContent()).toBe('The e-mail address or the password is wrong.')
    expect(await faultsOf(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'sign-in-wrong.png') })
    await signIn(page, 'member@acme.example')
    await heading(page, 'You are signed in')
    await page.reload()
    await heading(page, 'You are signed in')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await heading(page, 'Sign in')
    await page.reload()
    await heading(page, 'Sign in')
  })

  it('fits a narrow window, from right to left too', async () => {
    const page = await open('/sign-in', await someone({ viewport: { width: 320, height: 720 } }))
    for (const dir of ['ltr', 'rtl']) {
      await page.evaluate((to) => { document.documentElement.dir = to }, dir)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
      await page.screenshot({ path: join(SHOTS, `sign-in-320-${dir}.png`) })
    }
  })

  it('sends a link by which a person chooses a new password', async () => {
    await member('forgetful@acme.example')
    const page = await open()
    await page.getByLabel('E-mail').fill('forgetful@acme.example')
    await page.getByRole('button', { name: 'Forgot your password?' }).click()
    await page.getByRole('button', { name: 'Send the link' }).click()
    await heading(page, 'Look into your mail')
    await expect.poll(() => mails.at(-1)?.to).toBe('forgetful@acme.example')
    const link = linkIn(mails.at(-1))
    const chosen = await open(link)
    await heading(chosen, 'Choose a new password')
    expect(await faultsOf(chosen)).toEqual([])
    await chosen.getByLabel('New password').fill('another good password')
    await chosen.getByRole('button', { name: 'Set the password' }).click()
    await chosen.getByRole('status').getByText('The new password is set').waitFor()
    await signIn(chosen, 'forgetful@acme.example', 'another good password')
    await heading(chosen, 'You are signed in')
    const late = await open(link)
    await late.getByLabel('New password').fill('a third good password')
    await late.keyboard.press('Enter')
    await expect.poll(() => late.getByRole('alert').textContent()).toBe('This link is over, or was used already. Ask for a new one.')
  })

  it('asks for the second factor, or for a backup code', async () => {
    await member('careful@acme.example')
    const setting = await open()
    await signIn(setting, 'careful@acme.example')
    await heading(setting, 'You are signed in')
    await setting.getByRole('button', { name: 'Second factor' }).click()
    await setting.getByLabel('Password').fill(PASSWORD)
    await setting.keyboard.press('Enter')
    await heading(setting, 'Set up your second factor')
    expect(await faultsOf(setting)).toEqual([])
    await setting.screenshot({ path: join(SHOTS, 'sign-in-factor.png'), fullPage: true })
    const key = ((await setting.locator('.key').textContent()) ?? '').replaceAll(' ', '')
    const backupCodes = await setting.locator('.codes li').allTextContents()
    const code = () => totpOf(key)
    await setting.getByLabel('Code').fill(code())
    await setting.keyboard.press('Enter')
    await setting.getByRole('status').getByText('The second factor is set up.').waitFor()

    const page = await open()
    await signIn(page, 'careful@acme.example')
    await heading(page, 'One more step')
    expect(await faultsOf(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'sign-in-second-factor.png') })
    await page.getByLabel('Code').fill('000000')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.getByRole('alert').textContent()).toContain('That code is wrong')
    await page.getByLabel('Code').fill(code())
    await page.keyboard.press('Enter')
    await heading(page, 'You are signed in')

    const lost = await open()
    await signIn(lost, 'careful@acme.example')
    await lost.getByRole('button', { name: 'Use a backup code' }).click()
    await lost.getByLabel('Backup code').fill(backupCodes[0] ?? '')
    await lost.keyboard.press('Enter')
    await heading(lost, 'You are signed in')
    await lost.getByRole('button', { name: 'Second factor' }).click()
    await lost.getByLabel('Password').fill(PASSWORD)
    await lost.getByRole('button', { name: 'Take it away' }).click()
    await lost.getByRole('status').getByText('The second factor is taken away').waitFor()
    const plain = await open()
    await signIn(plain, 'careful@acme.example')
    await heading(plain, 'You are signed in')
  })

  it('sends people on to where they were going, on this server alone', async () => {
    const page = await open(`/sign-in?next=${encodeURIComponent('/crm/healthz')}`)
    await signIn(page, 'reader@acme.example')
    await page.waitForURL(`${crm}/healthz?workspace=${test.workspace.id}`)
    for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example/', '/other/', 'javascript:alert(1)']) {
      await page.goto(`${crm}/sign-in?next=${encodeURIComponent(next)}`)
      await heading(page, 'You are signed in')
    }
  })

  it('takes in who is invited, new or known, and nobody else', async () => {
    await test.flowstate.invitations.create({ email: 'new@acme.example', role: 'operator' })
    const link = linkIn(mails.at(-1))
    const other = await open()
    await signIn(other, 'member@acme.example')
    await heading(other, 'You are signed in')
    await other.goto(`${crm}${link}`)
    await heading(other, 'This invitation is for somebody else')
    const page = await open(link)
    await heading(page, 'Join acme')
    expect(await faultsOf(page)).toEqual([])
    await page.screenshot({ path: join(SHOTS, 'sign-in-join.png') })
    await page.getByLabel('Your name').fill('New One')
    await page.getByLabel('Choose a password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Join', exact: true }).click()
    await heading(page, 'You are signed in')
    expect(await page.getByRole('listitem').allTextContents()).toEqual(['acmeOperator'])
    await heading(await open(link), 'This invitation is over')

    const second = await test.services.workspaces.create('second', 'Second')
    const there = test.clientFor((await test.services.keys.createAsOwner(second.id, { scopes: ['admin'] })).secret)
    await there.invitations.create({ email: 'new@acme.example', role: 'viewer' })
    const known = await open(linkIn(mails.at(-1)))
    await known.getByText('To join Second.').waitFor()
    await known.getByLabel('Password').fill(PASSWORD)
    await known.keyboard.press('Enter')
    await heading(known, 'Join Second')
    await known.getByRole('button', { name: 'Join Second' }).click()
    await heading(known, 'You are signed in')
    expect(await known.getByRole('listitem').allTextContents()).toEqual(['acmeOperator', 'SecondViewer'])
  })

  it('confirms an address by the link of a mail, which shows where it belongs', async () => {
    await test.flowstate.members.create({ email: 'late@acme.example', role: 'viewer' })
    await test.services.identities.create({ email: 'late@acme.example', name: 'Late', password: PASSWORD, emailVerified: false })
    const page = await open()
    await signIn(page, 'late@acme.example')
    await heading(page, 'You belong to no workspace here')
    await page.getByRole('button', { name: 'Confirm my e-mail address' }).click()
    await page.getByRole('status').getByText('A link is on its way').waitFor()
    expect(mails.at(-1)?.to).toBe('late@acme.example')
    const link = linkIn(mails.at(-1))
    await heading(await open(`${link.slice(0, -3)}xyz`), 'That link does not work')
    await page.goto(`${crm}${link}`)
    await heading(page, 'Thank you')
    await page.getByRole('button', { name: 'Go on' }).click()
    await heading(page, 'You are signed in')
    expect(await page.getByRole('listitem').allTextContents()).toEqual(['acmeViewer'])
  })

  it('lets a person make a workspace, and says what is wrong with its name', async () => {
    const page = await open()
    await signIn(page, 'member@acme.example')
    await page.getByRole('button', { name: 'Make a workspace' }).click()
    await page.getByLabel('Workspace', { exact: true }).fill('acme')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('#slug-fault').textContent()).toBe('This is taken.')
    expect(await page.getByRole('alert').textContent()).toContain('choose another slug')
    await page.getByLabel('Workspace', { exact: true }).fill('my-own')
    await page.getByLabel('What it is called').fill('My own')
    await page.keyboard.press('Enter')
    await page.getByRole('status').getByText('My own is made, and yours.').waitFor()
    expect(await page.getByRole('listitem').allTextContents()).toEqual(['acmeMember', 'My ownOwner'])
    await page.screenshot({ path: join(SHOTS, 'sign-in-account.png') })
  })

  it('signs in at the OpenID provider and comes back, and says why it does not', async () => {
    const atProvider = async (page: Page, login: string) => {
      await page.getByRole('button', { name: 'Sign in with 127.0.0.1' }).click()
      await page.getByPlaceholder('Enter any login').fill(login)
      await page.getByPlaceholder('and password').fill('any')
      await page.getByRole('button', { name: 'Sign-in' }).click()
      await page.getByRole('button', { name: 'Continue' }).click()
    }
    const page = await open()
    await atProvider(page, 'grace')
    await heading(page, 'You are signed in')
    expect(page.url()).toBe(`${crm}/sign-in`)
    expect(await page.getByRole('listitem').allTextContents()).toEqual(['acmeAdmin'])
    const stranger = await open()
    await atProvider(stranger, 'stranger')
    await expect.poll(() => stranger.getByRole('alert').textContent()).toBe('Nobody with this e-mail address is expected here. Ask an admin of the workspace for an invitation.')
    expect(stranger.url()).toBe(`${crm}/sign-in`)
  })

  describe('from a static page of another origin', () => {
    const widgets = (page: Page) => page.locator('flowstate-godmode')
    const visit = async (context: BrowserContext, url = intranet.url): Promise<Page> => {
      const page = await context.newPage()
      await page.goto(url)
      await page.locator('flowstate-sign-in').getByRole('button', { name: 'Sign in' }).waitFor()
      return page
    }
    const press = async (page: Page): Promise<Page> => {
      const opened = page.waitForEvent('popup')
      await page.locator('flowstate-sign-in').getByRole('button', { name: 'Sign in' }).click()
      const popup = await opened
      await popup.getByRole('heading', { level: 1 }).waitFor()
      return popup
    }
    const closed = (popup: Page) => (popup.isClosed() ? Promise.resolve() : popup.waitForEvent('close'))

    it('goes live once a person has signed in, without a cookie, and blank when they sign out', async () => {
      const context = await someone({ viewport: { width: 900, height: 900 } })
      const page = await visit(context)
      const errors: string[] = []
      page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) errors.push(message.text()) })
      const tokens: string[] = []
      const cookies: string[] = []
      page.on('request', (request) => {
        const { authorization, cookie } = request.headers()
        if (authorization) tokens.push(authorization)
        if (cookie) cookies.push(cookie)
      })
      await widgets(page).getByText('Sign in to see this.').waitFor()
      const popup = await press(page)
      await popup.getByText(`To use the CRM at ${intranet.url}.`).waitFor()
      await signIn(popup, 'reader@acme.example')
      await closed(popup)
      await widgets(page).locator('.agent', { hasText: 'Researcher' }).waitFor()
      await widgets(page).locator('.connection.live').waitFor()
      await page.locator('flowstate-sign-in').getByText('Signed in as reader').waitFor()
      await test.flowstate.tasks.create({ kind: 'research' })
      const { tasks: [task] } = await test.flowstate.tasks.claim({ agentId: (await test.flowstate.agents.list()).items[0]?.id ?? '' })
      await test.flowstate.tasks.heartbeat(task?.id ?? '', { token: task?.lease.token ?? '', progress: 0.4, message: 'Reading' })
      await widgets(page).locator('.percent', { hasText: '40%' }).waitFor()
      await page.screenshot({ path: join(SHOTS, 'sign-in-intranet.png') })
      expect(new Set(tokens).size).toBe(1)
      expect(cookies).toEqual([])
      expect(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie]))).toBe('[{},{},""]')

      await page.locator('flowstate-sign-in').getByRole('button', { name: 'Sign out' }).click()
      await widgets(page).getByText('Sign in to see this.').waitFor()
      expect(await widgets(page).locator('.agent').count()).toBe(0)
      const after = async () => (await fetch(`${crm}/api/v1/agents`, { headers: { authorization: tokens[0] ?? '', origin: intranet.url } })).status
      await expect.poll(after, { timeout: 5_000 }).toBe(401)

      // The browser is still signed in at the CRM's own pages: there it asks as whom.
      const again = await press(page)
      await heading(again, 'Continue as reader')
      expect(await faultsOf(again)).toEqual([])
      await again.screenshot({ path: join(SHOTS, 'sign-in-continue.png') })
      await again.getByRole('button', { name: 'Continue' }).click()
      await closed(again)
      await widgets(page).locator('.agent', { hasText: 'Researcher' }).waitFor()
      expect(errors).toEqual([])
    })

    it('asks in which workspace, where there are several', async () => {
      await member('several@acme.example')
      await member('several@acme.example', 'viewer', (await test.services.workspaces.create('other', 'Another')).id)
      const page = await visit(await someone())
      const popup = await press(page)
      await signIn(popup, 'several@acme.example')
      await heading(popup, /^Continue as/)
      await popup.screenshot({ path: join(SHOTS, 'sign-in-choose.png') })
      await popup.getByRole('button', { name: 'Another' }).click()
      await closed(popup)
      await expect.poll(() => page.evaluate(() => document.querySelector('flowstate-sign-in')?.shadowRoot?.textContent)).toContain('Signed in as several')
      await widgets(page).getByText('No agent has signed on yet.').waitFor()
    })

    it('comes back from the OpenID provider to the page that waits for it', async () => {
      const page = await visit(await someone())
      const popup = await press(page)
      await popup.getByRole('button', { name: 'Sign in with 127.0.0.1' }).click()
      await popup.getByPlaceholder('Enter any login').fill('grace')
      await popup.getByPlaceholder('and password').fill('any')
      await popup.getByRole('button', { name: 'Sign-in' }).click()
      await popup.getByRole('button', { name: 'Continue' }).click()
      await closed(popup)
      await page.locator('flowstate-sign-in').getByText('Signed in as grace@acme.example').waitFor()
    })

    it('tells a page that is not let in so, and tells it nothing else', async () => {
      const context = await someone()
      const page = await visit(context, `http://127.0.0.1:${intranet.port}`)
      await page.evaluate(() => {
        const heard: unknown[] = []
        Object.assign(globalThis, { heard })
        window.addEventListener('message', ({ data }) => heard.push(data))
      })
      const own = await open('/sign-in', context)
      await signIn(own, 'member@acme.example')
      await heading(own, 'You are signed in')
      const popup = await press(page)
      await heading(popup, 'This page may not be signed in from')
      await popup.screenshot({ path: join(SHOTS, 'sign-in-refused.png') })
      await popup.close()
      await page.locator('flowstate-sign-in').getByRole('alert').getByText('was closed before').waitFor()
      expect(await page.evaluate(() => (globalThis as unknown as { heard: unknown[] }).heard)).toEqual([])
    })

    it('blanks the page when the server ends the sign-in', async () => {
      const page = await visit(await someone())
      const popup = await press(page)
      await signIn(popup, 'reader@acme.example')
      await closed(popup)
      await widgets(page).locator('.agent', { hasText: 'Researcher' }).waitFor()
      await test.flowstate.embedTokens.revokeAll()
      await page.locator('flowstate-sign-in').getByRole('alert').getByText('The sign-in has ended. Sign in again.').waitFor()
      await widgets(page).getByText('Sign in to see this.').waitFor()
    })
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
