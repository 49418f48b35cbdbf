import type { Import, IMPORT_LIST, ImportMapping, ImportNoun, ImportSettings } from '../contract/imports.ts'
import { type ApiPromise, apiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions, Transport } from '../core/transport.ts'
import { ImportMappings } from './import-mappings.ts'
import { Resource, segment } from './resource.ts'
import type { UploadOptions, UploadSource } from './upload.ts'

export type ImportQuery = ListQuery<typeof IMPORT_LIST>
export interface NewImport extends Pick<ImportSettings, 'encoding' | 'delimiter' | 'currency' | 'country'> {
  noun: ImportNoun
  /** The file's name, for people. */
  name?: string
  /** Columns that it does not name are guessed from their header; `null` leaves a column out. */
  map?: ImportMapping
  /** A saved mapping's id or name; default: the one whose header is the same. */
  mapping?: string
  /** `detect` says what the file is taken for, `rehearse` besides what each row would do; default: it is imported. */
  mode?: 'detect' | 'rehearse'
  dateOrder?: 'ymd' | 'dmy' | 'mdy'
  decimal?: '.' | ','
  /** Default `csv`. */
  format?: 'csv' | 'jsonl'
}
export interface WaitOptions extends RequestOptions {
  /** Called at every look. */
  onProgress?: (item: Import) => void
  /** Milliseconds between two looks; default 500. */
  every?: number
}

export class Imports extends Resource {
  readonly mappings: ImportMappings

  constructor(transport: Transport) {
    super(transport)
    this.mappings = new ImportMappings(transport)
  }

  list(query?: ImportQuery, options?: RequestOptions): Pager<Import> {
    return this.pages('/imports', query, options)
  }

  /** Sends a file as a stream, and answers the import, which runs as a task. It is sent once, without a limit of time unless `timeout` says one. */
  upload(source: UploadSource, { map, format, ...said }: NewImport, options: UploadOptions = {}): ApiPromise<Import> {
    return this.sendFile('/imports', { ...said, map: map === undefined ? undefined : JSON.stringify(map) }, format === 'jsonl' ? 'application/x-ndjson' : 'text/csv', source, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<Import> {
    return this.get(`/imports/${segment(id)}`, options)
  }

  /** Corrects what the file is taken for, before it is imported. */
  settings(id: string, settings: ImportSettings, options?: RequestOptions): ApiPromise<Import> {
    return this.post(`/imports/${segment(id)}/settings`, settings, options)
  }

  /** Finds out what each row would do; `wait` for it, then read `preview` or `diff`. */
  rehearse(id: string, options?: RequestOptions): ApiPromise<Import> {
    return this.post(`/imports/${segment(id)}/rehearse`, undefined, options)
  }

  /** Imports a file that was uploaded or rehearsed. */
  run(id: string, options?: RequestOptions): ApiPromise<Import> {
    return this.post(`/imports/${segment(id)}/run`, undefined, options)
  }

  /** Looks until nothing is under way any more: the import succeeded, failed, was cancelled or rehearsed. */
  wait(id: string, { onProgress, every, ...options }: WaitOptions = {}): ApiPromise<Import> {
    const look = () => this.transport.run<Import>({ ...options, method: 'GET', path: `/imports/${segment(id)}` })
    return apiPromise(import('./import-wait.ts').then(({ untilSettled }) => untilSettled(look, this.transport.options.clock, { onProgress, every, signal: options.signal })))
  }

  /** The rejected rows as CSV text: row, column, reason, and the row as it was. */
  rejects(id: string, options?: RequestOptions): ApiPromise<string> {
    return this.transport.send({ ...options, method: 'GET', path: `/imports/${segment(id)}/rejects`, answer: 'text' })
  }

  /** All that the rehearsal would do, as text. */
  diff(id: string, query?: { format?: 'csv' | 'jsonl' }, options?: RequestOptions): ApiPromise<string> {
    return this.transport.send({ ...options, method: 'GET', path: `/imports/${segment(id)}/diff`, query, answer: 'text' })
  }
}
