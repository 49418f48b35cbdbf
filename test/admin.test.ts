import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BROWSER_ARGS, findBrowser } from '../scripts/find-browser.mjs'

const ROOT = new URL('..', import.meta.url).pathname
const MAIN = join(ROOT, 'packages/server/dist/cli/main.js')
const SHOTS = join(ROOT, 'node_modules/.cache/screenshots')
const PASSWORD = 'correct horse battery staple'
const SECTIONS = ['members', 'keys', 'agents', 'webhooks', 'sessions', 'audit']

const command = (dir: string, ...args: string[]): void => { execFileSync(process.execPath, [MAIN, ...args, '--data', dir], { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, LOG_LEVEL: 'error' } }) }

interface Running { child: ChildProcess; url: string; setupUrl: string }
const serve = (dir: string, basePath: string): Promise<Running> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [MAIN, 'serve', '--data', dir, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, LOG_LEVEL: 'error', BASE_PATH: basePath, FLOWSTATE_ALLOW_PRIVATE_TARGETS: '1' } })
  child.stdout.once('data', (line) => resolve({ child, ...(JSON.parse(String(line)) as { url: string; setupUrl: string }) }))
  child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
})

describe.each(['', '/crm'])('the page of who administers a workspace [browser], at "%s/admin"', (root) => {
  let browser: Browser
  let dir: string
  let running: Awaited<ReturnType<typeof serve>>
  let receiver: Server
  let answers = 500
  const complaints: string[] = []
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-admin-'))
    receiver = createServer((_request, response) => { response.writeHead(answers).end() })
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
    if (root !== '') command(dir, 'workspace', 'create', 'harbour')
    running = await serve(dir, root)
    const setup = await api('/session/setup', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: new URL(running.setupUrl).searchParams.get('setup'), email: 'ada@acme.example', name: 'Ada Byron', password: PASSWORD, workspace: { slug: 'acme' } }) })
    expect(setup.status).toBe(201)
    browser = await chromium.launch({ executablePath: await findBrowser(), args: BROWSER_ARGS })
    mkdirSync(SHOTS, { recursive: true })
  })
  afterAll(async () => {
    await browser.close()
    receiver.closeAllConnections()
    receiver.close()
    const ended = new Promise((resolve) => running.child.once('exit', resolve))
    running.child.kill('SIGTERM')
    await ended
    rmSync(dir, { recursive: true, force: true })
  })

  const api = (path: string, init: RequestInit = {}) => fetch(`${running.url}/api/v1${path}`, init)
  /** A browser in which Ada has signed in, as the page for it would have done. */
  const signedIn = async (): Promise<Page> => {
    const page = await (await browser.newContext({ viewport: { width: 1_100, height: 800 } })).newPage()
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`) })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${running.url}/openapi.json`)
    expect(await page.evaluate(async ([base, password]) => (await fetch(`${base}/api/v1/auth/sign-in/email`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: 'ada@acme.example', password }) })).status, [root, PASSWORD])).toBe(200)
    return page
  }
  const open = async (page: Page, section: string): Promise<void> => {
    await page.goto(`${running.url}/admin?workspace=acme#${section}`)
    await page.locator('flowstate-settings [role="tabpanel"] :is(.rows, .nothing)').first().waitFor()
  }
  const dialog = (page: Page) => page.getByRole('dialog')
  const secretOf = async (page: Page): Promise<string> => {
    const value = await dialog(page).locator('.secret input').inputValue()
    await dialog(page).getByRole('button', { name: 'I have it' }).click()
    await dialog(page).waitFor({ state: 'detached' })
    return value
  }

  it('leads whoever is not signed in to where they sign in, and back', async () => {
    const answer = await fetch(`${running.url}/admin?workspace=acme`, { redirect: 'manual' })
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `${root}/sign-in?next=${encodeURIComponent(`${root}/admin?workspace=acme`)}`])
    // Nor does a session that is over hold anybody here.
    const page = await browser.newPage()
    await page.context().addCookies([{ name: '__Host-flowstate.session_token', value: 'over.and-forged', url: running.url.replace('http:', 'https:'), secure: true }])
    await page.goto(`${running.url}/admin#keys`)
    await page.waitForURL(`${running.url}/sign-in?next=${encodeURIComponent(`${root}/admin#keys`)}`)
    await page.close()
  })

  it('is served with a policy that lets nothing in but the server\'s own', async () => {
    const { headers } = await fetch(`${running.url}/admin`, { headers: { cookie: '__Host-flowstate.session_token=whatever' } })
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) expect(headers.get('content-security-policy')).toContain(part)
  })

  // Once is enough for what does not depend on where it is mounted.
  if (root !== '') {
    it('invites a member who then comes in, makes a key that works until it is revoked, and tells all of it', async () => {
      const page = await signedIn()
      await open(page, 'members')
      await page.getByRole('button', { name: 'Invite a person' }).click()
      await dialog(page).getByLabel('E-mail address').fill('grace@acme.example')
      await dialog(page).getByLabel('Role').selectOption('admin')
      await dialog(page).getByRole('button', { name: 'Invite' }).click()
      const link = new URL(await secretOf(page))
      expect(link.pathname).toBe(`${root}/sign-in`)
      const accepted = await api('/invitations/accept', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token: link.searchParams.get('invitation'), name: 'Grace Hopper', password: PASSWORD }) })
      expect(accepted.status).toBe(200)

      await page.getByRole('tab', { name: 'Keys' }).click()
      await page.getByRole('button', { name: 'Create a key' }).click()
      await dialog(page).getByLabel('Name').fill('Nightly export')
      await dialog(page).getByRole('button', { name: 'Create' }).click()
      const secret = await secretOf(page)
      expect(await page.locator('flowstate-admin-page').evaluate((element) => [...(element.shadowRoot?.querySelector('flowstate-settings')?.shadowRoot?.querySelectorAll('*') ?? [])].map((each) => `${each.outerHTML}${(each as HTMLInputElement).value ?? ''}`).join(''))).not.toContain(secret)
      const withKey = async () => (await api('/companies', { headers: { authorization: `Bearer ${secret}` } })).status
      expect(await withKey()).toBe(200)
      await page.getByRole('button', { name: 'Revoke: Nightly export' }).click()
      await dialog(page).getByRole('button', { name: 'Revoke' }).click()
      await page.locator('.row.over', { hasText: 'Nightly export' }).waitFor()
      await expect.poll(withKey).toBe(401)

      await page.getByRole('tab', { name: 'Members' }).click()
      await page.reload()
      await page.locator('.row', { hasText: 'Grace Hopper' }).waitFor()
      await page.getByRole('tab', { name: 'Audit log' }).click()
      await page.locator('.row .name code').first().waitFor()
      expect((await page.locator('.row .name').allTextContents()).map((text) => text.trim()).slice(0, 3)).toEqual(['keys.revoke', 'keys.create', 'invitations.create'])
      expect(await page.locator('.row').first().textContent()).toContain('by Ada Byron')
      await page.context().close()
      expect(complaints).toEqual([])
    })

    it('shows what a webhook answered, and sends it again', async () => {
      const page = await signedIn()
      await open(page, 'webhooks')
      await page.getByRole('button', { name: 'Create a webhook' }).click()
      const address = receiver.address()
      await dialog(page).getByLabel('Address').fill(`http://127.0.0.1:${address && typeof address === 'object' ? address.port : 0}/in`)
      await dialog(page).getByLabel('Description').fill('Warehouse')
      await dialog(page).getByRole('button', { name: 'Create' }).click()
      expect(await secretOf(page)).toMatch(/^whsec_/)
      await page.getByRole('button', { name: 'Send a test: Warehouse' }).click()
      const delivery = page.locator('.below .row', { hasText: 'webhooks.test' })
      const refresh = page.locator('.below').getByRole('button', { name: 'Refresh' })
      await expect.poll(async () => { await refresh.click(); return delivery.textContent() }).toContain('answered 500')
      answers = 204
      await delivery.getByRole('button').click()
      await expect.poll(async () => { await refresh.click(); return delivery.textContent() }).toContain('Delivered')
      await page.context().close()
      expect(complaints).toEqual([])
    })

    it('looks right in every section: light, dark, from right to left, 320 pixels wide', async () => {
      const page = await signedIn()
      await open(page, 'members')
      for (const [name, colorScheme, width, direction] of [['light', 'light', 1_100, 'ltr'], ['dark', 'dark', 1_100, 'ltr'], ['rtl', 'light', 1_100, 'rtl'], ['narrow', 'light', 320, 'ltr']] as const) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 800 })
        await page.evaluate((value) => { document.documentElement.dir = value }, direction)
        for (const section of SECTIONS) {
          await page.locator(`#tab-${section}`).click()
          await page.locator(`[aria-labelledby="tab-${section}"] :is(.rows, .nothing)`).first().waitFor()
          expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${section} ${name} scrolls sideways`).toBeLessThanOrEqual(0)
          await page.screenshot({ path: join(SHOTS, `admin-${section}-${name}.png`) })
        }
      }
      await page.context().close()
      expect(complaints).toEqual([])
    })

    it('shows one of several workspaces, with what the person may do there', async () => {
      command(dir, 'members', 'add', '--workspace', 'harbour', '--email', 'ada@acme.example', '--role', 'viewer')
      const page = await signedIn()
      await open(page, 'members')
      await page.getByRole('button', { name: 'Invite a person' }).waitFor()
      await page.getByLabel('Workspace').selectOption({ label: 'harbour' })
      await page.locator('.lock', { hasText: 'that needs the scope admin' }).waitFor()
      expect(new URL(page.url()).search).toBe('?workspace=harbour')
      expect(await page.getByRole('button', { name: 'Invite a person' }).count()).toBe(0)
      await page.context().close()
      expect(complaints).toEqual([])
    })

  }

  it('signs out', async () => {
    const page = await signedIn()
    await open(page, 'members')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.waitForURL(`${running.url}/sign-in`)
    expect(await page.evaluate(async (base) => (await fetch(`${base}/api/v1/session`)).status, root)).toBe(401)
    await page.context().close()
  })
})
