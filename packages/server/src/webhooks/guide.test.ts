import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../testing/databases.ts'
import { createTestServer, type TestServer } from '../testing/server.ts'

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url))
const [receiverText = '', createText = '', streamText = ''] = [...readFileSync(join(ROOT, 'docs/guides/webhooks.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text = '']) => text)

const freePort = (): Promise<number> => new Promise((resolve) => {
  const probe = createServer().listen(0, '127.0.0.1', () => {
    const address = probe.address()
    probe.close(() => resolve(address && typeof address === 'object' ? address.port : 0))
  })
})
const answers = async (url: string): Promise<void> => {
  while (!await fetch(url).then(() => true, () => false)) await new Promise((resolve) => setTimeout(resolve, 20))
}

describe('the guide to webhooks [sqlite]', () => {
  let dir: string
  let home: FreshDatabase
  let test: TestServer
  const children: ChildProcess[] = []
  const program = (name: string, text: string, env: Record<string, string>): { child: ChildProcess; says: (mark: RegExp) => Promise<string> } => {
    writeFileSync(join(dir, name), text)
    const child = spawn(process.execPath, ['--conditions=flowstate-source', name], { cwd: dir, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    let out = ''
    const listeners = new Set<() => void>()
    child.stdout?.on('data', (chunk) => {
      out += String(chunk)
      for (const look of listeners) look()
    })
    return { child, says: (mark) => new Promise((resolve) => {
      const look = () => { const found = mark.exec(out)?.[0]; if (found) resolve(found) }
      listeners.add(look)
      look()
    }) }
  }
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-guide-'))
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
    home = await freshDatabase('sqlite')
    test = await createTestServer(home, { workerConcurrency: 2, allowPrivateTargets: true, sweepMs: 50, heartbeatMs: 100 })
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await test.close()
    await home.dispose()
    rmSync(dir, { recursive: true, force: true })
  })

  it('receives, asks and follows as it stands there', async () => {
    expect(existsSync(join(ROOT, 'docs/guides/webhooks.md'))).toBe(true)
    const pipeline = await test.flowstate.pipelines.create({ name: 'Sales', currency: 'EUR', stages: [{ name: 'Open', kind: 'open' }, { name: 'Won', kind: 'won' }] })
    const { url, stop } = await test.listen()
    const port = await freePort()
    const env = { CRM_URL: url, CRM_KEY: test.secret, RECEIVER_URL: `http://127.0.0.1:${port}/` }
    const secret = await program('create.ts', createText, env).says(/whsec_\S+/)
    const receiver = program('receiver.ts', receiverText, { PORT: String(port), WEBHOOK_SECRET: secret })
    await answers(env.RECEIVER_URL)
    const deal = await test.flowstate.deals.create({ title: 'Fleet', stageId: pipeline.stages[0]?.id ?? '' })
    await test.flowstate.deals.move(deal.id, { stageId: pipeline.stages[1]?.id ?? '' })
    expect(await receiver.says(/Fleet is \w+/)).toBe('Fleet is won')
    expect(await program('stream.ts', streamText, env).says(/1 \w+ \w+/)).toBe('1 pipelines create')
    expect((await fetch(env.RECEIVER_URL, { method: 'POST', body: '{}' })).status).toBe(401)
    await stop()
  })
})
