import type { Batch } from '@flowstate-ai/sdk/contract'
import { instant } from '../clock.ts'
import { Conflict } from '../errors.ts'
import type { Caller } from '../http/caller.ts'
import { STATUS_OF } from '../http/render-error.ts'
import type { Fields } from '../ledger/ledger.ts'
import { refused } from '../ledger/settled.ts'
import type { Written } from '../ledger/writes.ts'
import { type BatchResult, createBatchSheet } from './batch-sheet.ts'
import type { Noun } from './noun.ts'
import type { Planner } from './planner.ts'
import type { RecordDeps } from './record.service.ts'

/** Checks an item's data against the noun's own schemas. */
export interface BatchShapes { asNew(data: unknown): Fields; asPatch(data: unknown): Fields }

const MOST_TRIES = 20

/**
 * `POST /{noun}/batch`: planned item by item, each on what the ones before it made, then committed as one change set in one
 * transaction. Where the world moved meanwhile the whole is planned anew, so that each item is judged by what is there.
 */
export const createBatch = (deps: RecordDeps & { of: Noun; planner: Planner }) => ({
  async batch(caller: Caller, { items, atomic = false }: Batch, shapes: BatchShapes): Promise<Written> {
    const { writes, clock } = deps
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const at = instant(clock())
      const sheet = createBatchSheet(deps, caller, shapes, at)
      await sheet.prefetch(items)
      const results: BatchResult[] = []
      for (const item of items) results.push(await sheet.take(item))
      const failed = results.findIndex((result) => 'error' in result)
      if (atomic && failed >= 0) return { status: 200, headers: {}, body: sheet.answer(results.map((result) => ('error' in result ? result : notApplied(failed)))) }
      const answer = { status: 200, headers: {}, body: sheet.answer(results) }
      const { changes, also } = sheet.planned()
      if (changes.length === 0 && caller.mode === 'apply') return writes.unchanged(caller, answer)
      const outcome = await writes.write(caller, { changes, also, at, answer })
      if (outcome.written) return outcome.written
      if (!['moved', 'unique', 'reference'].includes(outcome.refusal.reason)) throw refused(outcome.refusal)
    }
    throw new Conflict('conflict', 'The records of this batch are being changed by many at once; repeat it in a moment.')
  },
})

const notApplied = (failed: number): BatchResult =>
  ({ status: STATUS_OF.not_applied, error: { code: 'not_applied', detail: `Not done: the batch is atomic, and item ${failed} was refused.` } })
