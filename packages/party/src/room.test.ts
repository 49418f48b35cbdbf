import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Admission, RelayMessage, RoomMessage } from '@flowstate-ai/sdk/contract'
import { advance, emptyRoom, type Outgoing, type RoomInput, type RoomState } from './room.ts'
import { aChange } from './testing.ts'

const AT = '2026-01-01T00:00:00.000Z'
const admission: Admission = { workspaceId: 'wsp_1', principal: 'key:1', channels: ['status', 'changes'], limited: false, expiresAt: null }
const changes = (from: number, to: number): RelayMessage => ({ type: 'changes', at: AT, from, to, items: Array.from({ length: to - from + 1 }, (_, index) => aChange(from + index)) })
const baseline = (seq: number): RelayMessage => ({ type: 'baseline', at: AT, seq, heartbeatMs: 10_000, agents: [], tasks: [], stats: null })

const run = (inputs: RoomInput[], start: RoomState = emptyRoom()) => {
  let state = start
  const sent: Outgoing[] = []
  inputs.forEach((input, index) => {
    const next = advance(state, input, 1_000 + index)
    state = next.state
    sent.push(...next.outgoing)
  })
  return { state, sent }
}
const framesTo = (sent: Outgoing[], client: string): RoomMessage[] => sent.filter((each) => 'to' in each && each.to.includes(client)).map(({ frame }) => JSON.parse(frame) as RoomMessage)

describe('the room\'s reducer', () => {
  it('serialises a frame once, however many listen', () => {
    const clients = Array.from({ length: 50 }, (_, index) => `c${index}`)
    const { sent } = run([
      ...clients.flatMap((client): RoomInput[] => [{ type: 'connect', client, admission }, { type: 'message', client, text: '{"type":"hello","protocol":1,"channels":["changes"]}' }]),
      { type: 'relay', message: baseline(0) }, { type: 'relay', message: changes(1, 3) },
    ])
    const frames = sent.filter((each) => 'to' in each && JSON.parse(each.frame).type === 'changes')
    expect(frames).toHaveLength(1)
    expect(frames[0]).toMatchObject({ to: clients })
  })

  it('holds status back to ten frames a second', () => {
    const agent = (version: number) => ({ id: 'agt_1', name: 'A', kinds: ['x'], description: null, status: 'idle' as const, message: null, lastSeenAt: AT, version, createdAt: AT, updatedAt: AT, archivedAt: null })
    let state = run([{ type: 'connect', client: 'c', admission }, { type: 'message', client: 'c', text: '{"type":"hello","protocol":1,"channels":["status"]}' }, { type: 'relay', message: baseline(0) }]).state
    let frames = 0
    for (let now = 2_000; now < 3_000; now++) {
      const { state: next, outgoing } = advance(state, { type: 'relay', message: { type: 'status', at: AT, agents: [agent(now)] } }, now)
      state = next
      frames += outgoing.length
    }
    expect(frames).toBe(10)
  })

  it('leaves no hole in what a client is told, whatever order, repetition or loss the relay\'s frames suffer', () => {
    fc.assert(fc.property(fc.array(fc.record({ from: fc.integer({ min: 1, max: 60 }), length: fc.integer({ min: 0, max: 10 }) }), { maxLength: 60 }), fc.integer({ min: 0, max: 5 }), (frames, since) => {
      let state = run([{ type: 'connect', client: 'c', admission }, { type: 'relay', message: baseline(0) }, { type: 'message', client: 'c', text: `{"type":"hello","protocol":1,"channels":["changes"],"since":${since}}` }]).state
      const sent: Outgoing[] = []
      for (const { from, length } of frames) {
        const { state: next, outgoing, answer } = advance(state, { type: 'relay', message: changes(from, from + length) }, 5_000)
        state = next
        sent.push(...outgoing)
        if (answer?.type === 'missing') {
          const filled = advance(state, { type: 'relay', message: changes(answer.since + 1, from + length) }, 5_000)
          state = filled.state
          sent.push(...filled.outgoing)
        }
      }
      const seqs = framesTo(sent, 'c').flatMap((message) => (message.type === 'changes' ? (message.items ?? []).map(({ seq }) => seq) : []))
      expect(seqs).toEqual(seqs.map((_, index) => index + 1))
      expect(seqs.length).toBe(state.seq)
    }))
  })
})
