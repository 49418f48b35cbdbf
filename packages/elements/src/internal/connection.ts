import type { FeedStatus } from '@flowstate-ai/sdk'
import { html } from 'lit'
import { formatTime } from './format.ts'
import type { Labels } from './labels.ts'

/** A dot and a word that say how fresh the view is; spoken when it changes. */
export const connectionBadge = (status: FeedStatus | null, say: (key: keyof Labels, values?: Record<string, string>) => string, locale: string) => {
  const given = status?.state ?? 'connecting'
  // What is shown is as fresh by server-sent events as on the socket.
  const state = given === 'streaming' ? 'live' : given
  const words = state === 'offline' ? say('offline', { time: formatTime(status?.since ?? Date.now(), locale) }) : say(state)
  return html`<span class="connection ${state}" part="connection" role="status"><span class="dot" aria-hidden="true"></span>${words}</span>`
}
