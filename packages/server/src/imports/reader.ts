import { Worker } from 'node:worker_threads'
import type { ImportReject } from '@flowstate-ai/sdk/contract'
import type { FilesOptions } from '../files/files.ts'
import type { Change } from '../ledger/ledger.ts'
import type { DraftContext, ImportStage } from './draft.ts'
import type { StagedDraft } from './scratch.ts'
import { type ReadSettings, type Survey, UnreadableFile } from './survey.ts'

/** What came of reading a whole file. */
export interface Staged {
  survey: Survey
  rows: number
  /** Records that the rows are about. */
  groups: number
  collapsed: number
  rejected: number
  /** The first 20. */
  rejects: ImportReject[]
  /** By what the stages were called; and what is to be created first, where they are new. */
  stages: Record<string, ImportStage>
  create: Change[]
}

export interface ReaderData { files: FilesOptions; source: string; rejects: string; folder: string; settings: ReadSettings }
type Ask =
  | { kind: 'staged' }
  | { kind: 'survey' }
  | { kind: 'stage'; survey: Survey; context: DraftContext; create: Change[] }
  | { kind: 'part'; after: number; limit: number }
  | { kind: 'learn'; pairs: [key: string, id: string][] }
  | { kind: 'learnAll'; pairs: [key: string, id: string][] }
  | { kind: 'forget'; keys: string[] }
  | { kind: 'names'; keys: string[] }
  | { kind: 'close' }
export type ReaderRequest = Ask & { id: number }
export type ReaderAnswer =
  | { kind: 'progress'; id: number; rows: number }
  | { kind: 'done'; id: number; value: unknown }
  /** `code` where the system gave one, such as that of a full disk. */
  | { kind: 'failed'; id: number; message: string; code: string | undefined; unreadable: boolean }

interface Waiting { id: number; resolve: (value: unknown) => void; reject: (error: Error) => void; onRows: ((rows: number) => void) | undefined }

const IS_SOURCE = import.meta.url.endsWith('.ts')
const WORKER = new URL(IS_SOURCE ? './reader.worker.ts' : './reader.worker.js', import.meta.url)
/** A file of any size is read in this much; more would be a leak. */
const HEAP_MB = 96

/** The reader's side on the main thread. It lives as long as the import's task. */
export const openReader = (data: ReaderData) => {
  const worker = new Worker(WORKER, {
    workerData: data, execArgv: IS_SOURCE ? ['--conditions=flowstate-source'] : [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 8 },
  })
  /** No Map: one that is added to and taken from all day leaves tables behind that know their successors, and so keeps every part until the whole heap is collected. */
  let waiting: Waiting[] = []
  let last = 0
  let failure: Error | null = null
  const end = (error: Error) => {
    failure = error
    for (const { reject } of waiting) reject(error)
    waiting = []
  }
  worker.on('message', (message: ReaderAnswer) => {
    const asked = waiting.find(({ id }) => id === message.id)
    if (message.kind === 'progress') return asked?.onRows?.(message.rows)
    waiting = waiting.filter((each) => each !== asked)
    if (message.kind === 'done') asked?.resolve(message.value)
    else asked?.reject(message.unreadable ? new UnreadableFile(message.message) : Object.assign(new Error(message.message), { code: message.code }))
  })
  worker.on('error', (error) => end(error instanceof Error ? error : new Error(String(error))))
  worker.on('exit', () => end(new Error('The reader ended.')))

  const ask = <Value>(request: Ask, onRows?: (rows: number) => void): Promise<Value> => new Promise<Value>((resolve, reject) => {
    if (failure) return reject(failure)
    const id = ++last
    waiting = [...waiting, { id, resolve: resolve as (value: unknown) => void, reject, onRows }]
    worker.postMessage({ ...request, id } satisfies ReaderRequest)
  })
  return {
    /** What an earlier try has staged in whole; null: nothing. */
    staged: () => ask<Staged | null>({ kind: 'staged' }),
    survey: (onRows: (rows: number) => void) => ask<Survey>({ kind: 'survey' }, onRows),
    stage: (survey: Survey, context: DraftContext, create: Change[], onRows: (rows: number) => void) => ask<Staged>({ kind: 'stage', survey, context, create }, onRows),
    part: (after: number, limit: number) => ask<StagedDraft[]>({ kind: 'part', after, limit }),
    /** Remembers records by name, for `names`. */
    learn: (pairs: [key: string, id: string][]) => ask<void>({ kind: 'learn', pairs }),
    /** The same where several may have a name, the oldest first. */
    learnAll: (pairs: [key: string, id: string][]) => ask<void>({ kind: 'learnAll', pairs }),
    forget: (keys: string[]) => ask<void>({ kind: 'forget', keys }),
    names: async (keys: string[]) => new Map(keys.length === 0 ? [] : await ask<[string, string][]>({ kind: 'names', keys })),
    async close(): Promise<void> {
      await worker.terminate()
    },
  }
}
export type Reader = ReturnType<typeof openReader>
