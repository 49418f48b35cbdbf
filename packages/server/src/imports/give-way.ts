import { access } from 'node:fs/promises'
import { constants, getPriority, setPriority } from 'node:os'

const PRIORITY = constants.priority.PRIORITY_BELOW_NORMAL

/** Lets whoever asks go before the calling thread. Only on Linux is a priority the thread's own; elsewhere, and where the system forbids it, nothing happens. */
export const giveWay = async (): Promise<void> => {
  if (process.platform !== 'linux') return
  // The process's threads for files are made at their first use, with the priority of who uses them first.
  await access(import.meta.filename)
  try {
    if (getPriority(0) < PRIORITY) setPriority(0, PRIORITY)
  } catch {
    // It is as it was.
  }
}
