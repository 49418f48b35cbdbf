import type { Log } from '../log.ts'
import type { Ledger, LedgerAdapter, Outcome, StorageRefusal } from './ledger.ts'

/** On a disk that is all but full small writes still fit: it counts as full until none was refused for so long. */
const STEADY_MS = 10_000

/** Keeps in mind how the storage refuses writes, and says in the log when it begins to and when it takes them again, not at each of them. */
export const tellOfFailing = (adapter: LedgerAdapter, log: Log): Ledger => {
  let failing: StorageRefusal | null = null
  let refusedAt = 0

  const told = async (write: Promise<Outcome>): Promise<Outcome> => {
    const outcome = await write
    const now = performance.now()
    if (outcome.state === 'refused' && outcome.refusal.reason === 'storage') {
      const { refusal } = outcome
      if (failing?.full !== refusal.full) log.error({ storage: refusal.message }, refusal.full ? 'The disk is full: writes are refused, reads go on. Free some space; no restart is needed' : 'The database takes no writes: they are refused until it does')
      failing = refusal
      refusedAt = now
    } else if (failing && outcome.state === 'committed' && (!failing.full || now - refusedAt > STEADY_MS)) {
      log.info({}, 'The database takes writes again')
      failing = null
    }
    return outcome
  }
  return { ...adapter, commit: (set) => told(adapter.commit(set)), run: (batch) => told(adapter.run(batch)), failing: () => failing }
}
