import type { NewSavedMapping, SAVED_MAPPING_LIST, SavedMapping, SavedMappingPatch } from '../contract/imports.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

export type SavedMappingQuery = ListQuery<typeof SAVED_MAPPING_LIST>
const PATH = '/imports/mappings'

/** What was found out about a kind of file, for the next one. */
export class ImportMappings extends Resource {
  list(query?: SavedMappingQuery, options?: RequestOptions): Pager<SavedMapping> {
    return this.pages(PATH, query, options)
  }

  create(mapping: NewSavedMapping, options?: RequestOptions): ApiPromise<SavedMapping> {
    return this.post(PATH, mapping, options)
  }

  retrieve(id: string, options?: RequestOptions): ApiPromise<SavedMapping> {
    return this.get(`${PATH}/${segment(id)}`, options)
  }

  update(id: string, patch: SavedMappingPatch, options?: RequestOptions): ApiPromise<SavedMapping> {
    return this.patch(`${PATH}/${segment(id)}`, patch, options)
  }

  archive(id: string, options?: RequestOptions): ApiPromise<SavedMapping> {
    return this.delete(`${PATH}/${segment(id)}`, options)
  }
}
