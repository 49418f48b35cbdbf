import { createServer } from 'node:http'
import type { AgentPresence } from '../../../packages/sdk/src/contract/index.ts'
import { createRoomHost } from '../../../packages/server/src/realtime/host.ts'
import { createRelay } from '../../../packages/server/src/realtime/relay.ts'
import { silentLog } from '../../../packages/server/src/log.ts'
import { createStatusBus } from '../../../packages/server/src/tasks/status.ts'
import { WebSocketServer } from 'ws'

/** One side of the race in a process of its own: `ours`, the relay and the room as they are; `limit`, raw ws with batches of 100 ms. */
const [side = 'ours'] = process.argv.slice(2)
const [AGENTS, UPDATES_PER_SECOND] = [100, 10]
const http = createServer()
const at = '2026-01-01T00:00:00.000Z'
const agent = (index: number, version: number): AgentPresence => ({
  id: `agt_${index}`, name: `Agent ${index}`, kinds: ['research'], description: null, status: 'working', message: `t=${performance.timeOrigin + performance.now()}`, lastSeenAt: at, version, createdAt: at, updatedAt: at, archivedAt: null,
})

let publish: (agent: AgentPresence) => void
if (side === 'ours') {
  const status = createStatusBus()
  const host = createRoomHost({
    basePath: '/', clock: Date.now, onOpen: (id) => relay.follow(id), onEmpty: (id) => relay.leave(id),
    redeem: async () => ({ workspaceId: 'wsp_bench', principal: 'key:1', channels: ['status', 'changes'], limited: false, expiresAt: null }),
  })
  const relay = createRelay({
    status, heartbeatMs: 10_000, clock: Date.now, log: silentLog, target: host.relay,
    tail: { seqOf: async () => 0, since: async () => [], onCommit: () => () => undefined },
    snapshot: async () => ({ agents: [], tasks: [], stats: null }),
    stats: async () => ({ agents: { total: 0, working: 0, idle: 0, offline: 0 }, tasks: { scheduled: 0, queued: 0, running: 0, paused: 0, succeeded: 0, dead: 0, cancelled: 0 }, lastHour: { succeeded: 0, dead: 0, changes: 0 }, crm: { companies: 0, customers: 0, deals: 0, interactions: 0, openActions: 0, openReminders: 0 }, at }),
  })
  http.on('upgrade', (request, socket, head) => { host.upgrade(request, socket, head) })
  publish = (one) => status.publish('wsp_bench', { agents: [one] })
} else {
  const server = new WebSocketServer({ server: http, perMessageDeflate: false })
  let batch = new Map<string, AgentPresence>()
  setInterval(() => {
    if (batch.size === 0) return
    const frame = Buffer.from(JSON.stringify({ type: 'status', at, agents: [...batch.values()] }))
    batch = new Map()
    for (const client of server.clients) client.send(frame, { binary: false })
  }, 100)
  publish = (one) => { batch.set(one.id, one) }
}

http.listen(0, '127.0.0.1', () => {
  const address = http.address()
  process.send?.({ port: address && typeof address === 'object' ? address.port : 0 })
})
let version = 0
process.on('message', (message) => {
  if (message === 'begin') setInterval(() => {
    version++
    for (let index = 0; index < AGENTS; index++) publish(agent(index, version))
  }, 1_000 / UPDATES_PER_SECOND)
  if (message === 'cpu') process.send?.({ cpu: process.cpuUsage() })
})
