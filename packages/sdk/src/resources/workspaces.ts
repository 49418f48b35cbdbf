import type { Workspace, WorkspacePatch } from '../contract/workspaces.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

/** The settings of the workspace that the credential belongs to. */
export class Workspaces extends Resource {
  retrieve(options?: RequestOptions): ApiPromise<Workspace> {
    return this.get('/workspaces/current', options)
  }

  update(patch: WorkspacePatch, options?: RequestOptions): ApiPromise<Workspace> {
    return this.patch('/workspaces/current', patch, options)
  }
}
