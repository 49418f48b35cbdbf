import { readEnv } from '../env.ts'
import type { Command } from './command.ts'
import { listen, untilSignalled } from './listen.ts'

export const serve: Command = {
  summary: 'Starts the server, its worker and its room.',
  usage: 'flowstate serve [--port 4400] [--host 127.0.0.1] [--playground WORKSPACE]',
  help: 'With --json one line is printed once it is ready: {"url","playgroundUrl","pid"}. --port 0 picks a free port.\n--playground serves /playground, which hands its page a token of that workspace; on loopback only, and not in production.',
  options: { port: { type: 'string' }, host: { type: 'string' }, playground: { type: 'string' } },
  async run({ values, out }) {
    const text = (name: string) => (typeof values[name] === 'string' ? (values[name] as string) : undefined)
    const env = readEnv(process.env, { data: text('data'), port: text('port'), host: text('host') })
    const workspaceSlug = env.production ? undefined : text('playground')
    const ended = untilSignalled()
    const { url, stop } = await listen(env, workspaceSlug ? { playground: { workspaceSlug } } : {})
    out.result({ url, playgroundUrl: workspaceSlug ? `${url}/playground/` : null, pid: process.pid }, `Flowstate listens on ${url}. The interface: ${url}/docs/api`)
    await ended
    await stop()
  },
}
