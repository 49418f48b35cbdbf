import { describe, expect, it } from 'vitest'
import type { AgentPresence, SnapshotEvent, TaskStatus } from '../index.ts'
import { StatusBoard } from './status-board.ts'

const AT = '2026-11-24T12:00:00.000Z'
const RECORD = { version: 1, createdAt: AT, updatedAt: AT, archivedAt: null }
const anAgent = (id: string, more: Partial<AgentPresence> = {}): AgentPresence => ({ id, name: id, kinds: ['research'], description: null, status: 'idle', message: null, lastSeenAt: AT, ...RECORD, ...more })
const aTask = (id: string, more: Partial<TaskStatus> = {}): TaskStatus => ({
  id, kind: 'research', state: 'running', error: null, progress: 0, message: null, attempts: 1, maxAttempts: 5, priority: 0, orderKey: null, runAt: AT, agentId: null, usage: null, startedAt: AT, finishedAt: null, ...RECORD, ...more,
})
const snapshot = (more: Partial<SnapshotEvent> = {}): SnapshotEvent => ({ type: 'snapshot', at: AT, heartbeatMs: 5_000, agents: [], tasks: [], stats: null, ...more })

describe('the board of statuses', () => {
  it('puts patches on a snapshot, and forgets everything at the next', () => {
    const board = new StatusBoard()
    board.apply(snapshot({ agents: [anAgent('agt_1')], tasks: [aTask('tsk_1')] }))
    board.apply({ type: 'status', at: AT, agents: [anAgent('agt_2')], tasks: [aTask('tsk_1', { progress: 0.7 })] })
    expect([...board.agents.keys()]).toEqual(['agt_1', 'agt_2'])
    expect(board.tasks.get('tsk_1')?.progress).toBe(0.7)
    board.apply(snapshot({ tasks: [aTask('tsk_9')] }))
    expect([...board.agents.keys(), ...board.tasks.keys()]).toEqual(['tsk_9'])
  })

  it('tells a stale agent by the server\'s clock, and one that signed off is not stale', () => {
    const board = new StatusBoard()
    board.apply(snapshot())
    const now = Date.parse(AT)
    expect(board.isStale(anAgent('agt_1'), now + 10_000)).toBe(false)
    expect(board.isStale(anAgent('agt_1'), now + 10_001)).toBe(true)
    expect(board.isStale(anAgent('agt_1', { status: 'offline' }), now + 60_000)).toBe(false)
  })

  it('keeps the latest fifty finished tasks and every other', () => {
    const board = new StatusBoard()
    board.apply(snapshot({ tasks: [aTask('running')] }))
    for (let minute = 0; minute < 60; minute += 1) {
      board.apply({ type: 'status', at: AT, tasks: [aTask(`tsk_${minute}`, { state: 'succeeded', finishedAt: new Date(Date.parse(AT) + minute * 60_000).toISOString() })] })
    }
    expect(board.tasks.size).toBe(51)
    expect(board.tasks.has('running')).toBe(true)
    expect(board.tasks.has('tsk_9')).toBe(false)
    expect(board.tasks.has('tsk_10')).toBe(true)
  })

  it('leaves changes to others', () => {
    expect(new StatusBoard().apply({ type: 'resync', seq: 1 })).toBe(false)
  })
})
