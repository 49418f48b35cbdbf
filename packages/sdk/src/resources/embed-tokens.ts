import type { EmbedToken, NewEmbedToken } from '../contract/tokens.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource } from './resource.ts'

export class EmbedTokens extends Resource {
  /** Mints a short-lived token for a page, on your server; answer it to the page as it is. */
  create(body: NewEmbedToken, options?: RequestOptions): ApiPromise<EmbedToken> {
    return this.post('/embed-tokens', body, options, { repeatable: false })
  }
}
