import { createServer } from 'node:http'
import { type HostUnderTest, roomSuite } from '@flowstate-ai/party/testing'
import type { Admission } from '@flowstate-ai/sdk/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPartyKit } from '../testing/partykit.ts'
import { createRoomHost } from './host.ts'
import { partyTarget } from './partykit.ts'

const listen = (server: ReturnType<typeof createServer>): Promise<number> => new Promise((resolve) => server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  resolve(address && typeof address === 'object' ? address.port : 0)
}))

/** Tickets that the suite hands out, each good for once. */
const ticketBox = () => {
  const tickets = new Map<string, Admission>()
  return {
    admit: (ticket: string, admission: Admission) => { tickets.set(ticket, admission) },
    redeem: async (ticket: string): Promise<Admission | null> => {
      const admission = tickets.get(ticket) ?? null
      tickets.delete(ticket)
      return admission
    },
  }
}

const inProcess = async (): Promise<HostUnderTest> => {
  const { admit, redeem } = ticketBox()
  const host = createRoomHost({ basePath: '/', redeem, clock: Date.now, onOpen: () => undefined, onEmpty: () => undefined })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => { host.upgrade(request, socket, head) })
  const port = await listen(server)
  return {
    socketUrl: (room) => `ws://127.0.0.1:${port}/parties/main/${room}`, relay: host.relay, admit,
    async close() {
      await host.close()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A real `partykit dev`, with a real server beside it that redeems tickets. */
const onPartyKit = async (): Promise<HostUnderTest> => {
  const { admit, redeem } = ticketBox()
  const secret = 'a secret that only the relay and the room know'
  const redeemer = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const allowed = request.url === '/api/v1/realtime/redeem' && request.headers.authorization === `Bearer ${secret}`
    response.writeHead(allowed ? 200 : 403, { 'content-type': 'application/json' })
    response.end(JSON.stringify(allowed ? await redeem((JSON.parse(Buffer.concat(chunks).toString()) as { ticket: string }).ticket) : null))
  })
  const serverPort = await listen(redeemer)
  const party = await startPartyKit({ serverUrl: `http://127.0.0.1:${serverPort}`, secret })
  const { port } = party
  const post = partyTarget({ host: `http://127.0.0.1:${port}`, secret })
  return {
    socketUrl: (room) => `ws://127.0.0.1:${port}/parties/main/${room}`, admit, relay: post,
    async close() {
      await party.stop()
      await new Promise((resolve) => redeemer.close(resolve))
    },
  }
}

roomSuite('in-process', inProcess, { describe, it, beforeAll, afterAll, expect })
roomSuite('partykit', onPartyKit, { describe, it, beforeAll, afterAll, expect })

describe('the room inside the server [in-process]', () => {
  it('closes a client that leaves a megabyte unread with 4408, and does not trouble the others', async () => {
    const { connect: open } = await import('node:net')
    const { admit, redeem } = ticketBox()
    const host = createRoomHost({ basePath: '/', redeem, clock: Date.now, onOpen: () => undefined, onEmpty: () => undefined })
    const server = createServer()
    server.on('upgrade', (request, socket, head) => { host.upgrade(request, socket, head) })
    const port = await listen(server)
    const admission: Admission = { workspaceId: 'wsp_slow', principal: 'key:1', channels: ['changes'], limited: false, expiresAt: null }
    admit('slow', admission)
    admit('quick', admission)
    // A socket that shakes hands, says hello (masked, RFC 6455), and then never reads.
    const slow = open(port, '127.0.0.1')
    const hello = Buffer.from('{"type":"hello","protocol":1,"channels":["changes"]}')
    slow.write('GET /parties/main/wsp_slow?ticket=slow HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n')
    await new Promise((resolve) => slow.once('data', resolve))
    slow.pause()
    slow.write(Buffer.concat([Buffer.from([0x81, 0x80 | hello.length, 0, 0, 0, 0]), hello]))
    const quick = new WebSocket(`ws://127.0.0.1:${port}/parties/main/wsp_slow?ticket=quick`)
    let received = 0
    quick.addEventListener('message', ({ data }) => { if ((JSON.parse(String(data)) as { type: string }).type === 'changes') received++ })
    await new Promise((resolve) => quick.addEventListener('open', resolve))
    quick.send(hello.toString())
    const at = '2026-01-01T00:00:00.000Z'
    await host.relay('wsp_slow', [{ type: 'baseline', at, seq: 0, heartbeatMs: 1_000, agents: [], tasks: [], stats: null }])
    await new Promise((resolve) => quick.addEventListener('message', resolve, { once: true }))
    const slowClosed = new Promise((resolve) => slow.once('close', resolve))
    const body = 'x'.repeat(200_000)
    let seq = 0
    while (received < 60) {
      seq++
      const before = received
      await host.relay('wsp_slow', [{ type: 'changes', at, from: seq, to: seq, items: [{ seq, changeSetId: 'chg_1', noun: 'deals', id: 'dea_1', op: 'create', version: 1, fields: { description: { to: body } }, actor: { kind: 'system', id: 'system', name: 'T' }, at }] }])
      while (received === before) await new Promise((resolve) => setImmediate(resolve))
    }
    slow.resume()
    await slowClosed
    expect(received).toBe(60)
    quick.close()
    await host.close()
    await new Promise((resolve) => server.close(resolve))
  })
})
