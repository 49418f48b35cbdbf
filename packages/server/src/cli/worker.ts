import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { ConfigError, readEnv } from '../env.ts'
import { createLog } from '../log.ts'
import { type Command, textOf, UsageError } from './command.ts'
import { untilSignalled } from './listen.ts'

const HEALTH = ['/healthz', '/readyz']

export const worker: Command = {
  summary: 'Works on tasks and answers no requests: more hands beside servers on PostgreSQL.',
  usage: 'flowstate worker [--concurrency 4] [--port N]',
  help: 'Imports, undoings and analyses are tasks; whoever claims one first works on it, and what a worker leaves behind when it is killed goes to the next. It needs DATABASE_URL=postgres://…, the FLOWSTATE_SECRET of the servers and their files (the same --data, or STORAGE_URL).',
  most: 0,
  options: {
    concurrency: { type: 'string', value: 'N', says: 'tasks at a time for each workspace, 1 to 64; default 4' },
    port: { type: 'string', value: 'N', says: 'serves /healthz and /readyz on this port of --host; default: none; 0 picks a free one' },
    host: { type: 'string', value: 'ADDRESS', says: 'default 127.0.0.1' },
  },
  examples: [['DATABASE_URL=postgres://crm@db/crm flowstate worker --concurrency 8', 'a worker of eight tasks at a time']],
  async run({ values, out }) {
    const env = readEnv(process.env, { data: textOf(values, 'data'), port: textOf(values, 'port'), host: textOf(values, 'host') })
    if (env.options.databaseUrl?.startsWith('file:')) throw new ConfigError('A worker of its own needs PostgreSQL, for one process alone may hold an SQLite file: set DATABASE_URL=postgres://…, or let flowstate serve work on the tasks, as it does by itself.')
    const concurrency = Number(textOf(values, 'concurrency') ?? 4)
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 64) throw new UsageError(`--concurrency takes a whole number from 1 to 64, not ${textOf(values, 'concurrency')}.`)
    const { createFlowstate } = await import('../index.ts')
    const server = await createFlowstate({ ...env.options, secret: env.secret, log: createLog(env.logLevel), workerConcurrency: concurrency })
    const http = createServer(getRequestListener((request) => (HEALTH.includes(new URL(request.url).pathname) ? server.fetch(request) : new Response('A worker answers /healthz and /readyz alone.\n', { status: 404 }))))
    if (values.port !== undefined) await new Promise<void>((resolve, reject) => http.once('error', reject).listen(env.port, env.host, () => resolve())).catch(async (error: unknown) => {
      await server.close()
      throw error
    })
    const ended = untilSignalled()
    const address = http.address()
    const url = address && typeof address === 'object' ? `http://${env.host}:${address.port}` : null
    out.result({ concurrency, url, pid: process.pid }, `The worker is ready for ${concurrency} tasks at a time.${url === null ? '' : ` Its health: ${url}/healthz`}`)
    await ended
    http.closeAllConnections()
    http.close()
    await server.close()
  },
}
