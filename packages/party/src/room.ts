import type { Admission, AgentPresence, Change, Channel, ClientMessage, RelayAnswer, RelayMessage, Stats, TaskStatus } from '@flowstate-ai/sdk/contract'
import { CLOSE, ROOM_PROTOCOL } from '@flowstate-ai/sdk/contract'

/** Changes that a room keeps for those who come back. */
export const KEPT_CHANGES = 1_000
/** Status is sent at most this often: ten frames a second. */
export const STATUS_EVERY_MS = 100
const EXPIRY_EVERY_MS = 1_000
/** Finished tasks that a snapshot still shows. */
const KEPT_FINISHED = 30
const FINISHED: readonly string[] = ['succeeded', 'dead', 'cancelled']

interface Client { admission: Admission; channels: readonly Channel[]; hello: { since: number | undefined } | null }
interface Status { agents: ReadonlyMap<string, AgentPresence>; tasks: ReadonlyMap<string, TaskStatus>; stats: Stats | null }

/** A workspace's room: what is known, who listens, and what is still to be told. Plain data; `advance` makes the next one. */
export interface RoomState {
  /** Null until the relay has said where the ledger stands. */
  seq: number | null
  heartbeatMs: number
  changes: readonly Change[]
  status: Status
  pending: { agents: ReadonlyMap<string, AgentPresence>; tasks: ReadonlyMap<string, TaskStatus>; stats: Stats | null } | null
  flushedAt: number
  expiredAt: number
  clients: ReadonlyMap<string, Client>
}

export type RoomInput =
  | { type: 'connect'; client: string; admission: Admission }
  | { type: 'message'; client: string; text: string }
  | { type: 'disconnect'; client: string }
  /** More than 1 MB lies unsent. */
  | { type: 'slow'; client: string }
  | { type: 'relay'; message: RelayMessage }
  | { type: 'tick' }

/** A frame is serialised once for everyone it goes to. */
export type Outgoing = { to: readonly string[]; frame: string } | { close: string; code: number; reason: string; frame: string }
export interface Advanced { state: RoomState; outgoing: Outgoing[]; answer?: RelayAnswer }

export const emptyRoom = (): RoomState => ({
  seq: null, heartbeatMs: 10_000, changes: [], status: { agents: new Map(), tasks: new Map(), stats: null }, pending: null, flushedAt: 0, expiredAt: 0, clients: new Map(),
})

/** The room's only rule: what it knows and one thing that happened, to what it knows then and what is to be sent. `now` in milliseconds. */
export const advance = (state: RoomState, input: RoomInput, now: number): Advanced => {
  switch (input.type) {
    case 'connect': return { state: withClient(state, input.client, { admission: input.admission, channels: [], hello: null }), outgoing: [] }
    case 'disconnect': return { state: withoutClients(state, [input.client]), outgoing: [] }
    case 'slow': return dismissed(state, [input.client], CLOSE.tooSlow, 'This client did not keep up.', now)
    case 'message': return heard(state, input.client, input.text, now)
    case 'relay': return relayed(state, input.message, now)
    case 'tick': return ticked(state, now)
  }
}

const iso = (now: number): string => new Date(now).toISOString()

const withClient = (state: RoomState, id: string, client: Client): RoomState => ({ ...state, clients: new Map(state.clients).set(id, client) })
const withoutClients = (state: RoomState, ids: readonly string[]): RoomState => {
  const clients = new Map(state.clients)
  for (const id of ids) clients.delete(id)
  return { ...state, clients }
}

const dismissed = (state: RoomState, ids: readonly string[], code: number, reason: string, now: number): Advanced => {
  const known = ids.filter((id) => state.clients.has(id))
  const frame = JSON.stringify({ type: 'bye', at: iso(now), code, reason })
  return { state: known.length === 0 ? state : withoutClients(state, known), outgoing: known.map((close) => ({ close, code, reason, frame })) }
}

const heard = (state: RoomState, id: string, text: string, now: number): Advanced => {
  const client = state.clients.get(id)
  if (!client) return { state, outgoing: [] }
  const hello = helloOf(text)
  if (!hello) return dismissed(state, [id], CLOSE.badMessage, `Say {"type":"hello","protocol":${ROOM_PROTOCOL},"channels":["status","changes"],"since":123}.`, now)
  const channels = hello.channels.filter((channel) => client.admission.channels.includes(channel))
  const greeted: Client = { ...client, channels, hello: { since: hello.since } }
  return { state: withClient(state, id, greeted), outgoing: state.seq === null ? [] : welcome(state, state.seq, id, greeted, now) }
}

