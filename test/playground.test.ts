import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BROWSER_ARGS, findBrowser } from '../scripts/find-browser.mjs'

const ROOT = new URL('..', import.meta.url).pathname
const MAIN = join(ROOT, 'packages/server/dist/cli/main.js')
const SHOTS = join(ROOT, 'node_modules/.cache/screenshots')

/** The demo as a user starts it, in a process of its own. */
const demo = (dir: string, port: number, ...args: string[]): Promise<{ child: ChildProcess; url: string; key: string }> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [MAIN, 'demo', '--data', dir, '--port', String(port), '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOG_LEVEL: 'error', HEARTBEAT_MS: '1000' } })
  let said = ''
  child.stderr.on('data', (chunk) => { said += String(chunk) })
  child.stdout.once('data', (line) => resolve({ child, ...(JSON.parse(String(line)) as { url: string; key: string }) }))
  child.once('exit', (code) => reject(new Error(`the demo ended with ${code}: ${said}`)))
})
const ended = (child: ChildProcess): Promise<number | null> => (child.exitCode === null && child.signalCode === null ? new Promise((resolve) => child.once('exit', resolve)) : Promise.resolve(child.exitCode))

describe('the playground [browser]', () => {
  let browser: Browser
  let dir: string
  let running: Awaited<ReturnType<typeof demo>>
  const complaints: string[] = []
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: await findBrowser(), args: BROWSER_ARGS })
    dir = mkdtempSync(join(tmpdir(), 'flowstate-playground-'))
    running = await demo(dir, 0)
    mkdirSync(SHOTS, { recursive: true })
  })
  afterAll(async () => {
    await browser.close()
    running.child.kill('SIGTERM')
    await ended(running.child)
    rmSync(dir, { recursive: true, force: true })
  })

  const open = async (query = '', size = { width: 1360, height: 1000 }): Promise<Page> => {
    const context = await browser.newContext({ viewport: size })
    const page = await context.newPage()
    // A blocked script or style is told on the console.
    page.on('console', (message) => { if (message.type() === 'error' && /Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text()) })
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(`${running.url}/playground/${query}`)
    await page.locator('flowstate-pipeline:visible .card').first().waitFor()
    await page.locator('flowstate-pipeline:visible .connection.live').first().waitFor()
    return page
  }
  const titles = (page: Page, column: number) => page.locator('flowstate-pipeline:visible').first().locator('section').nth(column).locator('.card:not(.ghost) .title').allTextContents()
  const drag = async (page: Page, title: string, column: number) => {
    const board = page.locator('flowstate-pipeline:visible').first()
    const [from, to] = [await board.locator('.card', { hasText: title }).first().boundingBox(), await board.locator('section').nth(column).locator('.cards').boundingBox()]
    if (!from || !to) throw new Error('nothing to drag')
    await page.mouse.move(from.x + 40, from.y + 30)
    await page.mouse.down()
    await page.mouse.move(to.x + 60, to.y + 60)
    await page.mouse.move(to.x + 80, to.y + 20)
    await page.mouse.up()
  }

  it('looks right in light and dark, from right to left, and 320 pixels wide, without a violation of its strict policy', async () => {
    for (const [name, query, width, height] of [['light', '?theme=light', 1360, 1060], ['dark', '?theme=dark', 1360, 1060], ['rtl', '?theme=light&dir=rtl', 1360, 1060], ['narrow', '?theme=light', 320, 900]] as const) {
      const page = await open(query, { width, height })
      await page.locator('flowstate-godmode:visible .counters').waitFor()
      // Somebody is at work, as on any day.
      await expect.poll(() => page.locator('flowstate-godmode:visible progress').evaluateAll((bars) => bars.some((bar) => (bar as HTMLProgressElement).value > 20)), { timeout: 30_000 }).toBe(true)
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      expect(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0)
      await page.screenshot({ path: join(SHOTS, `playground-${name}.png`) })
      await page.context().close()
    }
    expect(complaints).toEqual([])
  })

  it('shows one person what another drags; both catch up after the server was killed, and say so meanwhile', async () => {
    const [mine, theirs] = [await open(), await open()]
    const [title = ''] = await titles(mine, 0)
    await drag(mine, title, 1)
    await expect.poll(() => titles(theirs, 1), { timeout: 10_000 }).toContain(title)

    const port = Number(new URL(running.url).port)
    running.child.kill('SIGKILL')
    await ended(running.child)
    await mine.locator('flowstate-pipeline:visible .connection.offline').waitFor()
    expect(await mine.locator('flowstate-pipeline:visible .connection').textContent()).toContain('showing what was known at')
    running = await demo(dir, port, '--no-agents')
    // Somebody moves a card before the pages are back.
    const call = async (method: string, path: string, body?: object) => (await fetch(`${running.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${running.key}`, 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) })).json() as Promise<{ items: { id: string; title: string; stageId: string }[] }>
    const { items: [stage] } = await call('GET', '/stages?name=Proposal')
    const { items: [deal] } = await call('GET', `/deals?title=${encodeURIComponent(title)}`)
    const { items: [first] } = await call('GET', `/deals?stageId=${stage?.id}&sort=position&limit=1`)
    await call('POST', `/deals/${deal?.id}/move`, { stageId: stage?.id, beforeId: first?.id })
    for (const page of [mine, theirs]) {
      await page.locator('flowstate-pipeline:visible .connection.live').waitFor({ timeout: 30_000 })
      await expect.poll(() => titles(page, 2), { timeout: 10_000 }).toContain(title)
    }
    await mine.context().close()
    await theirs.context().close()
  })

  it('shows agents as stale within two heartbeats after their process was killed', async () => {
    running.child.kill('SIGTERM')
    await ended(running.child)
    running = await demo(dir, Number(new URL(running.url).port))
    const page = await browser.newPage()
    await page.goto(`${running.url}/playground/#agents`)
    await page.locator('flowstate-godmode .agent', { hasText: 'Researcher' }).and(page.locator('.agent:not(.stale)')).waitFor()
    const agents = spawn('pgrep', ['-P', String(running.child.pid), '-f', 'demo-agents'])
    const pid = Number(await new Promise<string>((resolve) => agents.stdout.once('data', (data) => resolve(String(data)))))
    process.kill(pid, 'SIGKILL')
    await page.locator('flowstate-godmode .agent.stale', { hasText: 'Researcher' }).waitFor({ timeout: 15_000 })
    expect(await page.locator('flowstate-godmode .agent.stale .state').first().textContent()).toBe('Not heard of')
    await page.close()
  })

  it('listens on loopback alone, hands its token to its own page alone, and ends with all its processes', async () => {
    const { port } = new URL(running.url)
    expect(new URL(running.url).hostname).toBe('127.0.0.1')
    expect((await fetch(`${running.url}/playground/token`, { method: 'POST', headers: { origin: 'https://evil.example' } })).status).toBe(403)
    expect((await fetch(`${running.url}/api/v1/deals`)).status).toBe(401)
    const children = () => new Promise<string>((resolve) => {
      const list = spawn('pgrep', ['-f', `demo-agents --url http://127.0.0.1:${port}`])
      let out = ''
      list.stdout.on('data', (chunk) => { out += String(chunk) })
      list.once('exit', () => resolve(out.trim()))
    })
    running.child.kill('SIGINT')
    expect(await ended(running.child)).toBe(0)
    await expect.poll(children, { timeout: 5_000 }).toBe('')
  })
})
