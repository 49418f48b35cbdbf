import { Hono } from 'hono'
import type { AppEnv } from '../http/route.ts'
import type { System } from '../db/system.ts'

/** `/healthz`: the process lives. `/readyz`: it can answer, for its database does. */
export const healthRoutes = ({ system }: { system: System }): Hono<AppEnv> =>
  new Hono<AppEnv>()
    .get('/healthz', (context) => context.json({ status: 'ok' }, 200, NO_STORE))
    .get('/readyz', async (context) => {
      try {
        await system.workspaces()
        return context.json({ status: 'ready' }, 200, NO_STORE)
      } catch {
        return context.json({ status: 'unready', detail: 'The database does not answer.' }, 503, NO_STORE)
      }
    })

const NO_STORE = { 'cache-control': 'no-store' }
