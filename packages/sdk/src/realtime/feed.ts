import type { Change } from '../contract/changes.ts'
import type { AgentPresence, Channel, TaskStatus } from '../contract/room.ts'
import type { Stats } from '../contract/stats.ts'

/** The whole status: replaces what was known. `stats` is null when the room has none yet. */
export interface SnapshotEvent { type: 'snapshot'; at: string; heartbeatMs: number; agents: AgentPresence[]; tasks: TaskStatus[]; stats: Stats | null }
/** What has changed since: records replace those of the same id. A finished task comes once more, in its last state. */
export interface StatusEvent { type: 'status'; at: string; agents?: AgentPresence[]; tasks?: TaskStatus[]; stats?: Stats }
/** One change, in the order of commit; none is missed and none comes twice. */
export interface ChangeEvent { type: 'change'; change: Change }
/** The log no longer reaches back to what you have, or the server was restored from a backup: load anew; changes go on after `seq`. */
export interface ResyncEvent { type: 'resync'; seq: number }
export type FeedEvent = SnapshotEvent | StatusEvent | ChangeEvent | ResyncEvent

/**
 * `connecting`: on the way to the socket · `live`: on the socket · `streaming`: no socket to be had; changes come as
 * server-sent events, as prompt as on the socket, status every few seconds · `polling`: asking for both every few seconds · in either, still
 * trying the socket · `offline`: the server cannot be reached, still trying · `closed`: over, by you or, with an `error`, by a refusal.
 */
export type FeedState = 'connecting' | 'live' | 'streaming' | 'polling' | 'offline' | 'closed'
/** `since` is when the state began, in milliseconds of the server's time: `feed.now() − since` is how long ago. */
export interface FeedStatus { state: FeedState; since: number; error?: unknown }

export interface SubscribeOptions {
  /** `changes` of CRM records, `status` of agents, tasks and counts, or both. */
  channels: readonly Channel[]
  /** The last seq you have: what came after it is filled in. Without it, changes begin now. */
  since?: number
  onEvent: (event: FeedEvent) => void
  onStatus?: (status: FeedStatus) => void
  /** Closes the feed when it aborts. */
  signal?: AbortSignal
  /** Milliseconds between two polls while there is no socket; default 5,000. */
  pollMs?: number
}

export interface Feed {
  readonly state: FeedState
  /** The last seq handed over; undefined before the first word from the server. */
  readonly seq: number | undefined
  /** The server's time in milliseconds since 1970: measure freshness against it, never against this machine's clock. */
  now: () => number
  close: () => void
}
