import type { Session as SignedIn } from '../contract/session.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

export class Session extends Resource {
  /** Who is signed in with this browser, and where they belong; in pages of the server's own. */
  retrieve(options?: RequestOptions): ApiPromise<SignedIn> {
    return this.get('/session', options)
  }
}
