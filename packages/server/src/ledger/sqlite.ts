import { Worker } from 'node:worker_threads'
import { storageFaultOf } from '../storage-fault.ts'
import type { Batch, LedgerAdapter, Outcome, PlannedSet, StorageRefusal } from './ledger.ts'
import { settled } from './settled.ts'
import type { GroupResult, Unit } from './sqlite.executor.ts'

interface SqliteLedgerOptions {
  file: string
  /** false only in the test that proves that the durability test can fail. */
  sync: boolean
  readSeq(workspaceId: string): number
  /** Called when a group may have been written, before anybody is told: from here on reads must see it. */
  beforeAnswers(): void
  /** Told when the writer ended unasked; the next write starts another. */
  onLost(error: Error): void
}

/** Beside `dist` and `src` alike: sources run as they are in tests. */
const IS_SOURCE = import.meta.url.endsWith('.ts')
/** What a group is written from is gone when the group is; more would only lie there. */
const YOUNG_MB = 24
const WRITER = new URL(IS_SOURCE ? './sqlite.writer.ts' : './sqlite.writer.js', import.meta.url)

interface Waiting { unit: Unit; resolve: (outcome: Outcome) => void; reject: (error: Error) => void }

/**
 * SQLite's side of the port on the main thread. What arrives while a group is under way becomes the next group; there is no
 * timer, so a lone write waits for nobody. A writer that ends unasked is followed by another: what it had under way may be written, so
 * its callers are told that this is not known.
 */
export const createSqliteLedger = ({ file, sync, readSeq, beforeAnswers, onLost }: SqliteLedgerOptions): LedgerAdapter => {
  let worker: Worker | null = null
  const listeners = new Set<(workspaceId: string, seq: number) => void>()
  const seqs = new Map<string, number>()
  let waiting: Waiting[] = []
  let flying: Waiting[] | null = null
  let scheduled = false
  let closing = false
  let closed: (() => void) | null = null

  const send = () => {
    scheduled = false
    if (flying || waiting.length === 0) return
    flying = waiting
    waiting = []
    worker ??= startWriter()
    worker.postMessage({ units: flying.map(({ unit }) => unit) })
  }

  const startWriter = (): Worker => {
    const started = new Worker(WRITER, { workerData: { file, sync }, execArgv: IS_SOURCE ? ['--conditions=flowstate-source'] : [], resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } })
    started.on('message', (message: GroupResult | 'closed') => { if (started === worker) take(message) })
    started.on('error', (error) => lost(started, error instanceof Error ? error : new Error(String(error))))
    started.on('exit', (code) => lost(started, new Error(`The writer ended with ${code}.`)))
    return started
  }

  const write = (unit: Unit): Promise<Outcome> => new Promise((resolve, reject) => {
    if (closing) return reject(new Error('The ledger is closed.'))
    waiting.push({ unit, resolve, reject })
    if (flying || scheduled) return
    scheduled = true
    // Whatever the same turn of the event loop brings goes along.
    setImmediate(send)
  })

  const take = (message: GroupResult | 'closed') => {
    if (message === 'closed') return closed?.()
    beforeAnswers()
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
  }

  const lost = (ended: Worker, error: Error) => {
    if (ended !== worker) return
    worker = null
    if (closing) return closed?.()
    onLost(error)
    beforeAnswers()
    const refusal: StorageRefusal = { reason: 'storage', full: storageFaultOf(error)?.full ?? false, uncertain: true, message: error.message }
    for (const { resolve } of flying ?? []) resolve({ state: 'refused', refusal })
    flying = null
    // What the sequence was is read again: the last group may have been committed.
    seqs.clear()
    send()
  }
  worker = startWriter()

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
      settled(await write({ kind: 'forget' }))
    },
    async close() {
      while (flying || waiting.length > 0) await new Promise((resolve) => setImmediate(resolve))
      if (closing) return
      closing = true
      if (!worker) return
      const last = worker
      const done = new Promise<void>((resolve) => { closed = resolve })
      last.postMessage('close')
      await done
      await last.terminate()
    },
  }
}
