import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, createServer as createTcpServer, type Server as TcpServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Flowstate } from '@flowstate-ai/sdk'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { BROWSER_ARGS, findBrowser } from '../scripts/find-browser.mjs'
import { type Demo, endAll, freePort, startDemo } from './demo.ts'

const WIDGETS = 20

/** The line between the page and the CRM, which can be cut and mended. */
const startLine = async (port: number, target: number) => {
  const open = new Set<Socket>()
  let listener: TcpServer | null = null
  const mend = () => new Promise<void>((resolve) => {
    listener = createTcpServer((client) => {
      const upstream = connect(target, '127.0.0.1')
      for (const [socket, other] of [[client, upstream], [upstream, client]] as const) {
        open.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => { open.delete(socket); other.destroy() })
        socket.pipe(other)
      }
    }).listen(port, '127.0.0.1', () => resolve())
  })
  const cut = () => new Promise<void>((resolve) => {
    listener?.close(() => resolve())
    for (const socket of open) socket.destroy()
  })
  await mend()
  return { cut, mend }
}

describe('a page with twenty widgets and an endpoint that mints [browser]', () => {
  let dir: string
  let crm: Demo
  let flowstate: Flowstate
  let line: Awaited<ReturnType<typeof startLine>>
  let host: Server
  let browser: Browser
  let [origin, crmOrigin] = ['', '']
  const mint = { asked: 0, failed: 0, failing: false, ttl: 600 }
  const complaints: string[] = []
  const pages: Page[] = []

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-host-'))
    const [hostPort, linePort, crmPort] = [await freePort(), await freePort(), await freePort()]
    ;[origin, crmOrigin] = [`http://localhost:${hostPort}`, `http://127.0.0.1:${linePort}`]
    crm = await startDemo(join(dir, 'data'), { port: crmPort, ALLOWED_ORIGINS: origin })
    flowstate = new Flowstate({ baseUrl: crm.url, key: crm.key })
    line = await startLine(linePort, crmPort)
    const policy = `default-src 'none'; script-src 'self' ${crmOrigin}; style-src 'self'; connect-src 'self' ${crmOrigin} ${crmOrigin.replace('http', 'ws')}; img-src 'self' data:; require-trusted-types-for 'script'`
    const widgets = Array.from({ length: WIDGETS }, (_, index) => (index % 2 === 0 ? '<flowstate-pipeline></flowstate-pipeline>' : '<flowstate-godmode></flowstate-godmode>')).join('')
    const html = `<!doctype html><html lang="en"><title>Host</title><script type="module" src="${crmOrigin}/elements/loader.js"></script><flowstate-provider base="${crmOrigin}" token="/flowstate-token">${widgets}</flowstate-provider></html>`
    host = createServer((request, response) => {
      if (request.url !== '/flowstate-token') return response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/html', 'content-security-policy': policy }).end(request.url === '/' ? html : '')
      mint.asked++
      if (mint.failing) {
        mint.failed++
        return response.writeHead(502).end('<html>Bad gateway</html>')
      }
      flowstate.embedTokens.create({ subject: 'u_17', role: 'member', ttl: mint.ttl }).then(
        (token) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(token)),
        () => response.writeHead(502).end(),
      )
    })
    await new Promise<void>((resolve) => host.listen(hostPort, '127.0.0.1', resolve))
    browser = await chromium.launch({ executablePath: await findBrowser(), args: BROWSER_ARGS })
  })
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.context().close()
    Object.assign(mint, { asked: 0, failed: 0, failing: false, ttl: 600 })
    expect(complaints).toEqual([])
  })
  afterAll(async () => {
    await browser.close()
    host.closeAllConnections()
    await new Promise((resolve) => host.close(resolve))
    await line.cut()
    await endAll([crm.child])
    rmSync(dir, { recursive: true, force: true })
  })

  const open = async (prepare: (page: Page) => Promise<unknown> = async () => undefined) => {
    const page = await (await browser.newContext()).newPage()
    pages.push(page)
    const sockets: string[] = []
    page.on('websocket', (socket) => sockets.push(socket.url()))
    page.on('console', (message) => { if (/Content Security Policy|Trusted/.test(message.text())) complaints.push(message.text()) })
    page.on('pageerror', (error) => complaints.push(error.message))
    await prepare(page)
    await page.goto(`${origin}/`)
    await live(page)
    return { page, sockets }
  }
  const live = (page: Page) => page.waitForFunction((count) => [...document.querySelectorAll('flowstate-pipeline, flowstate-godmode')].filter((widget) => widget.shadowRoot?.querySelector('.connection.live')).length === count, WIDGETS)
  /** A change in the CRM where every board has it in sight. */
  const happens = async (title: string) => {
    const { id: stageId = '' } = (await flowstate.pipelines.list()).items[0]?.stages[0] ?? {}
    const [first] = (await flowstate.deals.list({ stageId, sort: 'position', limit: 1 })).items
    await flowstate.deals.update(first?.id ?? '', { title })
  }
  const seesWhatHappens = async (page: Page, title: string) => {
    await happens(title)
    await seen(page, title)
  }
  const seen = (page: Page, title: string) => page.waitForFunction(([text, count]) => [...document.querySelectorAll('flowstate-pipeline')].filter((board) => [...(board.shadowRoot?.querySelectorAll('.card .title') ?? [])].some((found) => found.textContent?.includes(String(text)))).length === count, [title, WIDGETS / 2] as const)
  const cards = (page: Page) => page.locator('flowstate-pipeline').first().locator('.card').count()
  const until = async (condition: () => boolean) => { while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20)) }

  it('asks for one token and opens one socket', async () => {
    const { page, sockets } = await open()
    await seesWhatHappens(page, 'Seen by all')
    expect(mint.asked).toBe(1)
    expect(sockets).toHaveLength(1)
  })

  it('lives on when tokens end', async () => {
    mint.ttl = 5
    const { page } = await open()
    await until(() => mint.asked >= 3)
    await seesWhatHappens(page, 'After three tokens')
    await live(page)
  })

  it('keeps what it shows while no token is to be had, and goes on once there is one', async () => {
    mint.ttl = 5
    const { page } = await open()
    const before = await cards(page)
    mint.failing = true
    await until(() => mint.failed >= 2)
    expect(await cards(page)).toBe(before)
    mint.failing = false
    await seesWhatHappens(page, 'Minted again')
    await live(page)
  })

  it('catches up with what it missed while the line was cut', async () => {
    const { page } = await open()
    await line.cut()
    await page.waitForFunction(() => document.querySelector('flowstate-pipeline')?.shadowRoot?.querySelector('.connection.offline'))
    await happens('Made meanwhile')
    await line.mend()
    await seen(page, 'Made meanwhile')
    await live(page)
    expect(mint.asked).toBe(1)
  })

  it.each([-2, 2])('is not confused by a clock that is %d hours wrong', async (hours) => {
    const { agent } = await flowstate.agents.register({ name: `Researcher ${hours}`, kinds: ['research'] })
    const { page } = await open((of) => of.addInitScript((shift) => {
      const Real = Date
      globalThis.Date = class extends Real {
        constructor(...given: unknown[]) {
          if (given.length === 0) super(Real.now() + shift)
          else super(...(given as [number]))
        }
        static override now() { return Real.now() + shift }
      } as DateConstructor
    }, hours * 3_600_000))
    await flowstate.agents.heartbeat(agent.id)
    const shown = page.locator('flowstate-godmode').first().locator('.agent', { hasText: agent.name })
    await shown.waitFor()
    expect(await shown.getAttribute('class')).not.toContain('stale')
    await seesWhatHappens(page, `By a clock ${hours} hours wrong`)
    expect(mint.asked).toBe(1)
  })
})
