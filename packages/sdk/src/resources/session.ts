import type { Membership, Session as SignedIn, Setup } from '../contract/session.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

export class Session extends Resource {
  /** Who is signed in with this browser, and where they belong; in pages of the server's own. */
  retrieve(options?: RequestOptions): ApiPromise<SignedIn> {
    return this.get('/session', options)
  }

  /** Makes the first owner, by the link that a new server prints. */
  setup(body: Setup, options?: RequestOptions): ApiPromise<Membership> {
    return this.post('/session/setup', body, options, { repeatable: false })
  }
}
