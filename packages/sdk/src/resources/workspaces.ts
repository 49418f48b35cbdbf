import type { Membership } from '../contract/session.ts'
import type { NewWorkspace, Workspace, WorkspacePatch } from '../contract/workspaces.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

/** The settings of the workspace that the credential belongs to. */
export class Workspaces extends Resource {
  /** For the person who is signed in, who becomes its owner; in pages of the server's own. */
  create(body: NewWorkspace, options?: RequestOptions): ApiPromise<Membership> {
    return this.post('/workspaces', body, options, { repeatable: false })
  }

  retrieve(options?: RequestOptions): ApiPromise<Workspace> {
    return this.get('/workspaces/current', options)
  }

  update(patch: WorkspacePatch, options?: RequestOptions): ApiPromise<Workspace> {
    return this.patch('/workspaces/current', patch, options)
  }
}
