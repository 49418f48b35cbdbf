import type { ActorRef, AuditEntry, AuditRange, operations, QueryOf } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import { within } from '../db/within.ts'
import { requireWholeWorkspace } from '../http/authorize.ts'
import type { Caller } from '../http/caller.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import type { Log } from '../log.ts'
import type { AuditStore } from './audit.store.ts'
import { faultOf, FIRST, hashOf } from './chain.ts'

/** What belongs to no workspace: signing in, before it is known where somebody belongs. */
export const INSTANCE = 'instance'
const PAGE = 50
const MOST_TRIES = 20
/** The same refusal of the same caller is written once in so long. */
const DENIED_EVERY_MS = 60_000
const MOST_DENIALS = 10_000

interface AuditDeps { store: AuditStore; ledger: Ledger; clock: Clock; log: Pick<Log, 'error'> }
export interface Noted { workspaceId: string; event: string; actor: ActorRef; subject?: string | null; details?: Record<string, unknown>; requestId: string }
export interface Verified { entries: number; fault: string | null }

/**
 * An append-only log of who changed who may do what, took data out, erased, or was refused. Each entry is hashed with the one before it, so
 * that one which was changed, or taken out of the middle, shows; keep a hash elsewhere to see that the end was not cut off.
 */
export const createAuditService = ({ store, ledger, clock, log }: AuditDeps) => {
  const queues = new Map<string, Promise<void>>()
  const denials = new Map<string, number>()

  const append = async ({ workspaceId, event, actor, subject = null, details = {}, requestId }: Noted): Promise<void> => {
    for (let tries = 1; ; tries++) {
      const last = await store.last(workspaceId)
      const entry = { seq: (last?.seq ?? 0) + 1, at: instant(clock()), event, actor, subject, details, requestId, previous: last?.hash ?? FIRST }
      const outcome = await ledger.run({ workspaceId, statements: [store.append(workspaceId, { ...entry, hash: hashOf(workspaceId, entry) })] })
      if (outcome.state !== 'refused') return
      // Another server appended meanwhile.
      if (outcome.refusal.reason !== 'expectation' || tries >= MOST_TRIES) throw refused(outcome.refusal)
    }
  }

  /** One after the other; what cannot be written, as on a full disk, is told in the server's log and keeps nobody from what they asked. */
  const record = (noted: Noted): Promise<void> => {
    const { workspaceId } = noted
    const mine = (queues.get(workspaceId) ?? Promise.resolve()).then(() => within(workspaceId, () => append(noted))).catch((error: unknown) => log.error({ err: error, audit: noted }, 'The audit log could not be written'))
    queues.set(workspaceId, mine)
    void mine.then(() => { if (queues.get(workspaceId) === mine) queues.delete(workspaceId) })
    return mine
  }

  return {
    record,

    async denied({ workspaceId, actor, stableId, requestId }: Pick<Caller, 'workspaceId' | 'actor' | 'stableId' | 'requestId'>, operation: string, why: string): Promise<void> {
      const key = `${workspaceId}\n${stableId}\n${operation}`
      const now = clock()
      if (now - (denials.get(key) ?? Number.NEGATIVE_INFINITY) < DENIED_EVERY_MS) return
      if (denials.size >= MOST_DENIALS) denials.clear()
      denials.set(key, now)
      await record({ workspaceId, event: 'denied', actor, subject: operation, details: { why }, requestId })
    },

    async list(caller: Caller, { limit = PAGE, ...query }: QueryOf<typeof operations.audit.list>): Promise<AuditRange> {
      requireWholeWorkspace(caller)
      const items = await store.between(caller.workspaceId, { ...query, limit })
      return { to: items.at(-1)?.seq ?? (query.sort === '-seq' ? query.before : query.since) ?? 0, items }
    },

    /** Walks a log from its first entry; names the first that is wrong. */
    verify: (workspaceId: string): Promise<Verified> => within(workspaceId, async () => {
      let before: AuditEntry | null = null
      for (;;) {
        const page: AuditEntry[] = await store.between(workspaceId, { since: before?.seq ?? 0, limit: 500 })
        for (const entry of page) {
          const fault = faultOf(workspaceId, before, entry)
          if (fault !== null) return { entries: before?.seq ?? 0, fault }
          before = entry
        }
        if (page.length === 0) return { entries: before?.seq ?? 0, fault: null }
      }
    }),

    /** Until everything that was noted is written. */
    async settled(): Promise<void> {
      await Promise.all(queues.values())
    },
  }
}
export type AuditService = ReturnType<typeof createAuditService>
