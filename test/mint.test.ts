import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Demo, endAll, startDemo } from './demo.ts'
import { HOSTS, SIGNED_IN, start } from './mint-hosts.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const GUIDE = readFileSync(join(ROOT, 'docs/guides/embedding.md'), 'utf8')
const ORIGIN = 'https://host.example'
const blocks = [...GUIDE.matchAll(/```(\w+)(?: (\w+))?\n([\s\S]*?)```/g)].map(([, language = '', name = '', text = '']) => ({ language, name, text }))
/** Where languages other than Node's were installed for it, all of them are to run. */
const demanded = process.env.EVERY_LANGUAGE === '1'
const hosts = HOSTS.filter((host) => demanded || host.there())

describe('the endpoints that give pages their tokens', () => {
  let dir: string
  let crm: Demo
  const children: ChildProcess[] = []
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'flowstate-mint-'))
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'node_modules'))
    crm = await startDemo(join(dir, 'data'), { ALLOWED_ORIGINS: ORIGIN })
    children.push(crm.child)
  })
  afterAll(async () => {
    await endAll(children)
    rmSync(dir, { recursive: true, force: true })
  })

  it('are all in the guide, and nothing else is that would have to be run', () => {
    expect(blocks.filter(({ language }) => language !== 'html').map(({ language, name }) => [language, name])).toEqual(HOSTS.map(({ block }) => [block.language, block.name ?? '']))
  })

  it.each(hosts)('of $name gives who is signed in a token, and nobody else', async ({ block, write }) => {
    const { text } = blocks.find(({ language, name }) => language === block.language && name === (block.name ?? '')) ?? { text: '' }
    const command = write(dir, text)
    const { child, url } = await start(command, dir, { CRM_URL: crm.url, CRM_KEY: crm.key })
    children.push(child)
    expect((await fetch(`${url}/flowstate-token`, { method: 'POST' })).status).toBe(401)
    expect((await fetch(`${url}/flowstate-token`, { headers: SIGNED_IN })).status).toBeGreaterThanOrEqual(404)
    const answer = await fetch(`${url}/flowstate-token`, { method: 'POST', headers: SIGNED_IN })
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
    const { token, expiresIn } = (await answer.json()) as { token: string; expiresIn: number }
    expect(expiresIn).toBe(600)
    const asPage = { authorization: `Bearer ${token}`, origin: ORIGIN }
    const who = (await (await fetch(`${crm.url}/api/v1/whoami`, { headers: asPage })).json()) as { actor: unknown }
    expect(who.actor).toMatchObject({ kind: 'embed', name: 'u_17' })
    expect((await fetch(`${crm.url}/api/v1/deals`, { headers: asPage })).status).toBe(200)
    expect((await fetch(`${crm.url}/api/v1/keys`, { headers: asPage })).status).toBe(403)
    // A key that is none: no token, no hint of the key, and no answer that would sign the person out.
    const broken = await start(command, dir, { CRM_URL: crm.url, CRM_KEY: 'fsk_wrong' })
    children.push(broken.child)
    const refused = await fetch(`${broken.url}/flowstate-token`, { method: 'POST', headers: SIGNED_IN })
    expect(refused.status).toBeGreaterThanOrEqual(500)
    expect(await refused.text()).not.toContain('fsk_wrong')
  })
})
