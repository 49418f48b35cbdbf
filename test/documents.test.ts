import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BROWSER_ARGS, findBrowser } from '../scripts/find-browser.mjs'
import { type Demo, endAll, freePort, startDemo } from './demo.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAIN = join(ROOT, 'packages/server/dist/cli/main.js')
const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language = '', text = '']) => ({ language, text }))
const block = (language: string, mark: string): string => {
  const found = blocks.find((each) => each.language === language && each.text.includes(mark))
  if (!found) throw new Error(`the README has no ${language} block with ${mark}`)
  return found.text
}
const listening = async (url: string): Promise<void> => {
  for (;;) {
    try {
      await fetch(url)
      return
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

describe('the README', () => {
  let dir: string
  let crm: Demo
  let hostPort: number
  const children: ChildProcess[] = []
  /** Runs a block as a program of a host's, in an empty project that has our packages. */
  const program = (name: string, text: string, env: Record<string, string>): ChildProcess => {
    writeFileSync(join(dir, name), text)
    const child = spawn(process.execPath, [name], { cwd: dir, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    return child
  }

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-readme-'))
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
    hostPort = await freePort()
    crm = await startDemo(join(dir, 'data'), { ALLOWED_ORIGINS: `http://127.0.0.1:${hostPort}` })
    children.push(crm.child)
  })
  afterAll(async () => {
    await endAll(children)
    rmSync(dir, { recursive: true, force: true })
  })

  it('has its every block run by this test', () => {
    expect(blocks.map(({ language, text }) => `${language}: ${text.split('\n', 1)[0]}`)).toEqual([
      'sh: npm ci && npm start', 'sh: npm ci && npm test', 'html: <script type="module" src="http://127.0.0.1:4400/elements/loader.js"></script>', "js: import { createServer } from 'node:http'",
      "ts: import { Flowstate } from '@flowstate-ai/sdk'", 'sh: npx flowstate workspace create acme --data ./crm', "ts: import { createServer } from 'node:http'",
    ])
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
    for (const name of ['start', 'test']) expect(existsSync(join(ROOT, scripts[name]?.split(' ')[1] ?? ''))).toBe(true)
  })

  it('embeds the board in a stranger\'s page, by the mint endpoint as it stands there [browser]', async () => {
    const mintPort = await freePort()
    program('mint.js', block('js', '/flowstate-token'), { CRM_URL: crm.url, CRM_KEY: crm.key, PORT: String(mintPort) })
    await listening(`http://127.0.0.1:${mintPort}/`)
    // The host's own page, of its own origin, with the five lines of the README; its token endpoint is the README's program.
    const html = `<!doctype html><html lang="en"><title>Host</title>${block('html', 'flowstate-provider').replaceAll('http://127.0.0.1:4400', crm.url)}`
    const host = createHttpServer(async (request, response) => {
      if (request.method === 'GET') return response.writeHead(200, { 'content-type': 'text/html' }).end(html)
      const minted = await fetch(`http://127.0.0.1:${mintPort}${request.url}`, { method: 'POST' })
      return response.writeHead(minted.status, { 'content-type': 'application/json' }).end(await minted.text())
    })
    await new Promise<void>((resolve) => host.listen(hostPort, '127.0.0.1', resolve))
    const browser = await chromium.launch({ executablePath: await findBrowser(), args: BROWSER_ARGS })
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${hostPort}/`)
    await page.locator('flowstate-pipeline .card').first().waitFor()
    await page.locator('flowstate-godmode .counters').waitFor()
    await browser.close()
    host.closeAllConnections()
    await new Promise((resolve) => host.close(resolve))
  })

  it('calls the SDK as it stands there', async () => {
    const child = program('script.ts', block('ts', 'for await'), { CRM_URL: crm.url, CRM_KEY: crm.key })
    let out = ''
    child.stdout?.on('data', (chunk) => { out += String(chunk) })
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0)
    expect(out).toMatch(/^Fleet tracking dea_/m)
  })

  it('runs its commands as they stand there', () => {
    for (const line of block('sh', 'flowstate workspace create').trim().split('\n')) {
      const args = line.replace('npx flowstate ', '').replace('./crm', join(dir, 'commands')).replace('docs/examples', join(ROOT, 'docs/examples')).split(' ')
      const out = execFileSync(join(ROOT, 'node_modules/.bin/flowstate'), args, { cwd: dir, encoding: 'utf8', env: { ...process.env, LOG_LEVEL: 'error' } })
      if (line.includes('import')) expect(out).toContain('3 rows: 3 created, 0 updated')
    }
  })

  it('runs inside a host\'s own server as it stands there', async () => {
    const port = await freePort()
    program('host.ts', block('ts', 'createFlowstate'), { CRM_SECRET: 'a secret of forty characters, for tests only', PORT: String(port) })
    await listening(`http://127.0.0.1:${port}/crm/healthz`)
    expect((await fetch(`http://127.0.0.1:${port}/crm/readyz`)).status).toBe(200)
  })
})

/**
 * Guides are run as somebody would who follows them: their `sh` blocks one after the other in an empty folder, then their `ts` blocks as one
 * program, with the address and a key of a running server. Blocks of other languages are to be read.
 */
/** Several programs that talk to each other: webhooks/guide.test.ts of the server runs them, and mint.test.ts those of hosts. */
const RUN_ELSEWHERE = ['webhooks.md', 'embedding.md']
const GUIDES = readdirSync(join(ROOT, 'docs/guides')).filter((name) => name.endsWith('.md') && !RUN_ELSEWHERE.includes(name))
describe.each(GUIDES)('the guide %s', (name) => {
  let dir: string
  let crm: Demo
  const text = readFileSync(join(ROOT, 'docs/guides', name), 'utf8')
  const blocksOf = (language: string) => [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, block_ = '']) => block_)

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-guide-'))
    mkdirSync(join(dir, 'empty'))
    mkdirSync(join(dir, 'bin'))
    writeFileSync(join(dir, 'empty/package.json'), '{"type":"module"}')
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'empty/node_modules'))
    // The one program that npx is asked for, without npm's own start for each line.
    writeFileSync(join(dir, 'bin/npx'), `#!/bin/sh\n[ "$1" = flowstate ] || exit 127\nshift\nexec "${process.execPath}" "${MAIN}" "$@"\n`, { mode: 0o755 })
    crm = await startDemo(join(dir, 'server'))
  }, 60_000)
  afterAll(async () => {
    await endAll([crm.child])
    rmSync(dir, { recursive: true, force: true })
  })
  const run = (program: string, args: string[]) => new Promise<{ code: number | null; out: string }>((resolve) => {
    const env = { ...process.env, PATH: `${join(dir, 'bin')}:${process.env.PATH}`, LOG_LEVEL: 'error', CRM_URL: crm.url, CRM_KEY: crm.key }
    const child = spawn(program, args, { cwd: join(dir, 'empty'), env, stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { out += String(chunk) })
    child.once('close', (code) => resolve({ code, out }))
  })

  it('does what it says', async () => {
    const [lines, program] = [blocksOf('sh').join('\n'), blocksOf('ts').join('\n')]
    expect(lines + program, `${name} has something to run`).not.toBe('')
    if (lines !== '') {
      writeFileSync(join(dir, 'guide.sh'), lines)
      const { code, out } = await run('sh', ['-eu', join(dir, 'guide.sh')])
      expect({ code, out }).toMatchObject({ code: 0 })
      for (const expected of SAID[name] ?? []) expect(out).toMatch(expected)
    }
    if (program !== '') {
      writeFileSync(join(dir, 'empty/guide.ts'), program)
      const { code, out } = await run(process.execPath, ['guide.ts'])
      expect({ code, out }).toMatchObject({ code: 0 })
    }
  }, 300_000)
})
/** What a guide's commands must have said, besides having gone well. */
const SAID: Record<string, RegExp[]> = {
  'import-export.md': [/2 created.* 1 rejected/, /row 4, column Email/, /Grace Hopper,grace@navy\.example,Navy Research,New/, /"name":"Analytical Engines"/, /title,value,value\.currency,stage\r\n.+EUR/, /Undone by chg_/, /name\r\n$/],
  'backup.md': [/Backed up to .*crm\.tar\.gz/, /Restored what Flowstate/, /none of them will open anything/, /^secret$/m, /^manifest\.json$/m, /flowstate\.db\.before-/],
}

describe('links in the documents', () => {
  it('lead somewhere', () => {
    const files = ['README.md', 'CONTRIBUTING.md', 'bench/README.md', 'docs/architecture.md', ...['decisions', 'guides'].flatMap((folder) => readdirSync(join(ROOT, 'docs', folder)).map((name) => `docs/${folder}/${name}`))]
    for (const file of files) {
      for (const [, target = ''] of readFileSync(join(ROOT, file), 'utf8').matchAll(/\]\((?!https?:)([^)#]+)\)/g)) expect(existsSync(join(ROOT, dirname(file), target)), `${file} → ${target}`).toBe(true)
    }
  })
})
