import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Flowstate } from '@flowstate-ai/sdk'
import type { Agent, Key, KeyWithSecret } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Rotated } from '../keyring/rotation.service.ts'
import { commandProcess, killed, serveProcess, type Serving } from '../testing/processes.ts'

describe.each([false, true])('commands for keys, beside a running server: %s [sqlite]', (beside) => {
  let dir: string
  let serving: Serving | null = null
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-keys-'))
    await commandProcess(dir, ['workspace', 'create', 'acme'])
    if (beside) serving = await serveProcess(dir)
  }, 60_000)
  afterAll(async () => {
    if (serving) await killed(serving.child, 'SIGTERM')
    rmSync(dir, { recursive: true, force: true })
  })
  const run = async <Answer>(...args: string[]): Promise<Answer> => JSON.parse(await commandProcess(dir, args)) as Answer
  const opens = async (secret: string): Promise<boolean> => {
    try {
      await new Flowstate({ baseUrl: serving?.url ?? '', key: secret, maxRetries: 0 }).whoami.retrieve()
      return true
    } catch {
      return false
    }
  }

  it('list, replace and end them, and an agent\'s tokens, and go on over a rotation of the secret', async () => {
    const key = await run<KeyWithSecret>('keys', 'create', '--workspace', 'acme', '--scopes', 'crm:read,agents:operate', '--name', 'Nightly')
    const rotation = () => run<Rotated>('secrets', 'rotate', '--end-previous')
    const [old] = readFileSync(join(dir, 'secret'), 'utf8').split('\n')
    if (!beside) {
      expect(await rotation()).toMatchObject({ made: true, lost: 0, earlier: 0, kept: 'file', renewed: { keys: 1 } })
      expect(readFileSync(join(dir, 'secret'), 'utf8')).not.toContain(old)
      return expect((await run<{ items: Key[] }>('keys', 'list')).items).toEqual([expect.objectContaining({ id: key.id, name: 'Nightly', revokedAt: null })])
    }
    const next = await run<KeyWithSecret>('keys', 'rotate', key.id, '--grace', '0')
    expect(next).toMatchObject({ name: 'Nightly', scopes: ['crm:read', 'agents:operate'] })
    const { items } = await run<{ items: Key[] }>('keys', 'list')
    expect(items.map(({ id }) => id)).toEqual([next.id])
    expect(JSON.stringify(items)).not.toContain('fsk_')

    const rotated = await rotation()
    expect(rotated).toMatchObject({ made: true, lost: 0, earlier: 0, kept: 'file' })
    expect(rotated.renewed.keys).toBeGreaterThanOrEqual(1)
    expect(readFileSync(join(dir, 'secret'), 'utf8')).not.toContain(old)

    const token = await run<KeyWithSecret>('agents', 'create', '--workspace', 'acme', '--name', 'Researcher', '--kinds', 'research')
    const agents = async () => (await run<{ items: (Agent & { tokens: string[] })[] }>('agents', 'list')).items.find(({ name }) => name === 'Researcher')
    expect(await agents()).toMatchObject({ kinds: ['research'], tokens: [token.id] })
    expect([await opens(next.secret), await opens(token.secret), await opens(key.secret)]).toEqual([true, true, false])
    expect(await run('agents', 'revoke', 'Researcher')).toMatchObject({ revoked: [token.id] })
    // Within the half second for which what was found good is not looked up again.
    while (await opens(token.secret)) await new Promise((resolve) => setTimeout(resolve, 50))
    await run('keys', 'revoke', next.id)
    while (await opens(next.secret)) await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await run<{ items: Key[] }>('keys', 'list')).items).toEqual([])
  }, 180_000)
})
