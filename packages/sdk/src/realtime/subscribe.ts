import type { Transport } from '../core/transport.ts'
import type { Feed, FeedState, SubscribeOptions } from './feed.ts'
import type { LiveFeed } from './live-feed.ts'

/** Answers at once, and loads what it takes to follow the room meanwhile: a page that never subscribes never loads it. */
export const subscribe = (transport: Transport, options: SubscribeOptions): Feed => {
  let state: FeedState = 'connecting'
  let live: LiveFeed | undefined
  const now = () => transport.options.serverTime.now() ?? Date.now()
  const setState = (next: FeedState, error?: unknown) => {
    if (state === 'closed' || (state === next && error === undefined)) return
    state = next
    options.onStatus?.({ state, since: now(), ...(error === undefined ? {} : { error }) })
  }
  const close = () => {
    options.signal?.removeEventListener('abort', close)
    live?.close()
    setState('closed')
  }

  options.onStatus?.({ state, since: now() })
  if (options.signal?.aborted) close()
  else options.signal?.addEventListener('abort', close, { once: true })
  import('./live-feed.ts').then(({ LiveFeed }) => {
    if (state !== 'closed') live = new LiveFeed({ ...options, transport, setState })
  }).catch((error: unknown) => setState('closed', error))

  return { get state() { return state }, get seq() { return live?.seq ?? options.since }, now, close }
}
