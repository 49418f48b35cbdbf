import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Flowstate } from '@flowstate-ai/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const WRITER = fileURLToPath(new URL('../testing/ack-writer.ts', import.meta.url))
const CONDITIONS = '--conditions=flowstate-source'
const KILLS = 10
const ACKS_BETWEEN_KILLS = 40

/** A real `flowstate serve`; resolves with its address once it is ready. */
const serve = (dir: string): Promise<{ child: ChildProcess; url: string }> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [CONDITIONS, MAIN, 'serve', '--data', dir, '--port', '0', '--json'], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, LOG_LEVEL: 'error' } })
  let said = ''
  child.stderr.on('data', (chunk) => { said += String(chunk) })
  child.stdout.once('data', (line) => resolve({ child, url: (JSON.parse(String(line)) as { url: string }).url }))
  child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)))
})
const command = (dir: string, ...args: string[]): Promise<string> => new Promise((resolve, reject) => {
  const child = spawn(process.execPath, [CONDITIONS, MAIN, ...args, '--data', dir, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  child.stdout.on('data', (chunk) => { out += String(chunk) })
  child.once('exit', (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.join(' ')} ended with ${code}`))))
})
const ended = (child: ChildProcess) => new Promise((resolve) => child.once('exit', resolve))

describe('a server that is killed', () => {
  let dir: string
  beforeAll(() => { dir = mkdtempSync(join(tmpdir(), 'flowstate-kill-')) })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('has kept every write that it acknowledged, once, in a feed without a hole', async () => {
    await command(dir, 'workspace', 'create', 'acme')
    const { secret } = JSON.parse(await command(dir, 'keys', 'create', '--workspace', 'acme', '--scopes', 'crm:read,crm:write')) as { secret: string }
    const log = join(dir, 'acknowledged.log')
    let round = 0
    for (; round < KILLS; round++) {
      const { child, url } = await serve(dir)
      // The writer is a process of its own, which writes down what was acknowledged, and nothing else.
      const writer = fork(WRITER, [], { execArgv: [CONDITIONS], env: { ...process.env, WRITER_URL: url, WRITER_KEY: secret, WRITER_LOG: log, WRITER_ROUND: String(round) } })
      await new Promise<void>((resolve) => writer.on('message', (acknowledged) => { if (Number(acknowledged) >= ACKS_BETWEEN_KILLS) resolve() }))
      child.kill('SIGKILL')
      await ended(child)
      writer.kill('SIGKILL')
      await ended(writer)
    }
    const acknowledged = readFileSync(log, 'utf8').trim().split('\n')
    expect(acknowledged.length).toBeGreaterThanOrEqual(KILLS * ACKS_BETWEEN_KILLS)

    const { child, url } = await serve(dir)
    const flowstate = new Flowstate({ baseUrl: url, key: secret })
    const names: string[] = []
    for await (const company of flowstate.companies.list({ limit: 200 })) names.push(company.name)
    expect(new Set(names).size, 'none twice').toBe(names.length)
    const kept = new Set(names)
    expect(acknowledged.filter((name) => !kept.has(name)), 'none lost').toEqual([])
    let next = 1
    for (let since = 0; ;) {
      const { items, to } = await flowstate.changes.list({ since, limit: 200 })
      if (items.length === 0) break
      for (const { seq } of items) expect(seq).toBe(next++)
      since = to
    }
    expect(next - 1).toBe(names.length)
    child.kill('SIGTERM')
    await ended(child)
  }, 300_000)
})
