import type { Change } from '../contract/changes.ts'
import { sleep } from '../core/clock.ts'
import { ConnectionError, FlowstateError } from '../core/errors.ts'
import { backoff, retryDelay } from '../core/retry.ts'
import type { Transport } from '../core/transport.ts'
import type { ChangeEvent, ResyncEvent } from './feed.ts'

/** Changes that you may not see lie between `from` and `to`: your place is `to` now. */
export interface RangeEvent { type: 'range'; from: number; to: number }
export type ChangeStreamEvent = ChangeEvent | RangeEvent | ResyncEvent
export interface ChangeStreamOptions {
  /** The last seq you have; default 0, the beginning. */
  since?: number
  signal?: AbortSignal
}

/** Something on the way turns the stream into something else. */
export class NoStreamError extends FlowstateError { static override readonly kind: string = 'NoStreamError' }

/** Three missed heartbeats: the connection died without a word. */
const SILENCE_MS = 45_000

/** Follows the feed over one connection after the other. */
export async function* streamChanges(transport: Transport, { since = 0, signal }: ChangeStreamOptions = {}): AsyncGenerator<ChangeStreamEvent, void, undefined> {
  const { clock } = transport.options
  for (let seq = since, attempt = 0; !signal?.aborted;) {
    let failure: unknown
    try {
      for await (const event of openChanges(transport, seq, signal)) {
        attempt = 0
        if (event.type === 'open') continue
        seq = event.type === 'resync' ? event.seq : event.to
        if (event.type === 'resync') yield event
        else if (event.items.length === 0) yield { type: 'range', from: event.from, to: event.to }
        else for (const change of event.items) yield { type: 'change', change }
      }
    } catch (error) {
      if (signal?.aborted) return
      failure = error
    }
    if (failure !== undefined && retryDelay(failure, 0, clock.random) === undefined) throw failure
    await sleep(clock, backoff(attempt++, clock.random), signal).catch(() => undefined)
  }
}

/** What one connection says; `frame`s follow each other without a gap. */
type Said = { type: 'open' } | { type: 'frame'; from: number; to: number; items: Change[] } | ResyncEvent

export async function* openChanges(transport: Transport, since: number, signal?: AbortSignal): AsyncGenerator<Said, void, undefined> {
  const { response } = await transport.run<Response>({ method: 'GET', path: '/changes', query: { since }, headers: { accept: 'text/event-stream' }, answer: 'stream', signal })
  const data = response.body
  if (!data || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    await data?.cancel()
    throw new NoStreamError('The server, or a proxy before it, does not answer with a stream.', { code: 'no_stream', status: response.status })
  }
  yield { type: 'open' }
  let seq = since
  for await (const block of blocks(data, transport, signal)) {
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
    const text = fields.get('data')
    if (text === undefined) continue
    const event = JSON.parse(text) as Change & { to: number }
    if (fields.get('event') === 'resync') yield { type: 'resync', seq: event.seq }
    else if (fields.get('event') === 'range') yield { type: 'frame', from: seq + 1, to: event.to, items: [] }
    else yield { type: 'frame', from: seq + 1, to: event.seq, items: [event] }
    seq = Number(fields.get('id'))
  }
}

/** What stands between blank lines. Lets go of the connection however it ends. */
async function* blocks(stream: ReadableStream<Uint8Array>, { options: { clock } }: Transport, signal?: AbortSignal): AsyncGenerator<string, void, undefined> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  const stop = () => { reader.cancel().catch(() => undefined) }
  signal?.addEventListener('abort', stop, { once: true })
  let text = ''
  try {
    while (!signal?.aborted) {
      const cancelSilence = clock.after(SILENCE_MS, stop)
      const { done, value } = await reader.read().finally(cancelSilence)
      if (done) return
      text += decoder.decode(value, { stream: true })
      const parts = text.split('\n\n')
      text = parts.pop() ?? ''
      yield* parts
    }
  } catch (cause) {
    throw new ConnectionError('The stream was cut off.', { code: 'connection', cause })
  } finally {
    signal?.removeEventListener('abort', stop)
    stop()
  }
}
