import type { Change as FeedChange, DuplicateNoun } from '@flowstate-ai/sdk/contract'
import { type Clock, instant } from '../clock.ts'
import type { Scoped } from '../db/scoped.ts'
import type { Fields, Ledger, Statement } from '../ledger/ledger.ts'
import type { Tail } from '../ledger/tail.ts'
import type { Log } from '../log.ts'
import type { DuplicatesStore } from './duplicates.store.ts'
import type { Finder } from './finder.ts'

interface FollowerDeps { tail: Tail; scoped: Scoped; ledger: Ledger; store: DuplicatesStore; finder: Finder; clock: Clock; log: Log }

const PART = 200
/** Parts in which nothing is to be compared are passed over, so many in one go. */
const MOST_PASSED = 25
const QUIET_MS = 150
const LOADED_MS = 1_000
/** Changes of other fields make two records neither more nor less alike. */
const COMPARED: ReadonlySet<string> = new Set(['name', 'email', 'phone', 'companyId', 'domain', 'country'])

/** Follows the feed: what was created or changed is compared with the rest a moment later. It writes nothing but pairs and their keys. */
export const createFollower = ({ tail, scoped, ledger, store, finder, clock, log }: FollowerDeps) => {
  const timers = new Map<string, { timer: NodeJS.Timeout; since: number }>()
  const flights = new Map<string, Promise<boolean>>()
  let closing = false

  /** Takes one part; answers whether there may be more. */
  const step = async (workspaceId: string): Promise<boolean> => {
    const from = await store.comparedSeq(workspaceId)
    let to = from
    let touched: FeedChange[] = []
    let full = true
    for (let part = 0; part < MOST_PASSED && full && touched.length === 0; part++) {
      const changes = await tail.since(workspaceId, to, PART)
      to = changes.at(-1)?.seq ?? to
      full = changes.length === PART
      touched = changes.filter(concerns)
    }
    if (to === from) return false
    const at = instant(clock())
    const statements: Statement[] = [store.follow(workspaceId, from, to)]
    for (const noun of ['customers', 'companies'] as const) {
      const ids = [...new Set(touched.filter((change) => change.noun === noun).map(({ id }) => id))]
      if (ids.length === 0) continue
      // What was merged is marked first: then it is no pair that vanishes.
      const merges = marked(workspaceId, touched.filter((change) => change.noun === noun), at)
      if (merges.length > 0) written(await ledger.run({ workspaceId, statements: merges }))
      const now = await scoped.findMany({ workspaceId, records: null }, noun, ids)
      const records = ids.map((id) => {
        const found = now.get(id)
        return { id, fields: found && found.archivedAt === null ? (JSON.parse(found.json) as Fields) : null }
      })
      statements.push(...(await finder.look(workspaceId, noun, records, at)))
    }
    // Another server has followed this part: look again from where it stands now.
    return !written(await ledger.run({ workspaceId, statements })) || full
  }

  const marked = (workspaceId: string, changes: readonly FeedChange[], at: string): Statement[] => {
    const statements: Statement[] = []
    for (const { id, op, fields, changeSetId } of changes) {
      const into = fields.mergedIntoId?.to
      if (op !== 'archive' || typeof into !== 'string') continue
      statements.push(store.merged(workspaceId, id < into ? id : into, id < into ? into : id, changeSetId, at))
    }
    return statements
  }

  const one = (workspaceId: string): Promise<boolean> => {
    const known = flights.get(workspaceId)
    if (known) return known
    const flight = step(workspaceId).finally(() => flights.delete(workspaceId))
    flights.set(workspaceId, flight)
    return flight
  }

  const schedule = (workspaceId: string): void => {
    if (closing) return
    const known = timers.get(workspaceId)
    const since = known?.since ?? performance.now()
    if (known && performance.now() - since > LOADED_MS) return
    if (known) clearTimeout(known.timer)
    const timer = setTimeout(() => {
      timers.delete(workspaceId)
      void one(workspaceId).then((more) => { if (more) schedule(workspaceId) }, (error) => { if (!closing) log.warn({ err: error, workspaceId }, 'The search for duplicates could not follow; it will at the next change') })
    }, QUIET_MS)
    timer.unref()
    timers.set(workspaceId, { timer, since })
  }
  const stopListening = tail.onCommit(schedule)

  return {
    schedule,
    /** Compares what is committed now, within a time; answers whether it got there. */
    async catchUp(workspaceId: string, withinMs: number): Promise<boolean> {
      const target = await tail.seqOf(workspaceId)
      const until = performance.now() + withinMs
      while (await store.comparedSeq(workspaceId) < target) {
        if (performance.now() >= until) return false
        await one(workspaceId)
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
export type Follower = ReturnType<typeof createFollower>

const concerns = ({ noun, op, fields }: FeedChange): boolean =>
  isCompared(noun) && (op !== 'update' || Object.keys(fields).some((name) => COMPARED.has(name)))
const isCompared = (noun: string): noun is DuplicateNoun => noun === 'customers' || noun === 'companies'

const written = (outcome: Awaited<ReturnType<Ledger['run']>>): boolean => {
  if (outcome.state !== 'refused') return true
  if (outcome.refusal.reason !== 'expectation') throw new Error(`Duplicates could not be written: ${outcome.refusal.reason}`)
  return false
}
