import type { TokenOptions, TokenSource } from './token.ts'

/** Where tokens come from: asked for one, and told of one that was refused. */
export interface Tokens { get(signal?: AbortSignal): Promise<string>; drop(token: string): void }

/** Loads at once what only pages need, beside whatever else the page loads; servers with a key never do. */
export const lazyTokens = (options: TokenOptions): Tokens => {
  let source: Promise<TokenSource> | undefined
  const load = () => (source ??= import('./token.ts').then(({ TokenSource }) => new TokenSource(options)))
  // A chunk that could not be fetched is fetched again with the next call.
  const retried = (error: unknown): never => {
    source = undefined
    throw error
  }
  load().catch(() => { source = undefined })
  return {
    get: (signal) => load().catch(retried).then((tokens) => tokens.get(signal)),
    drop: (token) => { void source?.then((tokens) => tokens.drop(token)) },
  }
}