/** Checked by hand: the room runs where zod would be most of the bundle. */
const helloOf = (text: string): ClientMessage | null => {
  let value: unknown
  try { value = JSON.parse(text) } catch { return null }
  if (typeof value !== 'object' || value === null) return null
  const { type, protocol, channels, since } = value as Record<string, unknown>
  const fits = type === 'hello' && protocol === ROOM_PROTOCOL && Array.isArray(channels) && channels.length > 0 && channels.length <= 2
    && channels.every((channel) => channel === 'status' || channel === 'changes')
    && (since === undefined || (Number.isSafeInteger(since) && (since as number) >= 0))
  return fits ? { type, protocol, channels: channels as Channel[], ...(since === undefined ? {} : { since: since as number }) } : null
}

/** What a client is told at first: the snapshot, then what it missed. */
const welcome = (state: RoomState, seq: number, id: string, { channels, hello, admission }: Client, now: number): Outgoing[] => {
  const outgoing: Outgoing[] = [{ to: [id], frame: snapshotFrame(state, seq, channels.includes('status'), now) }]
  const since = hello?.since
  if (!channels.includes('changes') || since === undefined || since === seq) return outgoing
  const oldest = state.changes[0]?.seq ?? seq + 1
  if (since > seq) return [...outgoing, { to: [id], frame: resyncFrame('ahead', seq, now) }]
  if (since < oldest - 1) return [...outgoing, { to: [id], frame: resyncFrame('too_old', seq, now) }]
  const missed = state.changes.slice(since + 1 - oldest)
  return [...outgoing, { to: [id], frame: changesFrame(since + 1, seq, admission.limited ? null : missed, now) }]
}

const snapshotFrame = ({ heartbeatMs, status: { agents, tasks, stats } }: RoomState, seq: number, withStatus: boolean, now: number): string => JSON.stringify({
  type: 'snapshot', at: iso(now), seq, heartbeatMs, agents: withStatus ? [...agents.values()] : [], tasks: withStatus ? [...tasks.values()] : [], stats: withStatus ? stats : null,
})
const resyncFrame = (reason: 'too_old' | 'ahead' | 'restarted', seq: number, now: number): string => JSON.stringify({ type: 'resync', at: iso(now), reason, seq })
const changesFrame = (from: number, to: number, items: readonly Change[] | null, now: number): string => JSON.stringify({ type: 'changes', at: iso(now), from, to, ...(items ? { items } : {}) })

const relayed = (state: RoomState, message: RelayMessage, now: number): Advanced => {
  switch (message.type) {
    case 'baseline': return based(state, message, now)
    case 'changes': return grown(state, message, now)
    case 'status': return stirred(state, message, now)
    case 'revoke': {
      const ids = [...state.clients].filter(([, { admission }]) => message.principal === null || admission.principal === message.principal).map(([id]) => id)
      return { ...dismissed(state, ids, CLOSE.unauthenticated, 'The token was revoked.', now), answer: { type: 'ok', seq: state.seq ?? 0 } }
    }
  }
}

/** A relay begins, or began anew. What the room knows of changes stays, if it can be continued. */
const based = (state: RoomState, { seq, trimmed = 0, heartbeatMs, agents, tasks, stats }: Extract<RelayMessage, { type: 'baseline' }>, now: number): Advanced => {
  const status: Status = { agents: byId(agents), tasks: byId(tasks), stats }
  const next: RoomState = { ...state, heartbeatMs, status, pending: null, flushedAt: now }
  const greeted = [...state.clients].filter(([, { hello }]) => hello)
  if (state.seq === null) {
    const first = { ...next, seq, changes: [] }
    return { state: first, outgoing: greeted.flatMap(([id, client]) => welcome(first, seq, id, client, now)), answer: { type: 'ok', seq } }
  }
  const known = state.seq
  const statusTo = greeted.filter(([, { channels }]) => channels.includes('status')).map(([id]) => id)
  const outgoing: Outgoing[] = statusTo.length > 0 ? [{ to: statusTo, frame: snapshotFrame(next, known, true, now) }] : []
  if (seq === known) return { state: next, outgoing, answer: { type: 'ok', seq } }
  if (seq > known && seq - known <= KEPT_CHANGES && known >= trimmed) return { state: next, outgoing, answer: { type: 'missing', since: known } }
  // Too far to fill in, compacted away, or a ledger that went back (a restored backup): everyone fetches for itself.
  const resync: Outgoing = { to: greeted.filter(([, { channels }]) => channels.includes('changes')).map(([id]) => id), frame: resyncFrame('restarted', seq, now) }
  return { state: { ...next, seq, changes: [] }, outgoing: [...outgoing, ...(resync.to.length > 0 ? [resync] : [])], answer: { type: 'ok', seq } }
}

