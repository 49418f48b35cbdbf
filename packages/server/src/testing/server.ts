import { Flowstate } from '@flowstate-ai/sdk'
import type { NewEmbedToken, Scope } from '@flowstate-ai/sdk/contract'
import { createHttpServer, type Patience } from '../http/node-server.ts'
import { createFlowstate, type FlowstateOptions } from '../index.ts'
import type { FreshDatabase } from './databases.ts'

export const TEST_SECRET = 'a secret of forty characters, for tests only'
const ALL: Scope[] = ['crm:read', 'crm:write', 'actions:decide', 'agents:read', 'agents:operate', 'tasks:work', 'admin']

/** A whole server on a fresh database, with a workspace, a key that may everything, and an SDK that enters through `app.request`. */
export const createTestServer = async (home: FreshDatabase, options: Partial<FlowstateOptions> = {}) => {
  const server = await createFlowstate({ secret: TEST_SECRET, databaseUrl: home.url, dataDir: home.dir, workerConcurrency: 0, ...options })
  const { workspaces, keys, embeds } = server.services
  const workspace = await workspaces.bySlug('acme') ?? await workspaces.create('acme')
  const { secret } = await keys.createAsOwner(workspace.id, { name: 'Test', scopes: ALL })
  const base = `http://flowstate.test${options.basePath ?? ''}`
  const request: typeof fetch = (input, init) => Promise.resolve(server.fetch(new Request(input, init)))
  const clientFor = (token: string): Flowstate => token.startsWith('fsk_') || token.startsWith('fsa_') ? new Flowstate({ baseUrl: base, key: token, fetch: request, maxRetries: 0 }) : new Flowstate({ baseUrl: base, getToken: () => token, fetch: request, maxRetries: 0 })
  return {
    server, services: server.services, workspace, secret, base, request, clientFor,
    flowstate: clientFor(secret),
    /** An embed token's client. */
    embed: async (input: NewEmbedToken) => clientFor((await clientFor(secret).embedTokens.create(input)).token),
    /** Listens on a free port of loopback, sockets included. */
    async listen(patience?: Patience) {
      const http = createHttpServer({ fetch: server.fetch, take: server.take, takesUpgrade: server.takesUpgrade, patience })
      server.attach(http)
      await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
      const address = http.address()
      const port = address && typeof address === 'object' ? address.port : 0
      return {
        url: `http://127.0.0.1:${port}${options.basePath ?? ''}`,
        port,
        stop: () => new Promise<void>((resolve) => {
          http.closeAllConnections()
          http.close(() => resolve())
        }),
      }
    },
    close: () => server.close(),
    embeds,
  }
}
export type TestServer = Awaited<ReturnType<typeof createTestServer>>
