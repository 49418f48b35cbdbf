import type { ChangeRange } from '../contract/changes.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import type { ChangeStreamEvent, ChangeStreamOptions } from '../realtime/change-stream.ts'
import { Resource } from './resource.ts'

export interface ChangesQuery {
  /** Answers what came after this seq; default 0, the beginning. */
  since?: number
  limit?: number
}

export class Changes extends Resource {
  /** The changes from `from` to `to`; the next range begins with `since: to`. Items may be fewer where you may not see them. */
  list(query?: ChangesQuery, options?: RequestOptions): ApiPromise<ChangeRange> {
    return this.get('/changes', options, query)
  }

  /**
   * Changes after `since`, and then as they are committed, without end: it reconnects by itself, and none is missed or comes twice.
   * Keep the last seq to go on from there. Ends when `signal` aborts; throws what no new connection can mend.
   *
   * @example
   * for await (const event of flowstate.changes.stream({ since })) if (event.type === 'change') await apply(event.change)
   */
  async *stream(options?: ChangeStreamOptions): AsyncGenerator<ChangeStreamEvent, void, undefined> {
    const { streamChanges } = await import('../realtime/change-stream.ts')
    yield* streamChanges(this.transport, options)
  }
}
