import type { Import, IMPORT_LIST, ImportMapping, ImportNoun } from '../contract/imports.ts'
import { type ApiPromise, apiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'
import type { UploadSource } from './upload.ts'

export type ImportQuery = ListQuery<typeof IMPORT_LIST>
export interface NewImport {
  noun: ImportNoun
  /** The file's name, for people. */
  name?: string
  /** Columns that it does not name are guessed from their header; `null` leaves a column out. */
  map?: ImportMapping
}
export interface UploadOptions extends RequestOptions {
  /** Bytes handed to the network so far. A browser that cannot stream a body tells only the end. */
  onProgress?: (bytes: number) => void
}

export class Imports extends Resource {
  list(query?: ImportQuery, options?: RequestOptions): Pager<Import> {
    return this.pages('/imports', query, options)
  }

  /** Sends a CSV file as a stream, and answers the import, which runs as a task. It is sent once, without a limit of time unless `timeout` says one. */
  create(source: UploadSource, { noun, name, map }: NewImport, { onProgress, timeout = 0, ...options }: UploadOptions = {}): ApiPromise<Import> {
    const query = { noun, name, map: map === undefined ? undefined : JSON.stringify(map) }
    return apiPromise(import('./upload.ts').then(({ toUpload }) => this.transport.run<Import>({ ...options, timeout, method: 'POST', path: '/imports', query, stream: { body: toUpload(source, onProgress), type: 'text/csv' }, repeatable: false })))
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<Import> {
    return this.get(`/imports/${segment(id)}`, options)
  }

  /** The rejected rows as CSV text: row, column, reason, and the row as it was. */
  rejects(id: string, options?: RequestOptions): ApiPromise<string> {
    return this.transport.send({ ...options, method: 'GET', path: `/imports/${segment(id)}/rejects`, answer: 'text' })
  }
}
