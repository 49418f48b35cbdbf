import type { Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { IncomingMessage } from 'node:http'
import { createApp } from './app.ts'
import { openDatabase } from './db/open.ts'
import { createCallerOf } from './http/authenticate.ts'
import { createDirect } from './http/direct.ts'
import { silentLog } from './log.ts'
import { type FlowstateOptions, resolveOptions } from './options.ts'
import { createRealtime } from './realtime/realtime.ts'
import { createServices, type Services } from './services.ts'

export type { FlowstateOptions } from './options.ts'

const SWEEP_EVERY_MS = 60_000

/**
 * The whole server as a library: `app` mounts in Hono, `fetch` serves anything that speaks Request and Response, `attach` carries
 * the socket's upgrades of a Node server. Opens its database at once; `close` lets go of everything.
 *
 * @throws when the database cannot be opened or is in use by another process.
 */
export const createFlowstate = async (given: FlowstateOptions) => {
  const options = resolveOptions(given)
  const log = given.log ?? silentLog
  const database = await openDatabase({ url: options.databaseUrl, log, production: options.production })
  let services: Services
  try {
    services = createServices(database, options, log)
  } catch (error) {
    // A connection that stays open keeps its process alive.
    await database.close()
    throw error
  }
  const realtime = createRealtime(services)
  const callerOf = createCallerOf(services)
  const app = createApp({ ...services, realtime, callerOf })
  const direct = createDirect(app, { options, callerOf, report: services.report })
  const sweeper = setInterval(() => void services.sessions.sweep(new Date(options.clock()).toISOString()).catch(() => undefined), SWEEP_EVERY_MS)
  sweeper.unref()
  services.worker.start()
  // What was committed before the process last ended may not be indexed yet, nor its deliveries planned.
  for (const { id } of await services.system.workspaces()) {
    services.indexer.schedule(id)
    services.follower.schedule(id)
    services.planner.schedule(id)
  }

  const detachers = new Set<() => void>()
  return {
    app,
    services,
    fetch: direct.serve,
    /** For a Node server of your own: answers a request that is as plain as most, sooner than `fetch` could; says whether it does. */
    take: direct.take,
    /** Carries the room's sockets: upgrades below `basePath` that are the room's are taken, others are left alone. */
    attach(server: Pick<Server, 'on' | 'off'>): () => void {
      const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => { realtime.upgrade(request, socket, head) }
      server.on('upgrade', upgrade)
      const detach = () => { server.off('upgrade', upgrade) }
      detachers.add(detach)
      return detach
    },
    /** Whether `attach` takes this upgrade; others are for whoever owns the server. */
    takesUpgrade: realtime.takes,
    /** The in-process worker; started already. */
    worker: services.worker,
    async close(): Promise<void> {
      clearInterval(sweeper)
      for (const detach of detachers) detach()
      services.changeStreams.close()
      await services.worker.stop()
      await services.planner.close()
      await services.indexer.close()
      await services.follower.close()
      await realtime.close()
      await services.audit.settled()
      await database.close()
    },
  }
}
export type FlowstateServer = Awaited<ReturnType<typeof createFlowstate>>
