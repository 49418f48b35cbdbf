import type { Log } from '../log.ts'
import type { Ledger } from './ledger.ts'

/** Says in the log when the storage begins to refuse writes and when it takes them again, and not at each of them. */
export const tellOfFailing = (ledger: Ledger, log: Log): Ledger => {
  let failed = false
  const told = async <Outcome>(write: Promise<Outcome>): Promise<Outcome> => {
    const outcome = await write
    const refusal = ledger.failing()
    if ((refusal !== null) === failed) return outcome
    failed = refusal !== null
    if (refusal) log.error({ storage: refusal.message, full: refusal.full }, refusal.full ? 'The disk is full: writes are refused, reads go on. Free some space; no restart is needed' : 'The database takes no writes: they are refused until it does')
    else log.info({}, 'The database takes writes again')
    return outcome
  }
  return { ...ledger, commit: (set) => told(ledger.commit(set)), run: (batch) => told(ledger.run(batch)) }
}
