import { parentPort, workerData } from 'node:worker_threads'
import { openWriter } from '../db/sqlite.ts'
import { createExecutor, type Unit } from './sqlite.executor.ts'

/** The writer's thread: it owns the only connection that writes. */
const { file, sync } = workerData as { file: string; sync: boolean }
const db = openWriter(file, { sync })
const { executeGroup } = createExecutor(db)

parentPort?.on('message', (message: { units: Unit[] } | 'close') => {
  if (message === 'close') {
    // What could not be folded in on a full disk stays in the log, whole, and is when it is opened next.
    try { db.close() } catch { /* The thread's end lets go of it. */ }
    parentPort?.postMessage('closed')
    parentPort?.close()
    return
  }
  parentPort?.postMessage(executeGroup(message.units))
})
