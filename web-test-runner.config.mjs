import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createServer as listenOn } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { esbuildPlugin } from '@web/dev-server-esbuild'
import { playwrightLauncher } from '@web/test-runner-playwright'
import { createFlowstate } from './packages/server/dist/index.js'
import { BROWSER_ARGS, findBrowser } from './scripts/find-browser.mjs'

/**
 * Elements are tested in a real browser against a real server of another origin, with real tokens. One file:
 * npx wtr --files 'packages/elements/src/components/pipeline/*.test.ts' (after npm run build).
 */
const freePort = () => new Promise((resolve) => {
  const probe = listenOn()
  probe.listen(0, '127.0.0.1', () => { const { port } = probe.address(); probe.close(() => resolve(port)) })
})
const port = await freePort()
const dataDir = mkdtempSync(join(tmpdir(), 'flowstate-elements-'))
const origins = [`http://localhost:${port}`, `http://127.0.0.1:${port}`]
const server = await createFlowstate({ secret: 'a secret of forty characters, for tests only', dataDir, allowedOrigins: origins, heartbeatMs: 400, leaseMs: 5_000, workerConcurrency: 0 })
const http = createServer(getRequestListener(server.fetch))
server.attach(http)
await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve))
const base = `http://127.0.0.1:${http.address().port}`
const { workspaces, keys } = server.services
const secrets = new Map()

/** `POST /test/workspace?slug=` makes a workspace; `POST /test/mint?slug=…` is the host's mint endpoint, counted. */
let mints = 0
const testRoutes = async (context, next) => {
  const url = new URL(context.url, 'http://tests')
  if (!url.pathname.startsWith('/test/')) return next()
  if (url.pathname.startsWith('/test/as/')) return asPerson(context, url)
  if (url.pathname === '/test/person') {
    context.body = await enter(url.searchParams)
    return
  }
  const slug = url.searchParams.get('slug')
  if (url.pathname === '/test/workspace') {
    const workspace = await workspaces.create(slug)
    secrets.set(slug, (await keys.createAsOwner(workspace.id, { scopes: ['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'agents:operate', 'tasks:work', 'admin'] })).secret)
    context.body = { base }
    return
  }
  if (url.pathname === '/test/mint') {
    mints++
    // Agents in these tests live in the page, so their tokens may do what only keys do elsewhere.
    const answer = await server.fetch(new Request(`${base}/api/v1/embed-tokens`, {
      method: 'POST', headers: { authorization: `Bearer ${secrets.get(slug)}`, 'content-type': 'application/json' }, body: JSON.stringify({ subject: url.searchParams.get('as') ?? 'Tester', role: url.searchParams.get('role') ?? 'admin', origins }),
    }))
    context.status = answer.status
    context.body = await answer.json()
    return
  }
  if (url.pathname === '/test/mints') {
    context.body = { mints }
    return
  }
  if (url.pathname === '/test/call') {
    const { method, path, body } = JSON.parse(url.searchParams.get('request'))
    const answer = await server.fetch(new Request(`${base}/api/v1${path}`, { method, headers: { authorization: `Bearer ${secrets.get(slug)}`, 'content-type': 'application/json' }, ...(body ? { body: JSON.stringify(body) } : {}) }))
    context.status = answer.status
    context.body = await answer.json()
  }
}

const PASSWORD = 'correct horse battery staple'
/** Cookies of people who are signed in, by names of their own. */
const people = new Map()
/** `POST /test/person?slug=&role=` signs somebody in, for whom `/test/as/<id>/…` then asks. */
const enter = async (asked) => {
  const [slug, role] = [asked.get('slug'), asked.get('role')]
  const email = `${role}.${people.size}@${slug}.example`
  const workspace = await workspaces.bySlug(slug)
  await server.services.members.addAsOwner(workspace.id, { email, name: `The ${role}`, role, password: PASSWORD })
  const answer = await server.fetch(new Request(`${base}/api/v1/auth/sign-in/email`, { method: 'POST', headers: { origin: base, 'content-type': 'application/json' }, body: JSON.stringify({ email, password: PASSWORD }) }))
  const id = `p${people.size}`
  people.set(id, answer.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; '))
  return { id }
}
/** What a person's browser would ask from the server's own page. */
const asPerson = async (context, url) => {
  const [, id, path] = /^\/test\/as\/(\w+)(\/.*)$/.exec(url.pathname)
  const { method, headers } = context.req
  const body = await Array.fromAsync(context.req).then((chunks) => Buffer.concat(chunks))
  const sent = Object.fromEntries(['content-type', 'accept', 'idempotency-key', 'if-match', 'flowstate-workspace'].flatMap((name) => (headers[name] ? [[name, headers[name]]] : [])))
  const answer = await server.fetch(new Request(`${base}${path}${url.search}`, { method, headers: { ...sent, cookie: people.get(id), origin: base }, ...(body.length > 0 ? { body } : {}) }))
  context.status = answer.status
  for (const [name, value] of answer.headers) context.set(name, value)
  context.body = answer.body ? Readable.fromWeb(answer.body) : null
}

/** What `npm test` counts. */
const countReporter = () => ({
  stop() {},
  reportTestFileResults() {},
  async onTestRunFinished({ sessions }) {
    const count = (suite) => (suite ? [...suite.tests, ...suite.suites.flatMap((child) => count(child))] : [])
    const tests = sessions.flatMap((session) => count(session.testResults))
    const broken = sessions.filter((session) => session.errors.length > 0 || !session.testResults).length
    const cache = fileURLToPath(new URL('node_modules/.cache/', import.meta.url))
    mkdirSync(cache, { recursive: true })
    writeFileSync(`${cache}browser-tests.json`, JSON.stringify({ passed: tests.filter(({ passed }) => passed).length, failed: tests.filter(({ passed, skipped }) => !passed && !skipped).length + broken, skipped: tests.filter(({ skipped }) => skipped).length }))
  },
})

export default {
  files: 'packages/elements/src/**/*.test.ts',
  hostname: 'localhost',
  port,
  nodeResolve: { exportConditions: ['flowstate-source', 'browser', 'development'] },
  plugins: [
    esbuildPlugin({ ts: true, target: 'es2022', tsconfig: fileURLToPath(new URL('packages/elements/tsconfig.json', import.meta.url)) }),
    { name: 'close-server', async serverStop() {
      http.closeAllConnections()
      http.close()
      await server.close()
      rmSync(dataDir, { recursive: true, force: true })
    } },
  ],
  middleware: [testRoutes],
  concurrency: 1,
  testFramework: { config: { timeout: 20_000 } },
  testsFinishTimeout: 180_000,
  reporters: [(await import('@web/test-runner')).defaultReporter(), countReporter()],
  browsers: [playwrightLauncher({ product: 'chromium', launchOptions: { executablePath: await findBrowser(), args: BROWSER_ARGS } })],
}
