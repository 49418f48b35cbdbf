import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { connect, createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const PASSWORD = 'correct horse battery staple'
/** What the environment of whoever runs the tests says, without what the server reads. */
const bare = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(NODE_ENV|HOST|PORT|PUBLIC_URL|ALLOWED_ORIGINS|DATABASE_URL|FLOWSTATE_)/.test(name)))
const SAFE = { FLOWSTATE_SECRET: 'a secret of more than thirty-two characters', PUBLIC_URL: 'https://crm.example.com', ALLOWED_ORIGINS: 'https://app.example.com' }

describe('the first run', () => {
  let dir: string
  const children: ChildProcess[] = []
  beforeEach(() => { dir = mkdtempSync(join(tmpdir(), 'flowstate-first-')) })
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) return resolve()
      child.once('exit', () => resolve())
      child.kill('SIGTERM')
    })))
    rmSync(dir, { recursive: true, force: true })
  })
  const spawned = (args: string[], env: Record<string, string>): ChildProcess => {
    const child = spawn(process.execPath, ['--conditions=flowstate-source', MAIN, ...args, '--data', dir], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...bare, LOG_LEVEL: 'error', ...env } })
    children.push(child)
    return child
  }
  const run = (args: string[], env: Record<string, string>, input = ''): Promise<{ code: number | null; out: string; err: string }> => new Promise((resolve) => {
    const child = spawned(args, env)
    const said = { out: '', err: '' }
    child.stdout?.on('data', (chunk) => { said.out += String(chunk) })
    child.stderr?.on('data', (chunk) => { said.err += String(chunk) })
    child.once('close', (code) => resolve({ code, ...said }))
    child.stdin?.end(input)
  })
  const serving = async (env: Record<string, string> = {}): Promise<{ url: string; setupUrl?: string; child: ChildProcess }> => {
    const child = spawned(['serve', '--port', '0', '--json'], env)
    let err = ''
    child.stderr?.on('data', (chunk) => { err += String(chunk) })
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout?.once('data', (text) => resolve(String(text)))
      child.once('exit', (code) => reject(new Error(`ended with ${code}: ${err}`)))
    })
    return { ...(JSON.parse(line) as { url: string; setupUrl?: string }), child }
  }
  const post = (url: string, body: unknown, headers: Record<string, string> = {}) => fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })

  it('is for this machine alone, with a random secret of mode 0600, and a link that makes one owner', async () => {
    const { url, setupUrl, child } = await serving()
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(statSync(join(dir, 'secret')).mode & 0o777).toBe(0o600)
    const outside = Object.values(networkInterfaces()).flat().find((each) => each && !each.internal && each.family === 'IPv4')
    if (outside) {
      await expect(new Promise((resolve, reject) => {
        const socket = connect(Number(new URL(url).port), outside.address, () => resolve('connected'))
        socket.once('error', reject)
      })).rejects.toThrow()
    }
    // A stranger's name that resolves to this machine is not its own.
    const statusFor = (host: string, path: string) => new Promise<number | undefined>((resolve, reject) => get(`${url}${path}`, { headers: { host } }, (answer) => resolve(answer.resume().statusCode)).once('error', reject))
    expect(await Promise.all([statusFor('evil.example', '/openapi.json'), statusFor('127.0.0.1.evil.example', '/api/v1/session'), statusFor('localhost:4400', '/openapi.json'), statusFor('evil.example', '/healthz')])).toEqual([403, 403, 200, 200])
    // No secret opens it by default.
    for (const guess of ['secret', 'flowstate', 'admin', 'fsk_test']) expect((await fetch(`${url}/api/v1/companies`, { headers: { authorization: `Bearer ${guess}` } })).status).toBe(401)
    const token = new URL(setupUrl ?? '').searchParams.get('setup') ?? ''
    expect(token.length).toBeGreaterThan(40)
    const owner = { token, email: 'ada@acme.example', name: 'Ada', password: PASSWORD, workspace: { slug: 'acme', name: 'Acme' } }
    expect((await post(`${url}/api/v1/session/setup`, { ...owner, token: 'guessed' })).status).toBe(404)
    expect((await post(`${url}/api/v1/session/setup`, { ...owner, password: 'short' })).status).toBe(422)
    expect((await post(`${url}/api/v1/session/setup`, { ...owner, workspace: undefined })).status).toBe(422)
    const answers = await Promise.all([1, 2, 3].map(() => post(`${url}/api/v1/session/setup`, owner)))
    expect(answers.map(({ status }) => status).filter((status) => status === 201)).toHaveLength(1)
    expect((await post(`${url}/api/v1/session/setup`, owner)).status).toBe(404)
    const signedIn = await post(`${url}/api/v1/auth/sign-in/email`, { email: owner.email, password: PASSWORD }, { origin: url })
    const cookie = signedIn.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ')
    expect(await (await fetch(`${url}/api/v1/session`, { headers: { cookie } })).json()).toMatchObject({ memberships: [{ slug: 'acme', name: 'Acme', role: 'owner' }] })
    // By whatever name of its own it is asked.
    const named = url.replace('127.0.0.1', 'localhost')
    expect((await post(`${named}/api/v1/auth/sign-in/email`, { email: owner.email, password: PASSWORD }, { origin: named })).status).toBe(200)
    expect((await post(`${url}/api/v1/auth/sign-in/email`, { email: owner.email, password: PASSWORD }, { origin: named })).status).toBe(403)
    const over = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await over
    expect((await serving()).setupUrl).toBeUndefined()
  }, 60_000)

  it.each([['production', { NODE_ENV: 'production' }], ['every address', { HOST: '0.0.0.0' }]] as const)('refuses to start before it is safe in front of strangers: %s', async (_, env) => {
    const bareRun = await run(['serve', '--port', '0'], env)
    expect(bareRun).toMatchObject({ code: 78, out: '' })
    for (const line of ['FLOWSTATE_SECRET=', 'PUBLIC_URL=https://', 'ALLOWED_ORIGINS=https://', '--role owner']) expect(bareRun.err).toContain(line)
    expect(await run(['serve', '--port', '0'], { ...env, ...SAFE, PUBLIC_URL: 'http://crm.example.com' })).toMatchObject({ code: 78, err: expect.stringContaining('PUBLIC_URL=https://') })
    expect(await run(['serve', '--port', '0'], { ...env, ...SAFE, FLOWSTATE_SECRET: 'short' })).toMatchObject({ code: 78, err: expect.stringContaining('32 characters') })
    const ownerless = await run(['serve', '--port', '0'], { ...env, ...SAFE })
    expect(ownerless).toMatchObject({ code: 78, out: '' })
    // The lines that mend it, as they stand there.
    const [create, add] = ownerless.err.split('\n').map((line) => line.trim()).filter((line) => line.startsWith('flowstate ')).map((line) => line.replace(/^flowstate /, '').replace(/ < .*$/, '').split(' '))
    expect((await run(create ?? [], { ...env, ...SAFE })).code).toBe(0)
    expect(await run(add ?? [], { ...env, ...SAFE }, `${PASSWORD}\n`)).toMatchObject({ code: 0, err: '' })
    const { url, setupUrl } = await serving({ ...env, ...SAFE })
    expect(setupUrl).toBeUndefined()
    expect((await fetch(`${url.replace('0.0.0.0', '127.0.0.1')}/readyz`)).status).toBe(200)
  }, 120_000)

  it('ends where it cannot listen, or has no secret to read, instead of working on unseen', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()))
    const address = taken.address()
    expect(await run(['serve', '--port', String(address && typeof address === 'object' ? address.port : 0)], {})).toMatchObject({ code: 1, err: expect.stringContaining('is taken') })
    await new Promise((resolve) => taken.close(resolve))
    writeFileSync(join(dir, 'secret'), '', { mode: 0o600 })
    expect(await run(['serve', '--port', '0'], {})).toMatchObject({ code: 1, err: expect.stringContaining('no instance secret') })
  })
})
