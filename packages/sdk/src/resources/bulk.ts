import type { Batch, BatchResult } from '../contract/batch.ts'
import { FlowstateError } from '../core/errors.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { WriteOptions } from '../core/transport.ts'

export interface BulkOptions extends Omit<WriteOptions, 'ifMatch' | 'idempotencyKey' | 'mode'> {
  /** Rows a request, at most 1,000; default 500. */
  chunkSize?: number
  /** Requests at a time; default 4. */
  concurrency?: number
  onProgress?: (done: number, total: number) => void
}
type Item = Batch['items'][number]
interface Batching<Record> { batch(body: Batch, options?: WriteOptions): ApiPromise<{ results: BatchResult<Record>[] }> }

/** Characters of a request, well below the 8 MB that the server takes. */
const MOST_CHARACTERS = 2_000_000

/**
 * Any number of items: in chunks, a few requests at a time, each named so that a retry acts once. A chunk that fails for good is told as
 * the result of each of its rows (status 0 when there was no answer); only an abort rejects.
 */
export const bulk = async <Record>(noun: Batching<Record>, items: readonly Item[], { chunkSize = 500, concurrency = 4, onProgress, ...options }: BulkOptions = {}): Promise<BatchResult<Record>[]> => {
  const chunks = chunksOf(items, Math.min(Math.max(1, chunkSize), 1_000))
  const results: BatchResult<Record>[][] = new Array(chunks.length)
  let next = 0
  let done = 0
  const lane = async () => {
    for (let index = next++; index < chunks.length; index = next++) {
      const chunk = chunks[index] ?? []
      options.signal?.throwIfAborted()
      try {
        results[index] = (await noun.batch({ items: chunk }, options)).results
      } catch (error) {
        if (!(error instanceof FlowstateError)) throw error
        const { status, code, message } = error
        results[index] = chunk.map(() => ({ status, error: { code: code as 'unavailable', detail: message } }))
      }
      done += chunk.length
      onProgress?.(done, items.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(Math.max(1, concurrency), chunks.length) }, lane))
  return results.flat()
}

const chunksOf = (items: readonly Item[], size: number): Item[][] => {
  const chunks: Item[][] = []
  let chunk: Item[] = []
  let characters = 0
  for (const item of items) {
    const length = JSON.stringify(item).length
    if (chunk.length > 0 && (chunk.length >= size || characters + length > MOST_CHARACTERS)) {
      chunks.push(chunk)
      chunk = []
      characters = 0
    }
    chunk.push(item)
    characters += length
  }
  if (chunk.length > 0) chunks.push(chunk)
  return chunks
}
