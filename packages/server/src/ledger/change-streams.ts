import type { Change } from '@flowstate-ai/sdk/contract'
import type { Scoped } from '../db/scoped.ts'
import { within } from '../db/within.ts'
import { Unauthenticated } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import type { Log } from '../log.ts'
import { visibleOf } from './changes.service.ts'
import type { Tail } from './tail.ts'

export const EVENT_STREAM = 'text/event-stream'

interface StreamsDeps { tail: Tail; scoped: Scoped; log: Log; heartbeatMs?: number; checkMs?: number; stalledMs?: number }
/** A reader is handed no more than this and a page besides; while it does not take it, nothing is read for it. */
export const UNREAD_BYTES = 262_144
const PAGE = 200
const HEARTBEAT_MS = 15_000
/** How often a credential is looked at again: what is revoked ends within a second. */
const CHECK_MS = 500
/** A reader that takes nothing for so long, with something to take, is closed; it comes back with its `Last-Event-ID`. */
const STALLED_MS = 30_000

/** No proxy may store it, or change it: compressing would hold it back. */
const HEADERS = { 'cache-control': 'no-cache, no-store, no-transform', 'x-accel-buffering': 'no' }

/**
 * The feed as server-sent events: `change` with the change, its seq as the id; `range` for what the reader may not see, so that it
 * gets on; `resync` where its place is not in the log any more. Follows commits; each reader is read for as fast as it takes.
 */
export const createChangeStreams = ({ tail, scoped, log, heartbeatMs = HEARTBEAT_MS, checkMs = CHECK_MS, stalledMs = STALLED_MS }: StreamsDeps) => {
  const streams = new Set<() => void>()
  /** Readers at the same place share what is under way for them. */
  const reads = new Map<string, Promise<Change[]>>()
  const readOnce = (workspaceId: string, seq: number): Promise<Change[]> => {
    const place = `${workspaceId}/${seq}`
    const known = reads.get(place)
    if (known) return known
    const read = tail.since(workspaceId, seq, PAGE).finally(() => reads.delete(place))
    reads.set(place, read)
    return read
  }

  const start = (caller: Caller, since: number, signal: AbortSignal, controller: ReadableStreamDefaultController<Uint8Array>) => {
    const { workspaceId } = caller
    const encoder = new TextEncoder()
    let seq = since
    let more = true
    let busy = false
    let over = false
    let spokenAt = performance.now()
    let takenAt = performance.now()

    const say = (text: string) => {
      spokenAt = performance.now()
      controller.enqueue(encoder.encode(text))
    }
    const end = () => {
      if (over) return
      over = true
      clearInterval(checking)
      stopListening()
      signal.removeEventListener('abort', end)
      streams.delete(end)
      try { controller.close() } catch { /* The reader has gone already. */ }
    }
    const resync = async () => {
      seq = await tail.seqOf(workspaceId)
      say(`id: ${seq}\nevent: resync\ndata: {"seq":${seq}}\n\n`)
    }
    /** Reads on while there is more and the reader takes it. */
    const pump = (): Promise<void> => within(workspaceId, readOn)
    const readOn = async () => {
      if (busy || over) return
      busy = true
      try {
        while (!over && more && (controller.desiredSize ?? 0) > 0) {
          more = false
          const items = await readOnce(workspaceId, seq)
          const visible = await visibleOf(scoped, caller, items)
          if (seq < await tail.trimmedOf(workspaceId)) {
            await resync()
            more = true
            continue
          }
          await caller.still?.()
          const last = items.at(-1)
          if (over || !last) continue
          const text = visible.map((change) => `id: ${change.seq}\nevent: change\ndata: ${JSON.stringify(change)}\n\n`)
          if (visible.at(-1)?.seq !== last.seq) text.push(`id: ${last.seq}\nevent: range\ndata: {"from":${seq + 1},"to":${last.seq}}\n\n`)
          seq = last.seq
          if (items.length === PAGE) more = true
          say(text.join(''))
        }
      } catch (error) {
        if (!over && !(error instanceof Unauthenticated)) log.warn({ err: error, workspaceId }, 'A stream of changes ended; its reader comes back')
        end()
      } finally {
        busy = false
      }
      // What was committed while the last look was under way.
      if (more && !over && (controller.desiredSize ?? 0) > 0) void pump()
    }
    const taken = () => {
      takenAt = performance.now()
      void pump()
    }
    const stopListening = tail.onCommit((grown) => {
      if (grown !== workspaceId) return
      more = true
      void pump()
    })
    const checking = setInterval(() => {
      const now = performance.now()
      if (caller.expiresAt !== null && Date.parse(caller.expiresAt) <= Date.now()) return end()
      if ((controller.desiredSize ?? 0) <= 0) {
        if (now - takenAt > stalledMs) end()
        return
      }
      if (now - spokenAt > heartbeatMs) say(':\n\n')
      caller.still?.().catch(end)
    }, checkMs)
    checking.unref()
    streams.add(end)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
    // Headers go out with the first byte; a reader that waits for the first change must know that it is connected.
    say(': ok\n\n')
    void tail.seqOf(workspaceId).then((head) => (since > head ? resync() : undefined)).then(() => pump(), end)
    return { end, taken }
  }

  return {
    /** The answer to a reader that asks for what came after `since`. */
    open(caller: Caller, { since, signal }: { since: number; signal: AbortSignal }) {
      let running: ReturnType<typeof start> | undefined
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => { running = start(caller, since, signal, controller) },
        pull: () => running?.taken(),
        cancel: () => running?.end(),
      }, { highWaterMark: UNREAD_BYTES, size: ({ byteLength } = new Uint8Array()) => byteLength })
      return { stream, type: `${EVENT_STREAM}; charset=utf-8`, headers: HEADERS }
    },
    /** Readers that are connected. */
    count: (): number => streams.size,
    /** Ends every stream: the server goes down, and readers come back to another. */
    close(): void {
      for (const end of streams) end()
    },
  }
}
export type ChangeStreams = ReturnType<typeof createChangeStreams>
