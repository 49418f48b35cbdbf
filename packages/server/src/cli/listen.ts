import { randomBytes } from 'node:crypto'
import { ConfigError, type Env, OWNER_LINE } from '../env.ts'
import type { FlowstateOptions, FlowstateServer } from '../index.ts'
import { hostsOf } from '../http/hosts.ts'
import { createHttpServer } from '../http/node-server.ts'
import { createLog } from '../log.ts'
import { announce, withdraw } from './instance.ts'

export interface Listening { server: FlowstateServer; url: string; stop(): Promise<void> }

/** Opens the one port and says in the data directory where it is. */
export const listen = async (env: Env, more: Partial<FlowstateOptions> = {}): Promise<Listening> => {
  // Loaded here, so that other commands start without the server.
  const [{ createFlowstate }, { instanceRoutes }] = await Promise.all([import('../index.ts'), import('./instance.routes.ts')])
  const log = createLog(env.logLevel)
  const server = await createFlowstate({ ...env.options, secret: env.secret, log, ...more })
  try {
    return await open(env, server, instanceRoutes)
  } catch (error) {
    // What does not listen must not work on either, nor keep its process alive.
    await server.close()
    throw error
  }
}

type InstanceRoutes = (services: FlowstateServer['services'], secret: string) => { fetch(request: Request): Response | Promise<Response> }
const open = async (env: Env, server: FlowstateServer, instanceRoutes: InstanceRoutes): Promise<Listening> => {
  if (env.exposed && !(await server.services.system.hasOwner())) {
    throw new ConfigError(`Nobody owns this server yet, and on ${env.production ? 'NODE_ENV=production' : env.host} whoever came first could take it. Make an owner, then start it again:\n  flowstate workspace create acme\n  ${OWNER_LINE}`)
  }
  const secret = randomBytes(32).toString('base64url')
  const instance = instanceRoutes(server.services, secret)
  const http = createHttpServer({
    fetch: (request) => (isOfInstance(request.url) ? instance.fetch(request) : server.fetch(request)),
    take: server.take,
    takesUpgrade: server.takesUpgrade,
    hosts: hostsOf(server.services.options.publicUrl, env.host),
  })
  server.attach(http)
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE' ? new Error(`Port ${env.port} is taken. Stop what listens there, or choose another: --port 0 finds a free one.`) : error))
    http.listen(env.port, env.host, () => resolve())
  })
  const address = http.address()
  const port = address && typeof address === 'object' ? address.port : env.port
  const basePath = server.services.options.basePath
  const root = `http://${env.host.includes(':') ? `[${env.host}]` : env.host}:${port}`
  announce(env.dataDir, { url: root, pid: process.pid, secret })
  return {
    server, url: basePath === '/' ? root : root + basePath,
    async stop() {
      withdraw(env.dataDir)
      const closed = new Promise<void>((resolve) => http.close(() => resolve()))
      http.closeIdleConnections()
      await server.close()
      http.closeAllConnections()
      await closed
    },
  }
}

/** Whether a request's address lies below `/instance/`. */
const isOfInstance = (url: string): boolean => url.startsWith('/instance/', url.indexOf('/', url.indexOf('//') + 2))

/** Resolves with the signal that asks the process to end; the second one ends it at once. */
export const untilSignalled = (): Promise<NodeJS.Signals> => new Promise((resolve) => {
  const signals: NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) {
    process.once(signal, () => {
      resolve(signal)
      process.once(signal, () => process.exit(130))
    })
  }
})
