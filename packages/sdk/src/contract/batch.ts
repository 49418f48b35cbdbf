import { z } from 'zod'
import { FieldError, ErrorCode } from './errors.ts'

export const BATCH_LIMIT = { items: 1_000, bytes: 8 * 1_048_576 }

/**
 * Up to 1,000 writes of one noun as one change set. `data` is what the noun's own create, update or upsert takes; an upsert finds its
 * record by the first match key in `data` (see `PUT /{noun}/by/{key}/{value}`), or creates it.
 */
export const Batch = z.strictObject({
  items: z.array(z.strictObject({
    op: z.enum(['create', 'update', 'upsert', 'archive', 'restore']),
    id: z.string().min(1).max(64).optional().describe('Of the record to update, archive or restore.'),
    data: z.record(z.string(), z.unknown()).optional(),
    ifMatch: z.int().min(1).optional().describe('The version that was read: 412 for this item when the record has changed since.'),
  })).min(1).max(BATCH_LIMIT.items),
  atomic: z.boolean().optional().describe('All or nothing; default false: each item succeeds or fails by itself.'),
}).meta({ id: 'Batch' })
export type Batch = z.infer<typeof Batch>

export const BatchError = z.strictObject({ code: ErrorCode, detail: z.string(), errors: z.array(FieldError).optional() }).meta({ id: 'BatchError' })
export type BatchError = z.infer<typeof BatchError>

/** One result for each item, in the order asked: `status` is what the single request would have answered. */
export const batchResults = <Item extends z.ZodType>(item: Item) => z.strictObject({
  results: z.array(z.union([z.strictObject({ status: z.int(), data: item }), z.strictObject({ status: z.int(), error: BatchError })])),
})
export type BatchResult<Item> = { status: number; data: Item; error?: undefined } | { status: number; error: BatchError; data?: undefined }
