import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Admission, AgentPresence } from '@flowstate-ai/sdk/contract'
import { statusOf } from '../tasks/status.ts'
import type { Services } from '../services.ts'
import { createRoomHost } from './host.ts'
import { partyTarget } from './partykit.ts'
import { createRelay } from './relay.ts'
import { createStanding } from './standing.ts'

/** Joins the relay to the rooms: in this process, or on PartyKit when that is configured. */
export const createRealtime = ({ options, tail, status, tasks, stats, scoped, system, tickets, endings, clock, log }: Services) => {
  const { party, basePath, heartbeatMs } = options
  const stands = createStanding(system, clock)
  const redeem = async (ticket: string): Promise<Admission | null> => {
    const admission = await tickets.redeem(ticket)
    return admission && (await stands(admission)) ? admission : null
  }

  const snapshot = async (workspaceId: string) => {
    const within = { workspaceId, records: null }
    const known = await scoped.list(within, 'agents', { limit: 200 })
    return {
      agents: known.items.map((json) => JSON.parse(json) as AgentPresence),
      tasks: (await tasks.underWay(workspaceId)).map(statusOf),
      stats: await stats.retrieve(workspaceId),
    }
  }
  const host = party ? null : createRoomHost({
    basePath, clock, redeem, onOpen: (workspaceId) => relay.follow(workspaceId), onEmpty: (workspaceId) => relay.leave(workspaceId),
  })
  const relay = createRelay({ tail, status, snapshot, stats: stats.retrieve, heartbeatMs, clock, log, target: party ? partyTarget(party) : (host as NonNullable<typeof host>).relay })

  const stopEndings = endings.subscribe((workspaceId, principals) => {
    for (const principal of principals ?? [null]) relay.revoke(workspaceId, principal).catch((error: unknown) => log.warn({ err: error, workspaceId }, 'The room could not be told that a token has ended; its socket ends with the token'))
  })

  return {
    upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer): boolean => host?.upgrade(request, socket, head) ?? false,
    /** Whether an upgrade is the room's. */
    takes: (request: IncomingMessage): boolean => host?.takes(request) ?? false,
    /** For rooms elsewhere: who redeems a ticket is about to listen. */
    async redeem(ticket: string) {
      const admission = await redeem(ticket)
      if (admission) relay.follow(admission.workspaceId)
      return admission
    },
    async close(): Promise<void> {
      stopEndings()
      await relay.close()
      await host?.close()
    },
  }
}
export type Realtime = ReturnType<typeof createRealtime>
