import type { Batch, BatchResult } from '../contract/batch.ts'
import type { History } from '../contract/changes.ts'
import { type Answered, type ApiPromise, apiPromise } from '../core/answer.ts'
import { sleep } from '../core/clock.ts'
import { StaleError } from '../core/errors.ts'
import type { Pager } from '../core/pagination.ts'
import type { Paging } from '../core/query.ts'
import { backoff } from '../core/retry.ts'
import type { Outcome, RequestOptions, Transport, WriteOptions } from '../core/transport.ts'
import type { BulkOptions } from './bulk.ts'
import { inBulk } from './in-bulk.ts'
import { Resource, segment } from './resource.ts'

/** Reading, deciding and writing again: more often than this, the record is too contended for it. */
const MAX_UPDATE_TRIES = 60
const CONTENTION = { base: 20, max: 1_000 }

/** The methods of every noun whose changes the ledger keeps. */
export class Records<Item extends { version: number }, New, Patch, Query> extends Resource {
  protected readonly path: string

  constructor(transport: Transport, noun: string) {
    super(transport)
    this.path = `/${noun}`
  }

  list(query?: Query, options?: RequestOptions): Pager<Item> {
    return this.pages(this.path, query as object | undefined, options)
  }

  create<Options extends WriteOptions = WriteOptions>(body: New, options?: Options): ApiPromise<Outcome<Options, Item>> {
    return this.post(this.path, body, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<Item> {
    return this.get(this.#of(id), options)
  }

  /**
   * Changes what `patch` names, and nothing else. A function is given the record as it is now and answers the patch; when
   * someone else was faster, it is asked again with the newer record, so no change is lost.
   *
   * @example
   * await flowstate.deals.update(id, (deal) => ({ title: `${deal.title} (renewal)` }))
   */
  update<Options extends WriteOptions = WriteOptions>(id: string, patch: Patch | ((current: Item) => Patch | Promise<Patch>), options?: Options): ApiPromise<Outcome<Options, Item>> {
    const sent = typeof patch === 'function' ? this.#updateFresh(id, patch as (current: Item) => Patch | Promise<Patch>, options) : this.#patch(id, patch, options)
    return apiPromise(sent as Promise<Answered<Outcome<Options, Item>>>)
  }

  archive<Options extends WriteOptions = WriteOptions>(id: string, options?: Options): ApiPromise<Outcome<Options, Item>> {
    return this.delete(this.#of(id), options)
  }

  restore<Options extends WriteOptions = WriteOptions>(id: string, options?: Options): ApiPromise<Outcome<Options, Item>> {
    return this.post(`${this.#of(id)}/restore`, undefined, options)
  }

  /** Up to 1,000 writes as one change set, with a result for each in the order asked. More: `createMany`, `updateMany`, `upsertMany`. */
  batch<Options extends WriteOptions = WriteOptions>(body: Batch, options?: Options): ApiPromise<Outcome<Options, { results: BatchResult<Item>[] }>> {
    return this.post(`${this.path}/batch`, body, options)
  }

  /** Any number of rows, in chunks, a few at a time; a result for each row. */
  createMany(rows: readonly New[], options?: BulkOptions): Promise<BatchResult<Item>[]> {
    return inBulk(this, rows.map((data) => ({ op: 'create', data: data as Record<string, unknown> })), options)
  }

  updateMany(rows: readonly (Patch & { id: string; ifMatch?: number })[], options?: BulkOptions): Promise<BatchResult<Item>[]> {
    return inBulk(this, rows.map(({ id, ifMatch, ...data }) => ({ op: 'update', id, data, ...(ifMatch === undefined ? {} : { ifMatch }) })), options)
  }

  /** Its changes, newest first, and who or what last set each field; `merged` adds the changes of what was merged into it. */
  history(id: string, query?: Paging<'seq'> & { merged?: boolean }, options?: RequestOptions): ApiPromise<History> {
    return this.get(`${this.#of(id)}/history`, options, query)
  }

  async #updateFresh(id: string, patch: (current: Item) => Patch | Promise<Patch>, options: WriteOptions = {}): Promise<Answered<Item>> {
    const { clock } = this.transport.options
    const { ifMatch: _, idempotencyKey: __, mode: ___, ...reading } = options
    for (let attempt = 0; ; attempt += 1) {
      const current = await this.retrieve(id, reading)
      try {
        return await this.#patch(id, await patch(current), { ...options, ifMatch: current.version })
      } catch (error) {
        if (!(error instanceof StaleError) || attempt + 1 >= MAX_UPDATE_TRIES) throw error
        await sleep(clock, backoff(attempt, clock.random, CONTENTION), options.signal)
      }
    }
  }

  #patch(id: string, body: Patch, options?: WriteOptions): Promise<Answered<Item>> {
    return this.transport.run<Item>({ ...options, method: 'PATCH', path: this.#of(id), body })
  }

  #of(id: string): string {
    return `${this.path}/${segment(id)}`
  }
}
