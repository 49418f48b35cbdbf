import type { TaskContext } from './worker.ts'

/** Tells how far a task is, one telling at a time and nobody waits for it: it goes to the disk together with what is written meanwhile. */
export const createTeller = ({ progress, signal }: Pick<TaskContext, 'progress' | 'signal'>): ((share: number, message: string) => void) => {
  let telling = false
  return (share, message) => {
    if (signal.aborted || telling) return
    telling = true
    // Where it cannot be told, the heartbeat finds out why.
    progress(share, message).catch(() => undefined).finally(() => { telling = false })
  }
}
