import type { CodeExchange, EMBED_SESSION_LIST, EmbedSession, EmbedToken, NewEmbedToken, NewSignInCode, PageToken, Refresh, SignInCode } from '../contract/tokens.ts'
import type { ApiPromise } from '../core/answer.ts'
import type { Pager } from '../core/pagination.ts'
import type { ListQuery } from '../core/query.ts'
import type { RequestOptions } from '../core/transport.ts'
import { Resource, segment } from './resource.ts'

const ONCE = { repeatable: false }

export class EmbedTokens extends Resource {
  /** Mints a short-lived token for a page, on your server; answer it to the page as it is. */
  create(body: NewEmbedToken, options?: RequestOptions): ApiPromise<EmbedToken> {
    return this.post('/embed-tokens', body, options, ONCE)
  }

  list(query?: ListQuery<typeof EMBED_SESSION_LIST>, options?: RequestOptions): Pager<EmbedSession> {
    return this.pages('/embed-tokens', query, options)
  }

  /** Ends a session, its tokens and its sockets. */
  revoke(id: string, options?: RequestOptions): ApiPromise<EmbedSession> {
    return this.delete(`/embed-tokens/${segment(id)}`, options)
  }

  /** Ends every embed token of the workspace. */
  revokeAll(options?: RequestOptions): ApiPromise<void> {
    return this.delete('/embed-tokens', options)
  }

  /** For the page where a person signed in: a one-time code for the page that asked for it. */
  code(body: NewSignInCode, options?: RequestOptions): ApiPromise<SignInCode> {
    return this.post('/embed-tokens/code', body, options, ONCE)
  }

  exchange(body: CodeExchange, options?: RequestOptions): ApiPromise<PageToken> {
    return this.post('/embed-tokens/exchange', body, options, ONCE)
  }

  refresh(body: Refresh, options?: RequestOptions): ApiPromise<PageToken> {
    return this.post('/embed-tokens/refresh', body, options, ONCE)
  }

  end(body: Refresh, options?: RequestOptions): ApiPromise<void> {
    return this.post('/embed-tokens/end', body, options, ONCE)
  }
}
