import { Worker } from 'node:worker_threads'
import type { Batch, Ledger, Outcome, PlannedSet } from './ledger.ts'
import type { GroupResult, Unit } from './sqlite.executor.ts'

interface SqliteLedgerOptions {
  file: string
  /** false only in the test that proves that the durability test can fail. */
  sync: boolean
  readSeq(workspaceId: string): number
}

/** Beside `dist` and `src` alike: sources run as they are in tests. */
const IS_SOURCE = import.meta.url.endsWith('.ts')
const WRITER = new URL(IS_SOURCE ? './sqlite.writer.ts' : './sqlite.writer.js', import.meta.url)

interface Waiting { unit: Unit; resolve: (outcome: Outcome) => void; reject: (error: Error) => void }

/**
 * SQLite's side of the port on the main thread. What arrives while a group is under way becomes the next group; there is no
 * timer, so a lone write waits for nobody.
 */
export const createSqliteLedger = ({ file, sync, readSeq }: SqliteLedgerOptions): Ledger => {
  const worker = new Worker(WRITER, { workerData: { file, sync }, execArgv: IS_SOURCE ? ['--conditions=flowstate-source'] : [] })
  const listeners = new Set<(workspaceId: string, seq: number) => void>()
  const seqs = new Map<string, number>()
  let waiting: Waiting[] = []
  let flying: Waiting[] | null = null
  let scheduled = false
  let failure: Error | null = null
  let closed: (() => void) | null = null

  const send = () => {
    scheduled = false
    if (flying || waiting.length === 0) return
    flying = waiting
    waiting = []
    worker.postMessage({ units: flying.map(({ unit }) => unit) })
  }

  const write = (unit: Unit): Promise<Outcome> => new Promise((resolve, reject) => {
    if (failure) return reject(failure)
    waiting.push({ unit, resolve, reject })
    if (flying || scheduled) return
    scheduled = true
    // Whatever the same turn of the event loop brings goes along.
    setImmediate(send)
  })

  worker.on('message', (message: GroupResult | 'closed') => {
    if (message === 'closed') return closed?.()
    const group = flying ?? []
    flying = null
    for (const [workspaceId, seq] of message.grown) seqs.set(workspaceId, seq)
    group.forEach(({ resolve, reject }, index) => {
      const outcome = message.outcomes[index]
      if (!outcome || outcome.state === 'fault') reject(new Error(`The write failed: ${outcome?.message ?? 'no answer'}`))
      else resolve(outcome)
    })
    send()
    for (const [workspaceId, seq] of message.grown) for (const listener of listeners) listener(workspaceId, seq)
  })
  worker.on('error', (error) => {
    failure = error instanceof Error ? error : new Error(String(error))
    for (const { reject } of [...(flying ?? []), ...waiting]) reject(failure)
    flying = null
    waiting = []
    closed?.()
  })

  return {
    commit: (set: PlannedSet) => write({ kind: 'set', set }),
    run: (batch: Batch) => write({ kind: 'batch', batch }),
    onCommit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async seqOf(workspaceId) {
      const known = seqs.get(workspaceId)
      if (known !== undefined) return known
      const seq = readSeq(workspaceId)
      seqs.set(workspaceId, Math.max(seq, seqs.get(workspaceId) ?? 0))
      return seqs.get(workspaceId) ?? seq
    },
    async forget() {
      await write({ kind: 'forget' })
    },
    async close() {
      while (flying || waiting.length > 0) await new Promise((resolve) => setImmediate(resolve))
      if (failure) return
      failure = new Error('The ledger is closed.')
      const done = new Promise<void>((resolve) => { closed = resolve })
      worker.postMessage('close')
      await done
      await worker.terminate()
    },
  }
}
