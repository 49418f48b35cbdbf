import { readEnv } from '../env.ts'
import type { Command } from './command.ts'
import { listen, untilSignalled } from './listen.ts'

export const serve: Command = {
  summary: 'Starts the server, its worker and its room.',
  usage: 'flowstate serve [--port 4400] [--host 127.0.0.1] [--playground WORKSPACE]',
  help: 'It brings the schema up to date, serves the interface and the sockets, and works on tasks. With --json one line is printed once it is ready: {"url","playgroundUrl","pid"}.\nIts settings are variables of the environment: PORT HOST PUBLIC_URL BASE_PATH DATA_DIR DATABASE_URL STORAGE_URL FLOWSTATE_SECRET ALLOWED_ORIGINS BODY_LIMIT LOG_LEVEL, and more; one that is malformed or misspelt is refused by its name.',
  most: 0,
  options: {
    port: { type: 'string', value: 'N', says: 'default PORT or 4400; 0 picks a free one' },
    host: { type: 'string', value: 'ADDRESS', says: 'default HOST or 127.0.0.1; on any other a secret, an https address and origins must be set' },
    playground: { type: 'string', value: 'SLUG', says: 'serve /playground with a token of this workspace; on loopback only, and not in production' },
  },
  examples: [['flowstate serve --data ./crm', 'on http://127.0.0.1:4400, everything in ./crm'], ['DATABASE_URL=postgres://crm@db/crm flowstate serve', 'on PostgreSQL']],
  exits: { 130: 'when it was told to stop twice' },
  async run({ values, out }) {
    const text = (name: string) => (typeof values[name] === 'string' ? (values[name] as string) : undefined)
    const env = readEnv(process.env, { data: text('data'), port: text('port'), host: text('host') })
    const workspaceSlug = env.production ? undefined : text('playground')
    const { server, url, stop } = await listen(env, workspaceSlug ? { playground: { workspaceSlug } } : {})
    const ended = untilSignalled()
    const setup = await server.services.setup.open()
    out.result({ url, playgroundUrl: workspaceSlug ? `${url}/playground/` : null, pid: process.pid, ...(setup === null ? {} : { setupUrl: `${url}${setup}` }) }, `Flowstate listens on ${url}. The interface: ${url}/docs/api${setup === null ? '' : `\nNobody owns it yet. Make yourself its owner, once: ${url}${setup}`}`)
    await ended
    await stop()
  },
}
