import type { Log } from './log.ts'
import { storageFaultOf } from './storage-fault.ts'

const QUIET_MS = 5_000

/** Logs what a request met that was not its own fault; of a storage that is away once in a while, for it fails them all. */
export const createReport = (log: Log) => {
  let quietUntil = 0
  return (error: unknown, requestId: string): void => {
    if (!storageFaultOf(error)) return log.error({ err: error, requestId }, 'A request failed')
    const now = performance.now()
    if (now < quietUntil) return
    quietUntil = now + QUIET_MS
    log.error({ err: error, requestId }, 'Requests fail, because the storage does not do its part')
  }
}
