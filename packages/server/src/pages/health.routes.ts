import { Hono } from 'hono'
import { type Clock, instant } from '../clock.ts'
import type { AppEnv } from '../http/route.ts'
import type { System } from '../db/system.ts'
import type { Ledger } from '../ledger/ledger.ts'

const UNANSWERED_MS = 3_000

interface HealthDeps { system: System; ledger: Pick<Ledger, 'failing' | 'run'>; clock: Clock }

/**
 * `/healthz`: the process lives. `/readyz`: its database can be read and written; `/readyz?reads`: it can be read, which is enough for
 * who would rather have reads than nothing while a disk is full.
 */
export const healthRoutes = ({ system, ledger, clock }: HealthDeps): Hono<AppEnv> => {
  /** Where a write was refused just now: whether one is written. Without traffic nothing else would find out. */
  const takesWrites = async (workspaceId: string | undefined): Promise<boolean> => {
    if (ledger.failing() === null || workspaceId === undefined) return true
    const { state } = await within(UNANSWERED_MS, ledger.run({ workspaceId, statements: [system.probe(workspaceId, instant(clock()))] })).catch(() => ({ state: 'unanswered' }))
    return state === 'committed'
  }

  return new Hono<AppEnv>()
    .get('/healthz', (context) => context.json({ status: 'ok' }, 200, NO_STORE))
    .get('/readyz', async (context) => {
      try {
        const [first] = await within(UNANSWERED_MS, system.workspaces())
        if (context.req.query('reads') !== undefined || await takesWrites(first?.id)) return context.json({ status: 'ready' }, 200, NO_STORE)
        const detail = ledger.failing()?.full ? 'The disk is full: reads go on, writes are refused. Free some space.' : 'The database can be read, but takes no writes: it is locked, read-only, or cannot be reached.'
        return context.json({ status: 'unready', reads: true, writes: false, detail }, 503, NO_STORE)
      } catch {
        return context.json({ status: 'unready', reads: false, writes: false, detail: 'The database does not answer.' }, 503, NO_STORE)
      }
    })
}

const within = <Value>(ms: number, value: PromiseLike<Value>): Promise<Value> => {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<never>((_, reject) => { timer = setTimeout(() => reject(new Error('The database did not answer in time.')), ms) })
  return Promise.race([value, over]).finally(() => clearTimeout(timer))
}

const NO_STORE = { 'cache-control': 'no-store' }
