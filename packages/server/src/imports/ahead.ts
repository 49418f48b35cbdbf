import { type Clock, instant } from '../clock.ts'
import type { Files } from '../files/files.ts'
import type { Refusal } from '../ledger/ledger.ts'
import type { ImportsStore } from './imports.store.ts'
import type { createMeeting } from './meet.ts'
import { NOUNS } from './nouns.ts'
import { type Account, accountWith, MOST_CHANGES, PART_ROWS, partRefused, rejectsFile, type Running, type Settle } from './part.ts'
import { planPart } from './plan.ts'

interface AheadDeps { store: ImportsStore; files: Files; meet: ReturnType<typeof createMeeting>; settle: Settle; clock: Clock }

/** Parts on their way to the disk at a time: what comes while one is synced goes with the next, in one transaction. */
export const PARTS_AHEAD = 3
const FEWEST_ROWS = 25

interface Flight {
  outcome: Promise<Refusal | null>
  /** What the import has come to when it and all before it are written. */
  after: Account
  /** Records that it changes; they are not yet as they will be. */
  touches: Set<string>
  names: string[]
  domains: string[]
  tags: string[]
  rejects: string | null
}

/**
 * Writes parts without waiting for each: the next is planned while one is on its way. A part is refused unless the one before it was
 * written, so that a refusal leaves nothing behind it in the tables and in the checkpoint.
 */
export const createAhead = ({ store, files, meet, settle, clock }: AheadDeps) => {
  /** Goes on to the end of the file, or to the first part that needs more care than this; answers whether it was the end. */
  const ahead = async (state: Running): Promise<boolean> => {
    // Rows that are known by name or phone may be about what the part before them creates.
    if (state.keyless || NOUNS[state.noun].byName || state.checkpoint.done.length > 0) return false
    const flights: Flight[] = []
    /** Of companies on their way, which only the database knows otherwise. */
    const domains = new Map<string, string>()
    let planned: Account = { counts: state.counts, rejects: state.rejects, checkpoint: state.checkpoint }
    let rows = PART_ROWS
    const read = () => {
      const part = state.reader.part(planned.checkpoint.g, rows)
      // It is waited for later, or never.
      part.catch(() => undefined)
      return part
    }

    /** Waits for the oldest; answers false where it was refused, and with it all that were planned upon it. */
    const land = async (): Promise<boolean> => {
      const [first] = flights
      if (!first) return true
      const refusal = await first.outcome
      if (!refusal) {
        flights.shift()
        for (const domain of first.domains) domains.delete(domain)
        Object.assign(state, first.after)
        state.onPart(first.after.checkpoint.g)
        return true
      }
      await Promise.allSettled(flights.map(({ outcome }) => outcome))
      await forget()
      if (refusal.reason === 'storage' || refusal.reason === 'expectation') throw partRefused(refusal)
      return false
    }
    const landAll = async (): Promise<boolean> => {
      while (flights.length > 0) if (!(await land())) return false
      return true
    }
    /** What was not written is not there to be found. */
    const forget = async (): Promise<void> => {
      state.lastPosition.clear()
      for (const tag of flights.flatMap(({ tags }) => tags)) state.tags.delete(tag)
      const names = flights.flatMap((flight) => flight.names)
      const rejects = flights.flatMap((flight) => flight.rejects ?? [])
      flights.length = 0
      domains.clear()
      // Its rows may stand in other parts when they are written.
      for (const file of rejects) await files.remove(file)
      if (names.length > 0) await state.reader.forget(names)
    }

    let next = read()
    try {
      return await fly()
    } finally {
      // Whoever takes the import up from here finds all that was under way either written or not.
      await Promise.allSettled(flights.map(({ outcome }) => outcome))
    }

    async function fly(): Promise<boolean> {
      for (;;) {
        state.signal.throwIfAborted()
        const drafts = await next
        const last = drafts.at(-1)
        if (!last) return landAll()
        const at = instant(clock())
        const met = await meet(state, drafts, at)
        for (const [domain, id] of domains) met.companiesByDomain.set(domain, id)
        if (flights.some(({ touches }) => [...met.current.keys()].some((id) => touches.has(id)))) {
          if (!(await landAll())) return false
          continue
        }
        const plan = planPart(drafts, met)
        const changes = plan.planned.flatMap((each) => each.changes)
        if (changes.length > MOST_CHANGES && rows > FEWEST_ROWS) {
          rows = Math.ceil(rows / 2)
          // The positions that it took are nobody's.
          if (!(await landAll())) return false
          state.lastPosition.clear()
          next = read()
          continue
        }
        if (plan.later.length > 0 || changes.length > MOST_CHANGES) {
          await landAll()
          state.lastPosition.clear()
          return false
        }
        const before = planned
        const { lines, ...account } = accountWith(before, state.item, plan.planned)
        const rejects = lines.length > 0 ? rejectsFile(state.item, before.checkpoint) : null
        if (rejects !== null) await files.put(rejects, lines.join(''))
        planned = { ...account, checkpoint: { ...account.checkpoint, g: last.g, parts: before.checkpoint.parts + 1 } }
        const tags = changes.flatMap((change) => (change.verb === 'create' && change.noun === 'tags' ? [[String(change.set.name).toLowerCase(), change.id] as const] : []))
        for (const [name, id] of tags) state.tags.set(name, id)
        for (const [domain, id] of plan.domains) domains.set(domain, id)
        if (plan.named.length > 0) void state.reader.learn(plan.named).catch(() => undefined)
        const outcome = settle({ item: state.item, caller: state.caller, checkpoint: before.checkpoint }, changes, [
          store.update(state.caller.workspaceId, state.item.id, { ...planned, updatedAt: at }, ['running'], before.checkpoint),
        ], at)
        outcome.catch(() => undefined)
        flights.push({
          outcome, after: planned, touches: new Set(changes.flatMap(({ verb, id }) => (verb === 'create' ? [] : [id]))),
          names: plan.named.map(([name]) => name), domains: plan.domains.map(([domain]) => domain), tags: tags.map(([name]) => name), rejects,
        })
        next = read()
        if (flights.length >= PARTS_AHEAD && !(await land())) return false
      }
    }
  }
  return ahead
}
