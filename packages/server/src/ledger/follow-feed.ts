import { within } from '../db/within.ts'
import type { Log } from '../log.ts'
import { storageFaultOf } from '../storage-fault.ts'
import type { Tail } from './tail.ts'

/** A longer timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

interface FollowedBy {
  tail: Pick<Tail, 'onCommit' | 'seqOf'>
  log: Pick<Log, 'warn'>
  /** It looks when the writing pauses for so long; under unbroken load it looks after `loadedMs`. */
  quietMs: number
  loadedMs: number
  /** Where more than this is written in `loadedMs`, as by an import, it could not keep up, and lets it pass first, for a minute at most. Default: no limit. */
  bulk?: number
  /** The seq up to which the workspace's feed has been followed. */
  reached: (workspaceId: string) => Promise<number>
  /** Follows one part of the feed; answers whether there may be more. */
  step: (workspaceId: string) => Promise<boolean>
  /** What the log says when a step fails: it is tried again a moment later. */
  failed: string
  againMs?: number
}

const AGAIN_MS = 2_000
const LONGEST_BULK_MS = 60_000

/** A look that is due from `first` on; `since` and `seq` are when a measure of what is written began, and what was committed then, where that is known. */
interface Waiting { timer: NodeJS.Timeout; first: number; since: number; seq: number | null }

/** Follows each workspace's feed, a part at a time, one step of a workspace at once: for what is derived from the records a moment later. */
export const followFeed = ({ tail, log, quietMs, loadedMs, bulk = Number.POSITIVE_INFINITY, reached, step, failed, againMs = AGAIN_MS }: FollowedBy) => {
  const timers = new Map<string, Waiting>()
  const flights = new Map<string, Promise<boolean>>()
  let closing = false
  /** When the storage last refused a step: who waits for the next, waits in vain. */
  let refusedAt = Number.NEGATIVE_INFINITY

  const one = (workspaceId: string): Promise<boolean> => {
    const known = flights.get(workspaceId)
    if (known) return known
    const flight = within(workspaceId, () => step(workspaceId)).finally(() => flights.delete(workspaceId))
    flights.set(workspaceId, flight)
    return flight
  }

  const schedule = (workspaceId: string, wait: number = quietMs, seq: number | null = null): void => {
    if (closing) return
    const known = timers.get(workspaceId)
    const now = performance.now()
    let { first, since, seq: from } = known ?? { first: now, since: now, seq }
    if (known && now - since > loadedMs) {
      if (seq === null || from === null || seq - from <= bulk || now - first > LONGEST_BULK_MS) return
      since = now
      from = seq
    }
    if (known) clearTimeout(known.timer)
    const timer = setTimeout(() => {
      timers.delete(workspaceId)
      // What was committed while a step was under way may have been missed by it.
      const busy = flights.has(workspaceId)
      void one(workspaceId).then((more) => { if (more || busy) schedule(workspaceId) }, (error) => {
        if (closing) return
        if (storageFaultOf(error)) refusedAt = performance.now()
        log.warn({ err: error, workspaceId }, failed)
        // After a full disk nothing need be written any more, and what was before is still to be followed.
        schedule(workspaceId, againMs)
      })
    }, wait)
    timer.unref()
    timers.set(workspaceId, { timer, first, since, seq: from ?? seq })
  }
  const stopListening = tail.onCommit((workspaceId, seq) => {
    refusedAt = Number.NEGATIVE_INFINITY
    schedule(workspaceId, quietMs, seq)
  })

  /** A step, if it ends by then; null: it goes on by itself. A storage that cannot be written fails it, and that is no fault of who waits. */
  const atMost = async (workspaceId: string, ms: number): Promise<boolean | null> => {
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<null>((resolve) => { timer = setTimeout(() => resolve(null), Math.min(ms, LONGEST_TIMER_MS)) })
    const followed = one(workspaceId).catch((error: unknown) => {
      if (!storageFaultOf(error)) throw error
      refusedAt = performance.now()
      return null
    })
    try {
      return await Promise.race([followed, over])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    schedule: (workspaceId: string): void => schedule(workspaceId),
    /** Follows what is committed now, within a time; answers whether it got there. */
    async catchUp(workspaceId: string, withinMs: number): Promise<boolean> {
      const target = await tail.seqOf(workspaceId)
      const until = performance.now() + withinMs
      while (await within(workspaceId, () => reached(workspaceId)) < target) {
        const now = performance.now()
        if (now >= until || now - refusedAt < againMs) return false
        if (await atMost(workspaceId, until - now) === null) {
          schedule(workspaceId, againMs)
          return false
        }
      }
      return true
    },
    async close(): Promise<void> {
      closing = true
      stopListening()
      for (const { timer } of timers.values()) clearTimeout(timer)
      await Promise.allSettled(flights.values())
    },
  }
}
