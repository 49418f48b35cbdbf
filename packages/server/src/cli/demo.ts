import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Scope } from '@flowstate-ai/sdk/contract'
import { readEnv } from '../env.ts'
import type { Command } from './command.ts'
import { listen, untilSignalled } from './listen.ts'

const SLUG = 'demo'
const DEV_SCOPES: Scope[] = ['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'agents:operate', 'tasks:work', 'admin']
const AGENT_SCOPES: Scope[] = ['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'agents:operate', 'tasks:work']
const STOP_MS = 3_000

export const demo: Command = {
  summary: 'Starts the server with a demo workspace and simulated agents, on loopback.',
  usage: 'flowstate demo [--port 4400] [--no-agents]',
  help: 'The data is made once, by a seeded generator, when the workspace is new; it stays in --data.',
  most: 0,
  options: { port: { type: 'string', value: 'N', says: 'default PORT or 4400; 0 picks a free one' }, 'no-agents': { type: 'boolean', says: 'leave the simulated agents out' } },
  examples: [['flowstate demo --data ./demo --port 0', 'in a folder of its own, on a free port']],
  async run({ values, out }) {
    const text = (name: string) => (typeof values[name] === 'string' ? (values[name] as string) : undefined)
    const env = readEnv(process.env, { data: text('data'), port: text('port') })
    if (env.production) throw new Error('The demo is for development; unset NODE_ENV, or start the server with: flowstate serve')
    const { server, url, stop } = await listen(env, { playground: { workspaceSlug: SLUG } })
    const ended = untilSignalled()
    const { workspaces, keys } = server.services
    const known = await workspaces.bySlug(SLUG)
    const workspace = known ?? (await workspaces.create(SLUG, 'Demo'))
    if (!known) await (await import('../demo/seed.ts')).seedDemo(server.services, workspace.id)
    const day = new Date(Date.now() + 86_400_000).toISOString()
    const { secret } = await keys.createAsOwner(workspace.id, { name: 'Development', scopes: DEV_SCOPES, expiresAt: day })
    const stopAgents = values['no-agents'] ? async () => undefined : startAgents(url, (await keys.createAsOwner(workspace.id, { name: 'Demo agents', scopes: AGENT_SCOPES, expiresAt: day })).secret)
    out.result({ url, playgroundUrl: `${url}/playground/`, pid: process.pid, key: secret }, welcome(url, secret))
    await ended
    await stopAgents()
    await stop()
  },
}

/** A process of their own, so that killing it shows what Godmode makes of it. */
const startAgents = (url: string, key: string): (() => Promise<void>) => {
  const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './main.ts' : './main.js', import.meta.url))
  const child = fork(main, ['demo-agents', '--url', url], { env: { ...process.env, DEMO_KEY: key }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return async () => {
    child.kill('SIGTERM')
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await exited
    clearTimeout(force)
  }
}

const welcome = (url: string, secret: string): string => `
  Flowstate-AI is ready.

  Playground   ${url}/playground/
  API          ${url}/docs/api
  Dev key      ${secret}   (one day, this machine)

  curl -H "Authorization: Bearer ${secret}" "${url}/api/v1/deals?limit=3"

  Ctrl-C ends it. Its data stays in ./data.
`