const grown = (state: RoomState, { from, to, items }: Extract<RelayMessage, { type: 'changes' }>, now: number): Advanced => {
  if (state.seq === null) return { state, outgoing: [], answer: { type: 'unknown' } }
  if (to <= state.seq) return { state, outgoing: [], answer: { type: 'ok', seq: state.seq } }
  if (from > state.seq + 1) return { state, outgoing: [], answer: { type: 'missing', since: state.seq } }
  const known = state.seq
  const fresh = items.filter(({ seq }) => seq > known)
  const next: RoomState = { ...state, seq: to, changes: [...state.changes, ...fresh].slice(-KEPT_CHANGES) }
  const listeners = [...state.clients].filter(([, { hello, channels }]) => hello && channels.includes('changes'))
  const of = (limited: boolean) => listeners.filter(([, { admission }]) => admission.limited === limited).map(([id]) => id)
  const outgoing: Outgoing[] = []
  const [whole, limited] = [of(false), of(true)]
  if (whole.length > 0) outgoing.push({ to: whole, frame: changesFrame(known + 1, to, fresh, now) })
  if (limited.length > 0) outgoing.push({ to: limited, frame: changesFrame(known + 1, to, null, now) })
  return { state: next, outgoing, answer: { type: 'ok', seq: to } }
}

const stirred = (state: RoomState, { agents = [], tasks = [], stats }: Extract<RelayMessage, { type: 'status' }>, now: number): Advanced => {
  if (state.seq === null) return { state, outgoing: [], answer: { type: 'unknown' } }
  const pending = {
    agents: merged(state.pending?.agents, agents), tasks: merged(state.pending?.tasks, tasks), stats: stats ?? state.pending?.stats ?? null,
  }
  const status: Status = { agents: merged(state.status.agents, agents), tasks: withoutOld(merged(state.status.tasks, tasks)), stats: stats ?? state.status.stats }
  const next = { ...state, status, pending }
  return { ...(now - state.flushedAt >= STATUS_EVERY_MS ? flushed(next, now) : { state: next, outgoing: [] }), answer: { type: 'ok', seq: state.seq } }
}

const ticked = (state: RoomState, now: number): Advanced => {
  const due = state.pending !== null && now - state.flushedAt >= STATUS_EVERY_MS ? flushed(state, now) : { state, outgoing: [] as Outgoing[] }
  if (now - due.state.expiredAt < EXPIRY_EVERY_MS) return due
  const over = [...due.state.clients].filter(([, { admission }]) => admission.expiresAt !== null && Date.parse(admission.expiresAt) <= now).map(([id]) => id)
  const { state: next, outgoing } = dismissed({ ...due.state, expiredAt: now }, over, CLOSE.unauthenticated, 'The token is over.', now)
  return { state: next, outgoing: [...due.outgoing, ...outgoing] }
}

const flushed = (state: RoomState, now: number): { state: RoomState; outgoing: Outgoing[] } => {
  const { pending } = state
  if (!pending) return { state, outgoing: [] }
  const to = [...state.clients].filter(([, { hello, channels }]) => hello && channels.includes('status')).map(([id]) => id)
  const frame = to.length === 0 ? null : JSON.stringify({
    type: 'status', at: iso(now),
    ...(pending.agents.size > 0 ? { agents: [...pending.agents.values()] } : {}), ...(pending.tasks.size > 0 ? { tasks: [...pending.tasks.values()] } : {}), ...(pending.stats ? { stats: pending.stats } : {}),
  })
  return { state: { ...state, pending: null, flushedAt: now }, outgoing: frame === null ? [] : [{ to, frame }] }
}

const byId = <Item extends { id: string }>(items: readonly Item[]): Map<string, Item> => new Map(items.map((item) => [item.id, item]))

/** The newer of two states of the same record stays: frames may cross on their way. */
const merged = <Item extends { id: string; version: number }>(known: ReadonlyMap<string, Item> | undefined, items: readonly Item[]): Map<string, Item> => {
  const result = new Map(known)
  for (const item of items) if ((result.get(item.id)?.version ?? 0) <= item.version) result.set(item.id, item)
  return result
}

const withoutOld = (tasks: Map<string, TaskStatus>): Map<string, TaskStatus> => {
  const finished = [...tasks.values()].filter(({ state }) => FINISHED.includes(state))
  if (finished.length <= KEPT_FINISHED) return tasks
  finished.sort((a, b) => (a.updatedAt < b.updatedAt ? -1 : 1))
  for (const { id } of finished.slice(0, -KEPT_FINISHED)) tasks.delete(id)
  return tasks
}
