import type { Page } from '../contract/common.ts'
import { type ApiPromise, apiPromise } from '../core/answer.ts'
import { Pager } from '../core/pagination.ts'
import type { Request, RequestOptions, Transport, WriteOptions } from '../core/transport.ts'
import type { UploadOptions, UploadSource } from './upload.ts'

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

  /** Sends a body as a stream, once, without a limit of time unless `timeout` says one. How to is loaded with its first use. */
  protected sendFile<T>(path: string, query: object, type: string, source: UploadSource, { onProgress, timeout = 0, ...options }: UploadOptions): ApiPromise<T> {
    return apiPromise(import('./upload.ts').then(({ toUpload }) => this.transport.run<T>({ ...options, timeout, method: 'POST', path, query, stream: { body: toUpload(source, onProgress), type }, repeatable: false })))
  }

  protected patch<T>(path: string, body: unknown, options?: RequestOptions): ApiPromise<T> {
    return this.transport.send({ ...options, method: 'PATCH', path, body })
  }

  protected delete<T>(path: string, options?: RequestOptions): ApiPromise<T> {
    return this.transport.send({ ...options, method: 'DELETE', path })
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
