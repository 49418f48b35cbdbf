import type { Stats as Counts } from '../contract/stats.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

export class Stats extends Resource {
  retrieve(options?: RequestOptions): ApiPromise<Counts> {
    return this.get('/stats', options)
  }
}
