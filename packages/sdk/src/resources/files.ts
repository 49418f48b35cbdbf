import type { FILE_LIST, StoredFile } from '../contract/files.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'
import type { UploadOptions, UploadSource } from './upload.ts'

export type FileQuery = ListQuery<typeof FILE_LIST>
export interface NewFile extends UploadOptions {
  /** For people; default `file`. */
  name?: string
  /** Its media type; default: a Blob's own, else what its first bytes look like. */
  type?: string
}

/** Files that interactions carry as attachments. */
export class Files extends Resource {
  list(query?: FileQuery, options?: RequestOptions): Pager<StoredFile> {
    return this.pages('/files', query, options)
  }

  /**
   * Sends a file of at most 25 MB as a stream. It is sent once, without a limit of time unless `timeout` says one.
   *
   * @example
   * const offer = await flowstate.files.upload(blob, { name: 'offer.pdf', type: 'application/pdf' })
   * await flowstate.interactions.create({ kind: 'email', customerId, attachments: [offer.id] })
   */
  upload(source: UploadSource, { name, type, ...options }: NewFile = {}): ApiPromise<StoredFile> {
    return this.sendFile('/files', { name }, type || (source instanceof Blob && source.type) || 'application/octet-stream', source, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<StoredFile> {
    return this.get(`/files/${segment(id)}`, options)
  }

  /** The answer with its content, unread: `await (await flowstate.files.content(id)).blob()`, or stream its `body`. */
  content(id: string, { timeout = 0, ...options }: RequestOptions = {}): ApiPromise<Response> {
    return this.transport.send({ ...options, timeout, method: 'GET', path: `/files/${segment(id)}/content`, answer: 'stream' })
  }

  archive(id: string, options?: RequestOptions): ApiPromise<StoredFile> {
    return this.delete(`/files/${segment(id)}`, options)
  }

  restore(id: string, options?: RequestOptions): ApiPromise<StoredFile> {
    return this.post(`/files/${segment(id)}/restore`, undefined, options)
  }
}
