import { z } from 'zod'
import { Agent } from './agents.ts'
import { Instant } from './common.ts'
import { Change } from './changes.ts'
import { Stats } from './stats.ts'
import { Task } from './tasks.ts'

export const ROOM_PROTOCOL = 1
export const Channel = z.enum(['status', 'changes'])
export type Channel = z.infer<typeof Channel>

/** Why a socket was closed; 1000 and 1001 keep their usual meaning. */
export const CLOSE = {
  /** No ticket, a used or unknown one, or the token behind it is over. */
  unauthenticated: 4401,
  /** A ticket for another room. */
  forbidden: 4403,
  /** The client's message was not one. */
  badMessage: 4400,
  /** The client did not keep up: more than 1 MB lay unsent. */
  tooSlow: 4408,
} as const

/** The task as Godmode sees it: without payload and result, which may hold anything. */
export const TaskStatus = Task.omit({ payload: true, result: true }).meta({ id: 'TaskStatus' })
export type TaskStatus = z.infer<typeof TaskStatus>
/** Freshness is derived by who reads: `at − lastSeenAt > 2 × heartbeatMs`. */
export const AgentPresence = Agent.omit({ stale: true }).meta({ id: 'AgentPresence' })
export type AgentPresence = z.infer<typeof AgentPresence>

/** Client → room. `since` is the last seq the client has; without it, changes begin now. */
export const Hello = z.strictObject({ type: z.literal('hello'), protocol: z.literal(ROOM_PROTOCOL), channels: z.array(Channel).min(1).max(2), since: z.int().min(0).optional() })
export type Hello = z.infer<typeof Hello>
export const ClientMessage = Hello
export type ClientMessage = Hello

/** The whole status, answered to hello: what a reconnecting client needs. `agents`, `tasks` and `stats` only on the status channel. */
export const Snapshot = z.strictObject({
  type: z.literal('snapshot'), at: Instant, seq: z.int(), heartbeatMs: z.int(),
  agents: z.array(AgentPresence), tasks: z.array(TaskStatus), stats: Stats.nullable(),
})
export type Snapshot = z.infer<typeof Snapshot>
/** What has changed since the last frame; records replace those of the same id. A finished task comes once more, in its last state. */
export const StatusPatch = z.strictObject({ type: z.literal('status'), at: Instant, agents: z.array(AgentPresence).optional(), tasks: z.array(TaskStatus).optional(), stats: Stats.optional() })
export type StatusPatch = z.infer<typeof StatusPatch>
/** A contiguous range. For a client limited to some records `items` is left out: it pulls its own from `/changes`. */
export const ChangesFrame = z.strictObject({ type: z.literal('changes'), at: Instant, from: z.int(), to: z.int(), items: z.array(Change).optional() })
export type ChangesFrame = z.infer<typeof ChangesFrame>
/** The room cannot fill the gap after `since`: fetch from `/changes`, and go on from `seq`. */
export const Resync = z.strictObject({ type: z.literal('resync'), at: Instant, reason: z.enum(['too_old', 'ahead', 'restarted']), seq: z.int() })
export type Resync = z.infer<typeof Resync>
export const Bye = z.strictObject({ type: z.literal('bye'), at: Instant, code: z.int(), reason: z.string() })
export type Bye = z.infer<typeof Bye>
export const RoomMessage = z.discriminatedUnion('type', [Snapshot, StatusPatch, ChangesFrame, Resync, Bye])
export type RoomMessage = z.infer<typeof RoomMessage>

/** What the server knows of whoever holds a ticket. `expiresAt` null: the principal does not expire. */
export const Admission = z.strictObject({ workspaceId: z.string(), principal: z.string(), channels: z.array(Channel), limited: z.boolean(), expiresAt: Instant.nullable() })
export type Admission = z.infer<typeof Admission>

/** Server → room, in order. `baseline` begins anew after the relay has started, and says up to where the ledger was compacted; a change frame's `from` must follow the last `to`. */
export const RelayMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('baseline'), at: Instant, seq: z.int(), trimmed: z.int().optional(), heartbeatMs: z.int(), agents: z.array(AgentPresence), tasks: z.array(TaskStatus), stats: Stats.nullable() }),
  z.strictObject({ type: z.literal('changes'), at: Instant, from: z.int(), to: z.int(), items: z.array(Change) }),
  z.strictObject({ type: z.literal('status'), at: Instant, agents: z.array(AgentPresence).optional(), tasks: z.array(TaskStatus).optional(), stats: Stats.optional() }),
  /** Closes the sockets of a principal whose token was revoked; null: everyone's. */
  z.strictObject({ type: z.literal('revoke'), at: Instant, principal: z.string().nullable() }),
])
export type RelayMessage = z.infer<typeof RelayMessage>
/** The room's answer: the last seq it has, or what it missed. */
export const RelayAnswer = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ok'), seq: z.int() }),
  z.strictObject({ type: z.literal('missing'), since: z.int() }),
  z.strictObject({ type: z.literal('unknown') }),
])
export type RelayAnswer = z.infer<typeof RelayAnswer>
