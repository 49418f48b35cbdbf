import type { Page } from '../contract/common.ts'
import type { ApiPromise } from '../core/answer.ts'
import { Pager } from '../core/pagination.ts'
import type { Request, RequestOptions, Transport, WriteOptions } from '../core/transport.ts'

/** What every noun's class stands on. */
export class Resource {
  protected readonly transport: Transport

  constructor(transport: Transport) {
    this.transport = transport
  }

  protected get<T>(path: string, options?: RequestOptions, query?: object): ApiPromise<T> {
    return this.transport.send({ ...options, method: 'GET', path, query })
  }

  protected post<T>(path: string, body: unknown, options?: WriteOptions, more?: Pick<Request, 'repeatable' | 'query'>): ApiPromise<T> {
    return this.transport.send({ ...options, ...more, method: 'POST', path, body })
  }

  protected pages<Item>(path: string, query: object | undefined, options?: RequestOptions): Pager<Item> {
    return new Pager((cursor) => this.transport.run<Page<Item>>({ ...options, method: 'GET', path, query: cursor === undefined ? query : { ...query, cursor } }))
  }
}

/** An id in a path; whatever it holds stays one segment. */
export const segment = (id: string): string => {
  if (typeof id !== 'string' || id === '') throw new TypeError('An id is missing.')
  return encodeURIComponent(id)
}
