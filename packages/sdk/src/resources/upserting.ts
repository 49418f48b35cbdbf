import type { BatchResult } from '../contract/batch.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Outcome, WriteOptions } from '../core/transport.ts'
import type { BulkOptions } from './bulk.ts'
import { inBulk } from './in-bulk.ts'
import { Records } from './records.ts'
import { segment } from './resource.ts'

/** A noun whose records are known by match keys of their own. */
export class UpsertingRecords<Item extends { version: number }, New, Patch, Query, Key extends string> extends Records<Item, New, Patch, Query> {
  /**
   * Changes the record that holds a match key, or creates it.
   *
   * @example
   * await flowstate.customers.upsert('email', 'ada@example.com', { name: 'Ada' })
   */
  upsert<Options extends WriteOptions = WriteOptions>(key: Key, value: string, patch: Patch, options?: Options): ApiPromise<Outcome<Options, Item>> {
    return this.transport.send({ ...options, method: 'PUT', path: `${this.path}/by/${segment(key)}/${segment(value)}`, body: patch })
  }

  /** Any number of rows, each with a match key: known records are changed, others created. A result for each row. */
  upsertMany(rows: readonly Patch[], options?: BulkOptions): Promise<BatchResult<Item>[]> {
    return inBulk(this, rows.map((data) => ({ op: 'upsert', data: data as Record<string, unknown> })), options)
  }
}
